using System.Diagnostics;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

/// <summary>Runs the built command as a user does: a process of its own, so exit code, stdout and stderr are the real ones.</summary>
internal static class WorkbenchProcess
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "workbench.dll");

    public static string Trace(string name) => Repository.PathOf("data", "traces", name + ".dmat");

    public static (int Exit, string Out, string Error) Run(params string[] arguments) => Finish(StartInfo(arguments));

    public static Process Start(params string[] arguments) => Start(StartInfo(arguments));

    /// <summary>What starts the command with its output taken; a test may set folder and environment.</summary>
    public static ProcessStartInfo StartInfo(params string[] arguments) =>
        IgnoresCtrlC ? Redirected("env", ["--default-signal=INT", "dotnet", Program, .. arguments]) : Redirected("dotnet", [Program, .. arguments]);

    // A test run in the background of a script ignores SIGINT, and so would what it starts: there is nothing to test then.
    private static bool IgnoresCtrlC { get; } = OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))[^1] is '2' or '3' or '6' or '7' or 'a' or 'b' or 'e' or 'f';

    private static ProcessStartInfo Redirected(string program, IEnumerable<string> arguments) =>
        new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };

    public static (int Exit, string Out, string Error) Finish(ProcessStartInfo start)
    {
        using Process process = Start(start);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static Process Start(ProcessStartInfo start)
    {
        Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Wrong input: exit code 2, nothing on stdout, one line on stderr that begins with the program's name.</summary>
    public static string Refused(params string[] arguments)
    {
        (int exit, string output, string error) = Run(arguments);
        Assert.True(exit == 2, $"exit code {exit}, stderr: {error}");
        Assert.Equal("", output);
        Assert.StartsWith("workbench: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        return error;
    }
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("workbench-test-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
