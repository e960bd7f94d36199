using System.Diagnostics;
using Xunit;

namespace Workbench.Cli.Tests;

/// <summary>The kernel installed below a temporary folder, and the Python programs that use it there. Where they are not installed a test is skipped; under CI=true it fails.</summary>
internal sealed class KernelInstallation : IDisposable
{
    public const string KernelName = "workbench-csharp";

    private const string DebianPython = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private KernelInstallation()
    {
        (int exit, _, string error) = Run("dotnet", "", [Workbench, "kernel", "install", "--prefix", Folder.Root]);
        Assert.True(exit == 0, error);
    }

    public TemporaryFolder Folder { get; } = new();

    public static string Workbench { get; } = Path.Combine(AppContext.BaseDirectory, "workbench.dll");

    /// <summary>An installation for programs of these Python modules.</summary>
    public static KernelInstallation Requiring(params string[] modules)
    {
        if (!Has(modules)) Lacks($"{Python} lacks one of the modules {string.Join(", ", modules)}; install the Debian packages that .ci/run names.");
        return new();
    }

    /// <summary>Skips the test for want of a program; under CI=true it fails.</summary>
    public static void Lacks(string missing)
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", missing);
        Assert.Skip(missing);
    }

    /// <summary>Where programs run: the folder, unless a test says otherwise.</summary>
    public string WorkingDirectory { get => field ?? Folder.Root; set; }

    /// <summary>Runs a Python module in the working directory to its end.</summary>
    public (int Exit, string Out, string Error) RunModule(string module, string input, params string[] arguments) => Run(Python, input, ["-m", module, .. arguments]);

    /// <summary>How to start a program that finds the kernel.</summary>
    public ProcessStartInfo Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = WorkingDirectory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["JUPYTER_PATH"] = Folder["share/jupyter"];
        foreach (string variable in (string[])["JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"]) start.Environment[variable] = Folder["jupyter-of-test"];
        return start;
    }

    public static string Python { get; } = File.Exists(DebianPython) ? DebianPython : "python3";

    public void Dispose() => Folder.Dispose();

    private (int Exit, string Out, string Error) Run(string program, string input, string[] arguments)
    {
        using Process process = Process.Start(Start(program, arguments))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end: {output.Result} {error.Result}");
        }
        return (process.ExitCode, output.Result, error.Result);
    }

    private static bool Has(string[] modules)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(Python, ["-c", "import " + string.Join(", ", modules)]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
