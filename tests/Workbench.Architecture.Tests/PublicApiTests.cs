using System.Reflection;
using PublicApiGenerator;
using Workbench.Testing;
using Xunit;

namespace Workbench.Architecture.Tests;

public sealed class PublicApiTests
{
    public static TheoryData<string> Assemblies => ["Workbench.Iommu", "Workbench.Traces", "Workbench.Replay", "Workbench.Races", "Workbench.Analysis", "Workbench.Notebooks"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_public_api_is_the_approved_one(string name)
    {
        string api = Assembly.Load(name).GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false });
        Approved.Text(Repository.PathOf("tests", "Workbench.Architecture.Tests", "Approved", name + ".txt"), api);
    }
}
