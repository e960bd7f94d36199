using System.Diagnostics;
using System.Text.Json;

namespace Workbench.Testing;

/// <summary>The workbench's libraries as packages, made of what was built, in a folder that goes away with the tests. No network is asked: what they need was restored for the build.</summary>
public sealed class LibraryFeed : IDisposable
{
    // No version that anybody publishes, so that a package installed on this machine is never taken in its place.
    public const string Version = "0.1.0-packed";

    private static readonly string[] Libraries = ["Workbench.Iommu", "Workbench.Traces", "Workbench.Replay", "Workbench.Races", "Workbench.Analysis"];

    private readonly string root = Directory.CreateTempSubdirectory("workbench-feed-").FullName;

    public LibraryFeed()
    {
        string projects = string.Join(';', Libraries.Select(name => Repository.PathOf("src", name, name + ".csproj")));
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string properties = $"Configuration={configuration};NoBuild=true;_IsPacking=true;PackageVersion={Version};PackageOutputPath={Folder};NuspecOutputPath={Path.Combine(root, "nuspec")}";
        File.WriteAllText(Path.Combine(root, "pack.proj"), $"<Project><Target Name=\"Pack\"><MSBuild Projects=\"{projects}\" Targets=\"Pack\" Properties=\"{properties}\" /></Target></Project>");
        Run("msbuild", Path.Combine(root, "pack.proj"), "-t:Pack", "-nologo", "-v:q", "-nodeReuse:false");
    }

    /// <summary>The packages.</summary>
    public string Folder => Path.Combine(root, "packages");

    /// <summary>Where kept answers of #r belong (WORKBENCH_PACKAGE_CACHE).</summary>
    public string Cache => Path.Combine(root, "cache");

    /// <summary>Lets restores from a folder see nothing but this feed, once a cell names it, and what the build of the repository restored.</summary>
    public void Configure(string folder)
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("artifacts", "obj", "Workbench.Analysis", "project.assets.json")));
        string restored = string.Concat(assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select((f, i) => $"<add key=\"restored{i}\" value=\"{f.Name}\" />"));
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(root, "installed")}" /></config>
              <packageSources><clear /></packageSources>
              <fallbackPackageFolders><clear />{restored}</fallbackPackageFolders>
            </configuration>
            """);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static void Run(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardInput = true };
        // A test runner's SDK settings are not the command's.
        start.Environment.Remove("MSBuildSDKsPath");
        start.Environment.Remove("MSBUILD_EXE_PATH");
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }
}
