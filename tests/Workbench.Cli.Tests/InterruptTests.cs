using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class InterruptTests
{
    private const string NoSignals = "There is no signal to send on Windows; the same code path is run on Linux and macOS.";

    [Fact]
    public void Ctrl_C_stops_a_generator_and_leaves_nothing_under_the_final_name()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        using TemporaryFolder folder = new();
        using Process process = WorkbenchProcess.Start("trace", "generate", "uni64g", "--events", "4000000000", "--out", folder["big.dmat"]);
        WaitFor(() => Directory.GetFiles(folder.Root).Length > 0, process);
        Assert.Contains("interrupted after", Interrupt(process, 1), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Theory]
    [InlineData("replay", 1, " events; nothing was written.")]
    [InlineData("replay", 3, " events; nothing was written.")]
    [InlineData("compare", 1, " events of all models; nothing was written.")]
    [InlineData("compare", 3, " events of all models; nothing was written.")]
    public void Ctrl_C_stops_a_replay_and_says_how_far_it_came(string command, int times, string ending)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        using TemporaryFolder folder = new();
        Assert.Equal(0, WorkbenchProcess.Run("trace", "generate", "uni1g", "--events", "20000000", "--out", folder["t.dmat"]).Exit);
        string[] options = command == "replay" ? ["--out", folder["out"]] : ["--iommu", "vtd,amd"];
        using Process process = WorkbenchProcess.Start([command, folder["t.dmat"], "--harvest", "10us", .. options]);
        WaitForWork(process, 1.5);
        AssertSaysEvents(Interrupt(process, times), ending);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Ctrl_C_stops_a_validation_and_says_how_far_it_came()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        using TemporaryFolder folder = new();
        StringBuilder csv = new("time_ns,kind,device,pasid,iova,length,target,flags,text,line\n0,Map,00:01.0,,0x200000,4096,0x400000,3,,\n");
        // Every one of them differs from what the model does, which takes the validator longest.
        for (int i = 0; i < 3_000_000; i++) csv.Append(CultureInfo.InvariantCulture, $"{i},Translate,00:01.0,,0x200000,4096,0x500000,3,,\n");
        File.WriteAllText(folder["v.csv"], csv.ToString());
        Assert.Equal(0, WorkbenchProcess.Run("trace", "import", "--csv", folder["v.csv"], "--out", folder["v.dmat"]).Exit);
        using Process process = WorkbenchProcess.Start("validate", "recording", folder["v.dmat"]);
        WaitForWork(process, 0.7);
        AssertSaysEvents(Interrupt(process, 2), " events; nothing was found out.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Ctrl_C_stops_searches_for_races_and_says_how_many_were_done(int times)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        using Process process = WorkbenchProcess.Start("races", "--protocol", "split-cas", "--vendor", "smmu", "--pages", "4", "--in-flight", "3", "--rounds", "4", "--most-states", "500000000");
        WaitForWork(process, 1.5);
        Assert.Contains("interrupted after 0 of 1 verdicts; nothing was written.", Interrupt(process, times), StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_stops_a_sweep_and_says_what_is_kept()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["s.json"], """{ "traces": [{ "workload": "nic1024", "events": 20000 }, { "workload": "uni1g", "events": 4000000000 }] }""");
        using Process process = WorkbenchProcess.Start("sweep", folder["s.json"], "--out", folder["a.parquet"]);
        // The row of the first trace takes more than a KiB.
        WaitFor(() => new FileInfo(folder["a.parquet.journal"]) is { Exists: true, Length: > 1024 }, process);
        Assert.Contains("interrupted; 1 of 2 rows are kept in a.parquet.journal. The same command goes on from there.", Interrupt(process, 1), StringComparison.Ordinal);
        Assert.Equal(["a.parquet.journal", "s.json"], Directory.GetFiles(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static void AssertSaysEvents(string error, string ending)
    {
        const string Beginning = "workbench: interrupted after ";
        Assert.StartsWith(Beginning, error, StringComparison.Ordinal);
        Assert.EndsWith(ending, error.TrimEnd(), StringComparison.Ordinal);
        Assert.True(long.Parse(error.TrimEnd()[Beginning.Length..^ending.Length], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) > 0, error);
    }

    /// <summary>Sends so many signals at once; the process ends with 130 and one line on stderr, which is returned.</summary>
    private static string Interrupt(Process process, int times)
    {
        string id = process.Id.ToString(CultureInfo.InvariantCulture);
        using (Process kill = Process.Start("sh", ["-c", string.Join("; ", Enumerable.Repeat($"kill -INT {id} 2>/dev/null", times))])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return error;
    }

    // The runtime must be up before a signal means anything to the program: its work shows that the command has begun.
    private static void WaitForWork(Process process, double seconds) => WaitFor(() => { process.Refresh(); return process.TotalProcessorTime.TotalSeconds > seconds; }, process);

    private static void WaitFor(Func<bool> condition, Process process)
    {
        while (!condition())
        {
            Assert.False(process.HasExited, "the command ended before it could be interrupted: " + (process.HasExited ? process.StandardError.ReadToEnd() : ""));
            process.WaitForExit(20);
        }
    }
}
