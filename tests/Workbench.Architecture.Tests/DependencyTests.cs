using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Workbench.Testing;
using Xunit;

namespace Workbench.Architecture.Tests;

public sealed partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Workbench.Iommu"] = [],
        ["Workbench.Traces"] = ["Workbench.Iommu"],
        ["Workbench.Replay"] = ["Workbench.Traces", "Workbench.Iommu"],
        ["Workbench.Races"] = ["Workbench.Iommu"],
        ["Workbench.Analysis"] = ["Workbench.Races", "Workbench.Replay", "Workbench.Traces", "Workbench.Iommu"],
        ["Workbench.Notebooks"] = [],
        ["Workbench.Cli"] = ["Workbench.Analysis", "Workbench.Notebooks", "Workbench.Races", "Workbench.Replay", "Workbench.Traces", "Workbench.Iommu"],
    };

    private static readonly string[] Vendors = ["Amd", "RiscV", "Smmu", "Vtd"];

    // src/Display is no project: its files are compiled into those that show their types.
    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Repository.PathOf("src")).Select(d => new DirectoryInfo(d).Name).Where(name => name != "Display")];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_projects_below_it(string project)
    {
        string[] references = [.. Load(project).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value))];
        Assert.True(Allowed.ContainsKey(project), $"{project} has no place in the chain Cli -> Replay -> Traces -> Iommu; give it one here.");
        Assert.Empty(references.Except(Allowed[project]));
    }

    [Fact]
    public void The_hardware_models_use_no_package()
    {
        Assert.Empty(Load("Workbench.Iommu").Descendants("PackageReference"));
    }

    [Fact]
    public void The_hardware_models_use_no_assembly_but_the_runtime()
    {
        AssemblyName[] references = typeof(Iommu.IIommu).Assembly.GetReferencedAssemblies();
        Assert.All(references, r => Assert.StartsWith("System.", r.Name, StringComparison.Ordinal));
        Assert.DoesNotContain(references, r => r.Name is "System.Console" or "System.Net.Http" or "System.IO.FileSystem" or "System.Diagnostics.Process");
    }

    [Fact]
    public void The_pure_projects_check_the_list_of_forbidden_calls()
    {
        foreach (string project in (string[])["Workbench.Iommu", "Workbench.Races", "Workbench.Traces", "Workbench.Replay"])
            Assert.Contains(Load(project).Descendants("AdditionalFiles"), f => f.Attribute("Include")!.Value.EndsWith("BannedSymbols.txt", StringComparison.Ordinal));
        string banned = File.ReadAllText(Repository.PathOf("src", "BannedSymbols.txt"));
        foreach (string symbol in (string[])["DateTime.Now", "DateTime.UtcNow", "Random.Shared", "System.Environment", "System.Console"]) Assert.Contains(symbol, banned, StringComparison.Ordinal);
    }

    [Fact]
    public void Common_code_names_no_vendor_but_in_the_catalogue()
    {
        string root = Repository.PathOf("src", "Workbench.Iommu");
        foreach (string file in SourceFiles(root))
        {
            string relative = Path.GetRelativePath(root, file);
            if (Vendors.Any(v => relative.StartsWith(v + Path.DirectorySeparatorChar, StringComparison.Ordinal)) || relative == "IommuCatalogue.cs") continue;
            Assert.False(VendorUse().IsMatch(File.ReadAllText(file)), $"{relative} uses a vendor's namespace or type; vendor code depends on common code, never the other way round.");
        }
    }

    [Fact]
    public void A_vendor_uses_no_other_vendor()
    {
        foreach (string vendor in Vendors)
        {
            Regex others = new($@"Workbench\.Iommu\.({string.Join('|', Vendors.Where(v => v != vendor))})\b");
            string folder = Repository.PathOf("src", "Workbench.Iommu", vendor);
            if (!Directory.Exists(folder)) continue;
            foreach (string file in SourceFiles(folder))
                Assert.False(others.IsMatch(File.ReadAllText(file)), $"{Path.GetRelativePath(Repository.Root, file)} uses another vendor; what they share belongs to common code.");
        }
    }

    [Fact]
    public void No_source_file_grows_beyond_400_lines()
    {
        foreach (string file in SourceFiles(Repository.PathOf("src")).Concat(SourceFiles(Repository.PathOf("tests"))))
            Assert.True(File.ReadLines(file).Count() <= 400, $"{Path.GetRelativePath(Repository.Root, file)} is longer than 400 lines (300 is the wish).");
    }

    [Fact]
    public void Names_do_not_end_in_words_that_mean_nothing()
    {
        foreach (Assembly assembly in (Assembly[])[typeof(Iommu.IIommu).Assembly, typeof(Traces.TraceEvent).Assembly, typeof(Replay.Replayer).Assembly, typeof(Analysis.Recording).Assembly])
            Assert.DoesNotContain(assembly.GetExportedTypes(), t => Regex.IsMatch(t.Name, "(Utils?|Helpers?|Manager|Common)$"));
    }

    private static XDocument Load(string project) => XDocument.Load(Repository.PathOf("src", project, project + ".csproj"));

    private static IEnumerable<string> SourceFiles(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"Workbench\.Iommu\.(Vtd|Amd|Smmu|RiscV)\b|\b(Vtd|Amd|Smmu|RiscV)[A-Z]\w*[.(<]")]
    private static partial Regex VendorUse();
}
