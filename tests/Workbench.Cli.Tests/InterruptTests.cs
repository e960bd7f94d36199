using System.Diagnostics;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class InterruptTests
{
    [Fact]
    public void Ctrl_C_stops_a_generator_and_leaves_nothing_under_the_final_name()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no signal to send on Windows; the same code path is run on Linux and macOS.");
        using TemporaryFolder folder = new();
        using Process process = WorkbenchProcess.Start("trace", "generate", "uni64g", "--events", "4000000000", "--out", folder["big.dmat"]);
        WaitFor(() => Directory.GetFiles(folder.Root).Length > 0, process);
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("interrupted", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Ctrl_C_stops_a_replay_and_says_that_nothing_was_written()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no signal to send on Windows; the same code path is run on Linux and macOS.");
        using TemporaryFolder folder = new();
        Assert.Equal(0, WorkbenchProcess.Run("trace", "generate", "uni1g", "--events", "20000000", "--out", folder["t.dmat"]).Exit);
        using Process process = WorkbenchProcess.Start("replay", folder["t.dmat"], "--harvest", "10us", "--out", folder["out"]);
        // The runtime must be up before a signal means anything to the program: its memory shows that the replay has begun.
        WaitFor(() => { process.Refresh(); return process.TotalProcessorTime.TotalSeconds > 1.5; }, process);
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("nothing was written", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    private static void WaitFor(Func<bool> condition, Process process)
    {
        while (!condition())
        {
            Assert.False(process.HasExited, "the command ended before it could be interrupted: " + (process.HasExited ? process.StandardError.ReadToEnd() : ""));
            process.WaitForExit(20);
        }
    }
}
