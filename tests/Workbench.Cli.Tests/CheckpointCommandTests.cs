using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Workbench.Cli.Tests;

/// <summary>Replays that stop in one process and go on in another.</summary>
public sealed class CheckpointCommandTests
{
    private static readonly string[] Experiment = ["--harvest", "20ms", "--page-size", "as-mapped", "--policy", "on-dirty", "--collapse", "when-cold:2", "--iommu", "smmu", "--flush", "none"];

    private static string Recorded => WorkbenchProcess.Trace("intel-vfio-nested");

    private static (string Out, string Error) Done(params string[] arguments)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(arguments);
        Assert.True(exit == 0, $"exit code {exit}, stderr: {error}");
        return (output, error);
    }

    private static void AssertSameFiles(string expected, string actual)
    {
        string[] names = [.. Directory.GetFiles(expected).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Contains("pages.csv", names);
        Assert.Equal(names, Directory.GetFiles(actual).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        foreach (string name in names) Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(actual, name)));
    }

    [Theory]
    [InlineData("iova", "open")]
    [InlineData("gpa", "closed")]
    public void A_replay_resumed_by_another_process_writes_the_same_files_byte_for_byte(string view, string loop)
    {
        using TemporaryFolder folder = new();
        string[] experiment = [.. Experiment, "--view", view, "--loop", loop];
        Done(["replay", Recorded, .. experiment, "--out", folder["whole"]]);
        (string output, string error) = Done(["replay", Recorded, .. experiment, "--checkpoint", folder["c"], "--stop-at-event", "9000"]);
        Assert.Equal("", output);
        Assert.Matches(@"^workbench: stopped after 9,000 events; the state is in .*c\. Go on with: workbench replay .* --resume .*c\s*$", error);
        Done("replay", Recorded, "--resume", folder["c"], "--checkpoint", folder["c"], "--stop-at", "1200ms");
        Done("replay", Recorded, "--resume", folder["c"], "--out", folder["pieces"]);
        AssertSameFiles(folder["whole"], folder["pieces"]);
    }

    [Fact]
    public void From_one_warm_machine_many_experiments_go_on()
    {
        using TemporaryFolder folder = new();
        Done("replay", Recorded, "--view", "iova", "--warm-up", "1s", "--checkpoint", folder["c"], "--stop-at", "900ms");
        foreach (string flush in (string[])["none", "domain"])
        {
            Done("replay", Recorded, "--view", "iova", "--warm-up", "1s", "--harvest", "20ms", "--flush", flush, "--out", folder["whole " + flush]);
            Done("replay", Recorded, "--resume", folder["c"], "--harvest", "20ms", "--flush", flush, "--out", folder["from " + flush]);
            AssertSameFiles(folder["whole " + flush], folder["from " + flush]);
        }
        Assert.Contains("iommu vtd, not amd", WorkbenchProcess.Refused("replay", Recorded, "--resume", folder["c"], "--iommu", "amd"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_resumed_is_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("there is no such checkpoint", WorkbenchProcess.Refused("replay", Recorded, "--resume", folder["none"]), StringComparison.Ordinal);
        Assert.Contains("is no checkpoint", WorkbenchProcess.Refused("replay", Recorded, "--resume", Recorded), StringComparison.Ordinal);
        Assert.Contains("--stop-at-event goes with --checkpoint FILE", WorkbenchProcess.Refused("replay", Recorded, "--stop-at-event", "9"), StringComparison.Ordinal);
        Assert.Contains("--stop-at soon is no time", WorkbenchProcess.Refused("replay", Recorded, "--checkpoint", folder["c"], "--stop-at", "soon"), StringComparison.Ordinal);
        Done("replay", Recorded, "--checkpoint", folder["c"], "--stop-at-event", "100");
        Assert.Contains("Resume with the trace it was made from", WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-mkfs-copy"), "--resume", folder["c"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_leaves_a_checkpoint_and_says_how_to_go_on()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no signal to send on Windows; the same code path is run on Linux and macOS.");
        using TemporaryFolder folder = new();
        Done("trace", "generate", "uni1g", "--events", "6000000", "--out", folder["t.dmat"]);
        string[] experiment = ["--harvest", "100us", "--policy", "never"];
        using Process process = WorkbenchProcess.Start(["replay", folder["t.dmat"], .. experiment, "--checkpoint", folder["c"], "--checkpoint-every", "1ms", "--out", folder["never"]]);
        for (int i = 0; i < 600 && !File.Exists(folder["c"]) && !process.HasExited; i++) Thread.Sleep(50);
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Match said = Regex.Match(error, @"interrupted after [\d,]+ events; the state is in \S+c\. Go on with: workbench (replay \S+ --resume \S+)");
        Assert.True(said.Success, error);
        Assert.False(Directory.Exists(folder["never"]));
        Done([.. said.Groups[1].Value.Split(' '), "--out", folder["pieces"]]);
        Done(["replay", folder["t.dmat"], .. experiment, "--out", folder["whole"]]);
        AssertSameFiles(folder["whole"], folder["pieces"]);
    }
}
