using System.Diagnostics;
using System.Text;

namespace Workbench.Notebooks.Packages;

/// <summary>Runs the .NET SDK's command.</summary>
internal static class DotnetCommand
{
    /// <summary>Exit code and everything written; null if there is no such command. A cancelled run is ended with what it started.</summary>
    public static async Task<(int ExitCode, string Output)?> RunAsync(IReadOnlyList<string> arguments, string folder, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(Executable(), arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        // A host started by MSBuild or a test runner must not hand its own SDK's settings on.
        start.Environment.Remove("MSBuildSDKsPath");
        start.Environment.Remove("MSBUILD_EXE_PATH");
        using Process process = new() { StartInfo = start };
        StringBuilder output = new();
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        lock (output) return (process.ExitCode, output.ToString());

        void Add(string? line)
        {
            if (line is null) return;
            lock (output) output.Append(line).Append('\n');
        }
    }

    private static string Executable()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host)) return host;
        if (Environment.ProcessPath is { } own && Path.GetFileName(own).Equals(name, StringComparison.OrdinalIgnoreCase)) return own;
        return name;
    }
}
