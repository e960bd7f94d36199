using System.Globalization;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Packages;

/// <summary>NuGet packages by a throw-away project and `dotnet restore`; what was found is kept for the next time under a hash of the question.</summary>
internal sealed partial class PackageResolver(string folder)
{
    /// <summary>The environment variable that moves the cache.</summary>
    public const string CacheVariable = "WORKBENCH_PACKAGE_CACHE";

    private readonly List<PackageRequest> requests = [];
    private readonly List<string> sources = [];

    /// <summary>A further source: an address, or a folder relative to the notebook's.</summary>
    public void AddSource(string source, int line)
    {
        if (!source.Contains("://", StringComparison.Ordinal))
        {
            source = Path.GetFullPath(Path.Combine(folder, source));
            if (!Directory.Exists(source)) throw Wrong(line, $"the package source '{source}' is not a folder, and not an address such as https://….");
        }
        if (!sources.Contains(source)) sources.Add(source);
    }

    /// <summary>Resolves these packages together with all that this session asked for before, so that versions agree.</summary>
    public async Task<ResolvedPackages> ResolveAsync(IReadOnlyList<PackageRequest> wanted, int line, CancellationToken cancellation)
    {
        foreach (PackageRequest request in wanted)
        {
            if (requests.Find(r => Same(r.Id, request.Id)) is { } earlier && request.Version is not null && earlier.Version is not null && earlier.Version != request.Version)
                throw Wrong(line, $"this session uses {earlier.Id} {earlier.Version} already, and one process cannot have {request.Version} beside it. Restart the kernel to change it.");
        }
        PackageRequest[] all = [.. requests.Where(r => !wanted.Any(w => Same(w.Id, r.Id) && w.Version is not null)), .. wanted.Where(w => w.Version is not null || !requests.Any(r => Same(r.Id, w.Id)))];
        string cache = Path.Combine(CacheFolder(), Key(all));
        string assets = Path.Combine(cache, "obj", "project.assets.json"), done = Path.Combine(cache, "done");
        // A version that floats is looked up again: tomorrow it may be another.
        bool isKept = File.Exists(done) && all.All(r => r.Version is not null && !r.Version.Contains('*', StringComparison.Ordinal));
        ResolvedPackages? resolved = isKept ? AssetsFile.Read(assets) : null;
        if (resolved is null || !resolved.Assemblies.Concat(resolved.Natives).All(File.Exists) || resolved.Assemblies.Count != int.Parse(await File.ReadAllTextAsync(done, cancellation).ConfigureAwait(false), CultureInfo.InvariantCulture))
        {
            await RestoreAsync(all, cache, line, cancellation).ConfigureAwait(false);
            resolved = AssetsFile.Read(assets);
            foreach (PackageRequest request in wanted.Where(r => r.IsExact && !SameVersion(r.Version ?? "", resolved.Versions.GetValueOrDefault(r.Id) ?? r.Version ?? "")))
                throw Wrong(line, $"{request.Id} {request.Version} was not taken, {resolved.Versions[request.Id]} would be: either the sources have no {request.Version}, or another package needs a newer one. Write \"nuget: {request.Id}, {resolved.Versions[request.Id]}\".");
            await File.WriteAllTextAsync(done, resolved.Assemblies.Count.ToString(CultureInfo.InvariantCulture), cancellation).ConfigureAwait(false);
        }
        requests.Clear();
        requests.AddRange(all);
        return resolved;
    }

