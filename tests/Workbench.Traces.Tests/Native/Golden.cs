using Xunit;

namespace Workbench.Traces.Tests.Native;

/// <summary>Files whose bytes are part of the format's promise. WORKBENCH_APPROVE=1 renews them; nothing else does.</summary>
internal static class Golden
{
    public static string Root
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Workbench.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException($"No Workbench.sln above {AppContext.BaseDirectory}; run the tests from a build inside the repository.");
        }
    }

    public static void Matches(string name, byte[] actual)
    {
        string path = Path.Combine(Root, "tests", "data", "golden", name);
        if (Environment.GetEnvironmentVariable("WORKBENCH_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, actual);
        }
        Assert.True(File.Exists(path), $"{path} is missing; run the tests once with WORKBENCH_APPROVE=1 and look at what they wrote.");
        Assert.Equal(Convert.ToHexString(File.ReadAllBytes(path)), Convert.ToHexString(actual));
    }
}
