using System.Text.Json;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class TraceCommandTests
{
    public static TheoryData<string> Shipped => [.. Directory.GetFiles(Repository.PathOf("data", "traces"), "*.dmat").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_eleven_traces_in_less_than_25_MB()
    {
        Assert.Equal(11, Shipped.Count);
        Assert.True(Directory.GetFiles(Repository.PathOf("data", "traces")).Sum(f => new FileInfo(f).Length) < 25_000_000);
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_trace_is_whole_and_its_sidecar_true(string name)
    {
        Assert.Equal(0, WorkbenchProcess.Run("trace", "verify", WorkbenchProcess.Trace(name)).Exit);
        (int exit, string output, _) = WorkbenchProcess.Run("trace", "info", "--format", "json", WorkbenchProcess.Trace(name));
        Assert.Equal(0, exit);
        Assert.Equal(File.ReadAllText(Repository.PathOf("data", "traces", name + ".json")).ReplaceLineEndings("\n"), output.ReplaceLineEndings("\n"));
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Importing_the_recording_anew_gives_the_shipped_bytes(string name)
    {
        string? recordings = Repository.Recordings;
        if (recordings is null) Assert.Skip("The raw recordings are not here: set WORKBENCH_RECORDINGS to their folder.");
        using TemporaryFolder folder = new();
        string guest = name switch { "intel-perf" => "perf.txt", "intel-tracecmd" => "trace-cmd.dat", _ => "ftrace.txt" };
        (int exit, string output, string error) = WorkbenchProcess.Run("trace", "import", "--qemu", Path.Combine(recordings, name + ".qemu.log.xz"), "--guest", Path.Combine(recordings, $"{name}.{guest}.xz"),
            "--sidecar", Path.Combine(recordings, name + ".json"), "--migration-view", name == "intel-vfio-nested" ? "iova" : "gpa", "--license", "MIT", "--out", folder[name + ".dmat"]);
        Assert.True(exit == 0, error);
        Assert.Contains("inside a live mapping", output, StringComparison.Ordinal);
        Assert.True(File.ReadAllBytes(folder[name + ".dmat"]).AsSpan().SequenceEqual(File.ReadAllBytes(WorkbenchProcess.Trace(name))), "the shipped trace is not what the importer makes today; run data/traces/import.sh");
    }

    [Fact]
    public void Info_fits_80_columns_and_shows_provenance()
    {
        (int exit, string output, _) = WorkbenchProcess.Run("trace", "info", WorkbenchProcess.Trace("intel-nvme-randrw"));
        Assert.Equal(0, exit);
        foreach (string expected in (string[])["119,392", "inside a live mapping", "sha256", "Inferred", "Page sizes"]) Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.All(output.Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= 84, $"wider than the terminal: {line}"));
    }

    [Fact]
    public void A_flipped_bit_is_found_and_skip_bad_goes_on_without_the_block()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = File.ReadAllBytes(WorkbenchProcess.Trace("intel-nvme-randrw"));
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(folder["bad.dmat"], bytes);
        (int exit, _, string error) = WorkbenchProcess.Run("trace", "verify", folder["bad.dmat"]);
        Assert.Equal(2, exit);
        Assert.Contains("byte ", error, StringComparison.Ordinal);
        Assert.Contains("block", WorkbenchProcess.Refused("replay", folder["bad.dmat"], "--view", "gpa"), StringComparison.Ordinal);
        (exit, string output, _) = WorkbenchProcess.Run("replay", folder["bad.dmat"], "--view", "gpa", "--skip-bad");
        Assert.Equal(0, exit);
        Assert.Contains("could not be read", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_files_are_refused_by_what_they_are()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["empty.dmat"], []);
        File.WriteAllText(folder["text.dmat"], "13517@1795397582.601766:vtd_iotlb_page_update\n");
        File.WriteAllBytes(folder["xz.dmat"], [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 1, 2, 3, 4]);
        File.WriteAllBytes(folder["cut.dmat"], File.ReadAllBytes(WorkbenchProcess.Trace("intel-perf"))[..40_000]);
        byte[] future = File.ReadAllBytes(WorkbenchProcess.Trace("intel-perf"));
        future[8] = 9;
        File.WriteAllBytes(folder["future.dmat"], future);
        Assert.Contains("empty", WorkbenchProcess.Refused("replay", folder["empty.dmat"]), StringComparison.Ordinal);
        Assert.Contains("trace import", WorkbenchProcess.Refused("replay", folder["text.dmat"]), StringComparison.Ordinal);
        Assert.Contains("xz", WorkbenchProcess.Refused("trace", "info", folder["xz.dmat"]), StringComparison.Ordinal);
        Assert.Contains("cut short", WorkbenchProcess.Refused("trace", "info", folder["cut.dmat"]), StringComparison.Ordinal);
        Assert.Contains("cut.dmat", WorkbenchProcess.Refused("replay", folder["cut.dmat"]), StringComparison.Ordinal);
        WorkbenchProcess.Refused("replay", folder["future.dmat"]);
        Assert.Contains("absent.dmat", WorkbenchProcess.Refused("replay", folder["absent.dmat"]), StringComparison.Ordinal);
        WorkbenchProcess.Refused("trace", "info", folder.Root);
        WorkbenchProcess.Refused("trace", "verify", folder["absent.dmat"]);
    }

    [Fact]
    public void A_failed_import_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["log"], "this is no log\n");
        Assert.Contains("log line 1", WorkbenchProcess.Refused("trace", "import", "--qemu", folder["log"], "--out", folder["x.dmat"]), StringComparison.Ordinal);
        Assert.Equal([folder["log"]], Directory.GetFiles(folder.Root));
        Assert.Contains("Nothing to import", WorkbenchProcess.Refused("trace", "import", "--out", folder["x.dmat"]), StringComparison.Ordinal);
        Assert.Equal([folder["log"]], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Csv_out_and_in_keeps_every_event()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, WorkbenchProcess.Run("trace", "export", WorkbenchProcess.Trace("intel-perf"), "--out", folder["p.csv"]).Exit);
        Assert.Equal(0, WorkbenchProcess.Run("trace", "import", "--csv", folder["p.csv"], "--out", folder["p.dmat"]).Exit);
        Assert.Equal(0, WorkbenchProcess.Run("trace", "export", folder["p.dmat"], "--out", folder["again.csv"]).Exit);
        Assert.Equal(File.ReadAllBytes(folder["p.csv"]), File.ReadAllBytes(folder["again.csv"]));
    }

    [Fact]
    public void Parquet_and_arrow_are_written_and_other_endings_refused()
    {
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["p.parquet", "p.arrow"])
        {
            Assert.Equal(0, WorkbenchProcess.Run("trace", "export", WorkbenchProcess.Trace("intel-perf"), "--out", folder[name]).Exit);
            Assert.True(new FileInfo(folder[name]).Length > 10_000);
        }
        Assert.Contains(".parquet", WorkbenchProcess.Refused("trace", "export", WorkbenchProcess.Trace("intel-perf"), "--out", folder["p.xlsx"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Generated_traces_are_the_same_every_time_and_replay_without_a_miss()
    {
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["a.dmat", "b.dmat"]) Assert.Equal(0, WorkbenchProcess.Run("trace", "generate", "scatter", "--events", "50000", "--seed", "7", "--out", folder[name]).Exit);
        Assert.Equal(File.ReadAllBytes(folder["a.dmat"]), File.ReadAllBytes(folder["b.dmat"]));
        (int exit, string output, _) = WorkbenchProcess.Run("replay", folder["a.dmat"], "--harvest", "1ms", "--format", "json");
        Assert.Equal(0, exit);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, json.GetProperty("missed4K").GetInt64());
        Assert.Equal(0, json.GetProperty("faults").GetInt64());
        Assert.Equal(50_000, json.GetProperty("accesses").GetInt64());
        Assert.Contains("nic1024", WorkbenchProcess.Refused("trace", "generate", "unknown", "--out", folder["c.dmat"]), StringComparison.Ordinal);
        Assert.Contains("at least 1", WorkbenchProcess.Refused("trace", "generate", "seq2m", "--events", "0", "--out", folder["c.dmat"]), StringComparison.Ordinal);
    }
}
