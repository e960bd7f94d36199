using System.Globalization;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Packages;

/// <summary>#r of a project: builds it and gives what it made with what it needs.</summary>
internal static class ProjectBuilder
{
    /// <summary>The project's assembly first, then the assemblies beside it.</summary>
    public static async Task<IReadOnlyList<string>> BuildAsync(string project, int line, CancellationToken cancellation)
    {
        string folder = Path.GetDirectoryName(project) ?? "";
        string[] arguments = ["build", project, "-c", "Release", "-nologo", "-v:q", "-t:Build", "-getProperty:TargetPath", "-p:CopyLocalLockFileAssemblies=true", "-p:UseAppHost=false"];
        (int exitCode, string output) = await DotnetCommand.RunAsync(["restore", project, "-nologo", "-v:q"], folder, cancellation).ConfigureAwait(false) ?? throw Wrong("projects are built by the .NET SDK, and no 'dotnet' was found on the path. Install the .NET 10 SDK (https://dot.net).");
        if (exitCode == 0) (exitCode, output) = await DotnetCommand.RunAsync(arguments, folder, cancellation).ConfigureAwait(false) ?? (1, "");
        string target = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
        if (exitCode != 0 || !File.Exists(target))
        {
            string[] errors = [.. output.Split('\n').Where(l => l.Contains("error", StringComparison.Ordinal)).Select(l => l.Trim()).Distinct()];
            throw Wrong($"'{project}' could not be built.", errors.Length > 0 ? errors : [output]);
        }
        string[] beside = Directory.GetFiles(Path.GetDirectoryName(target) ?? "", "*.dll");
        return [target, .. beside.Where(p => p != target).Order(StringComparer.Ordinal)];

        CellException Wrong(string message, IReadOnlyList<string>? details = null) => new("PackageError", string.Create(CultureInfo.InvariantCulture, $"Line {line}: {message}"), details);
    }
}
