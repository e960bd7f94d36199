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
        string busy = WorkbenchProcess.Trace("intel-nvme-randrw");
        Done("replay", busy, "--view", "iova", "--warm-up", "14s", "--checkpoint", folder["c"], "--stop-at", "13s");
        Assert.InRange(Replay.Checkpoints.Checkpoint.Load(folder["c"]).Info.Position, 10_000, 100_000);
        foreach (string flush in (string[])["none", "domain"])
        {
            Done("replay", busy, "--view", "iova", "--warm-up", "14s", "--harvest", "20ms", "--flush", flush, "--out", folder["whole " + flush]);
            Done("replay", busy, "--resume", folder["c"], "--harvest", "20ms", "--flush", flush, "--out", folder["from " + flush]);
            AssertSameFiles(folder["whole " + flush], folder["from " + flush]);
        }
        Assert.Contains("iommu vtd, not amd", WorkbenchProcess.Refused("replay", busy, "--resume", folder["c"], "--iommu", "amd"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_resumed_is_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("there is no such checkpoint", WorkbenchProcess.Refused("replay", Recorded, "--resume", folder["none"]), StringComparison.Ordinal);
        Assert.Contains("is no checkpoint", WorkbenchProcess.Refused("replay", Recorded, "--resume", Recorded), StringComparison.Ordinal);
        Assert.Contains("--stop-at-event goes with --checkpoint FILE", WorkbenchProcess.Refused("replay", Recorded, "--stop-at-event", "9"), StringComparison.Ordinal);
        Assert.Contains("--stop-at soon is no time", WorkbenchProcess.Refused("replay", Recorded, "--checkpoint", folder["c"], "--stop-at", "soon"), StringComparison.Ordinal);
        Assert.Contains("--checkpoint-every 0s is no time between checkpoints", WorkbenchProcess.Refused("replay", Recorded, "--checkpoint", folder["c"], "--checkpoint-every", "0s"), StringComparison.Ordinal);
        Done("replay", Recorded, "--checkpoint", folder["c"], "--stop-at-event", "100");
        Assert.Contains("Resume with the trace it was made from", WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-mkfs-copy"), "--resume", folder["c"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_replaces_a_checkpoint_and_no_other_file()
    {
        using TemporaryFolder folder = new();
        File.Copy(Recorded, folder["t.dmat"]);
        File.WriteAllText(folder["notes"], "DMACHEC and so on");
        File.WriteAllBytes(folder["empty"], []);
        File.CreateSymbolicLink(folder["link"], folder["t.dmat"]);
        string refusal(string file) => WorkbenchProcess.Refused("replay", folder["t.dmat"], "--checkpoint", folder[file], "--stop-at-event", "100");
        foreach (string same in (string[])["t.dmat", "link", "../" + Path.GetFileName(folder.Root) + "/t.dmat"]) Assert.Contains("is the trace itself; name another file", refusal(same), StringComparison.Ordinal);
        foreach (string other in (string[])["notes", "empty"]) Assert.Contains("is no checkpoint, so it is not replaced. Name another file, or remove it.", refusal(other), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Recorded), File.ReadAllBytes(folder["t.dmat"]));
        Assert.Equal("DMACHEC and so on", File.ReadAllText(folder["notes"]));
        Done("replay", folder["t.dmat"], "--checkpoint", folder["c"], "--stop-at-event", "100");
        Done("replay", folder["t.dmat"], "--checkpoint", folder["c"], "--stop-at-event", "200");
        Assert.Equal(200, Replay.Checkpoints.Checkpoint.Load(folder["c"]).Info.Position);
    }

    [Theory]
    [InlineData("--stop-at-event", "99999999")]
    [InlineData("--stop-at", "9999s")]
    public void A_stop_that_is_not_reached_is_said(string option, string value)
    {
        using TemporaryFolder folder = new();
        (string output, string error) = Done("replay", Recorded, "--checkpoint", folder["c"], option, value);
        Assert.NotEqual("", output);
        Assert.Matches($@"^workbench: {option} was not reached, the replay ended after [\d,]+ events; no checkpoint was left\s*$", error);
        Assert.False(File.Exists(folder["c"]));
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