    /// <summary>The folder of kept answers.</summary>
    public static string CacheFolder() => Environment.GetEnvironmentVariable(CacheVariable) is { Length: > 0 } moved
        ? Path.GetFullPath(moved)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "iommu-workbench", "packages");

    private async Task RestoreAsync(PackageRequest[] all, string cache, int line, CancellationToken cancellation)
    {
        Directory.CreateDirectory(cache);
        string project = Path.Combine(cache, "cell.csproj");
        await File.WriteAllTextAsync(project, Project(all), cancellation).ConfigureAwait(false);
        // What lies above the cache's folder is no business of the project's.
        string[] arguments =
        [
            "restore", project, "-nologo", "-v:q", "-p:ImportDirectoryBuildProps=false", "-p:ImportDirectoryBuildTargets=false", "-p:ImportDirectoryPackagesProps=false",
            "-p:RestoreRootConfigDirectory=" + folder,
        ];
        (int exitCode, string output) = await DotnetCommand.RunAsync(arguments, cache, cancellation).ConfigureAwait(false)
            ?? throw Wrong(line, "packages are restored by the .NET SDK, and no 'dotnet' was found on the path. Install the .NET 10 SDK (https://dot.net).");
        if (exitCode == 0) return;
        string[] errors = [.. NuGetError().Matches(output).Select(m => m.Value.Trim()).Distinct()];
        if (output.Contains("No .NET SDKs were found", StringComparison.Ordinal)) throw Wrong(line, "packages are restored by the .NET SDK, and only the runtime is installed. Install the .NET 10 SDK (https://dot.net).");
        string hint = errors.Any(e => e.StartsWith("NU1301", StringComparison.Ordinal)) ? " A source could not be reached: is there a network? A folder of packages can be given by #i \"nuget: <folder>\"." : "";
        throw Wrong(line, $"the packages {string.Join(", ", all.Select(r => $"{r.Id} {r.Version}".Trim()))} could not be restored.{hint}", errors.Length > 0 ? errors : [output]);
    }

    private string Project(PackageRequest[] all)
    {
        StringBuilder text = new();
        text.Append("<Project Sdk=\"Microsoft.NET.Sdk\">\n  <PropertyGroup>\n");
        Property("TargetFramework", TargetFramework);
        Property("RuntimeIdentifier", RuntimeInformation.RuntimeIdentifier);
        Property("SelfContained", "false");
        Property("UseAppHost", "false");
        Property("NuGetAudit", "false");
        Property("RestoreAdditionalProjectSources", string.Join(';', sources));
        text.Append("  </PropertyGroup>\n  <ItemGroup>\n");
        foreach (PackageRequest request in all) text.Append(CultureInfo.InvariantCulture, $"    <PackageReference Include=\"{Escape(request.Id)}\" Version=\"{Escape(request.Version ?? "*")}\" />\n");
        return text.Append("  </ItemGroup>\n</Project>\n").ToString();

        void Property(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"    <{name}>{Escape(value)}</{name}>\n");
    }

    private string Key(PackageRequest[] all)
    {
        StringBuilder question = new();
        question.Append(Environment.Version).Append('\n').Append(Project([.. all.OrderBy(r => r.Id, StringComparer.OrdinalIgnoreCase)]));
        for (DirectoryInfo? above = new(folder); above is not null; above = above.Parent)
        {
            foreach (string config in above.Exists ? Directory.EnumerateFiles(above.FullName, "*.config").Where(f => Same(Path.GetFileName(f), "nuget.config")) : []) question.Append(config).Append(File.ReadAllText(config));
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(question.ToString())).AsSpan(0, 16));
    }

    private static string TargetFramework => string.Create(CultureInfo.InvariantCulture, $"net{Environment.Version.Major}.{Environment.Version.Minor}");

    private static string Escape(string text) => SecurityElement.Escape(text) ?? "";

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    // NuGet drops a fourth part of zero, adds missing ones, and ignores what follows a plus sign.
    private static bool SameVersion(string asked, string taken)
    {
        return Same(Normal(asked), Normal(taken));

        static string Normal(string version)
        {
            version = version.Split('+')[0];
            string[] halves = version.Split('-', 2);
            string[] numbers = halves[0].Split('.');
            IEnumerable<string> four = Enumerable.Range(0, 4).Select(i => i < numbers.Length ? numbers[i].TrimStart('0') : "");
            return string.Join('.', four) + (halves.Length > 1 ? "-" + halves[1] : "");
        }
    }

    private static CellException Wrong(int line, string message, IReadOnlyList<string>? details = null) =>
        new("PackageError", string.Create(CultureInfo.InvariantCulture, $"Line {line}: {message}"), details);

    [GeneratedRegex(@"NU\d{4}: [^\n]*?(?= \[|\n|$)")]
    private static partial Regex NuGetError();
}
