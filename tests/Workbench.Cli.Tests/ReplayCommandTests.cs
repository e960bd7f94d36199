using System.Globalization;
using System.Text.Json;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class ReplayCommandTests
{
    private static JsonElement Json(params string[] arguments)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run([.. arguments, "--format", "json"]);
        Assert.True(exit == 0, error);
        return JsonDocument.Parse(output).RootElement.Clone();
    }

    [Fact]
    public void The_first_command_of_the_readme_says_what_it_should()
    {
        (int exit, string output, _) = WorkbenchProcess.Run("replay", WorkbenchProcess.Trace("intel-vfio-nested"));
        Assert.Equal(0, exit);
        Assert.Contains("view iova", output, StringComparison.Ordinal);
        Assert.Contains("2 MiB regions they lie in", output, StringComparison.Ordinal);
        Assert.Contains("Nothing was missed", output, StringComparison.Ordinal);
        Assert.All(output.Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= 80, $"wider than 80 columns: {line}"));
    }

    [Fact]
    public void Json_has_the_documented_keys_and_no_others()
    {
        JsonElement json = Json("replay", WorkbenchProcess.Trace("intel-perf"));
        string contract = File.ReadAllText(Repository.PathOf("docs", "replay.md"));
        string[] documented = [.. contract[contract.IndexOf("## JSON", StringComparison.Ordinal)..contract.IndexOf("## Files", StringComparison.Ordinal)].Split('`').Where((part, i) => i % 2 == 1 && part.Length > 0 && char.IsAsciiLetterLower(part[0]) && part.All(char.IsAsciiLetterOrDigit))];
        Assert.Empty(json.EnumerateObject().Select(p => p.Name).Except(documented));
        foreach (string key in (string[])["trace", "iommu", "addressBits", "deviceTlb", "driver", "dirtyOrder", "view", "events", "bytesRead", "bytesWritten", "iotlbHits", "iotlbMisses", "walks", "invalidations", "harvests", "trueDirty4K",
            "reportedDirty4K", "reportedDirtyLeaves", "overReported4K", "missed4K", "eventsPerSecond"]) Assert.True(json.TryGetProperty(key, out _), key);
    }

    [Fact]
    public void Ranges_have_exactly_low_default_and_high()
    {
        JsonElement[] ranges = [.. Json("replay", WorkbenchProcess.Trace("intel-perf")).EnumerateObject().Select(p => p.Value).Where(v => v.ValueKind == JsonValueKind.Object && v.TryGetProperty("low", out _))];
        Assert.True(ranges.Length > 1);
        Assert.All(ranges, r => Assert.Equal(["low", "default", "high"], r.EnumerateObject().Select(p => p.Name)));
    }

    [Fact]
    public void A_warm_up_longer_than_the_trace_is_said()
    {
        string error = WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-nic-pair"), "--warm-up", "100000s");
        Assert.StartsWith("workbench: The warm-up of 100000s is longer than the trace's 29.092 s", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cancel-after 9000s --collapse on-cancel --policy eager", "never cancelled")]
    [InlineData("--cancel-after 1ms", "Cancel after 1ms has no effect")]
    [InlineData("--collapse at-stop", "Collapse at-stop has no effect")]
    [InlineData("--split-dirty harvest-first", "Split dirty harvest-first has no effect")]
    [InlineData("--unsound drop-dirty", "The unsound steps (drop-dirty) have no effect")]
    [InlineData("--cancel-after 1ms --collapse on-cancel --policy eager", "")]
    [InlineData("--collapse at-stop --split-dirty harvest-first --policy eager", "")]
    public void Options_without_effect_are_noted(string options, string says)
    {
        string[] notes = [.. Json(["replay", WorkbenchProcess.Trace("intel-perf"), "--view", "gpa", .. options.Split(' ')]).GetProperty("notes").EnumerateArray().Select(n => n.GetString()!)];
        string[] about = [.. notes.Where(n => n.Contains("no effect", StringComparison.Ordinal) || n.Contains("cancelled", StringComparison.Ordinal))];
        if (says.Length == 0) Assert.Empty(about);
        else Assert.Contains(about, n => n.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_no_cost_profile_is_refused_in_plain_words()
    {
        string error = WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-perf"), "--costs", Repository.PathOf("data", "profiles", "calibration.json"));
        Assert.StartsWith("workbench: calibration.json line 3: no cost profile: unknown member 'latency'", error, StringComparison.Ordinal);
        Assert.DoesNotContain(".NET", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recording_in_both_views_gives_its_known_totals()
    {
        foreach (string view in (string[])["iova", "gpa"])
        {
            JsonElement json = Json("replay", WorkbenchProcess.Trace("intel-nvme-randrw"), "--view", view, "--from", "mark 2", "--to", "mark 9");
            Assert.Equal(142_782_464, json.GetProperty("bytesWritten").GetInt64());
            Assert.Equal(58_638_336, json.GetProperty("bytesRead").GetInt64());
            Assert.Equal(0, json.GetProperty("missed4K").GetInt64());
            Assert.Equal(0, json.GetProperty("faults").GetInt64());
        }
    }

    [Fact]
    public void Without_the_flush_pages_are_missed_and_named()
    {
        (int exit, string output, _) = WorkbenchProcess.Run("replay", WorkbenchProcess.Trace("intel-vfio-nested"), "--flush", "none");
        Assert.Equal(0, exit);
        Assert.Contains("MISSED", output, StringComparison.Ordinal);
        Assert.Contains("D was cleared by a harvest", output, StringComparison.Ordinal);
        Assert.Matches(@"0x[0-9a-f]+ at [0-9.]+ s by 00:01\.0", output);
    }

    [Fact]
    public void Page_size_decides_what_is_over_reported()
    {
        JsonElement small = Json("replay", WorkbenchProcess.Trace("intel-vfio-nested"), "--page-size", "4K"), large = Json("replay", WorkbenchProcess.Trace("intel-vfio-nested"));
        Assert.Equal(0, small.GetProperty("overReported4K").GetInt64());
        Assert.True(large.GetProperty("overReported4K").GetInt64() > 100 * large.GetProperty("trueDirty4K").GetInt64());
        Assert.Equal(small.GetProperty("trueDirty4K").GetInt64(), large.GetProperty("trueDirty4K").GetInt64());
    }

    [Fact]
    public void Same_input_gives_the_same_bytes_and_a_true_manifest()
    {
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["a", "b"]) Assert.Equal(0, WorkbenchProcess.Run("replay", WorkbenchProcess.Trace("intel-tracecmd"), "--out", folder[name]).Exit);
        string[] files = [.. Directory.GetFiles(folder["a"]).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(["harvests.csv", "harvests.parquet", "leaves.csv", "manifest.json", "missed.csv", "pages.csv", "summary.json"], files);
        foreach (string file in files) Assert.Equal(File.ReadAllBytes(Path.Combine(folder["a"], file)), File.ReadAllBytes(Path.Combine(folder["b"], file)));
        JsonElement manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["a"], "manifest.json"))).RootElement;
        Assert.Equal(Sha256(WorkbenchProcess.Trace("intel-tracecmd")), manifest.GetProperty("traceSha256").GetString());
        foreach (JsonProperty file in manifest.GetProperty("files").EnumerateObject()) Assert.Equal(Sha256(Path.Combine(folder["a"], file.Name)), file.Value.GetString());
    }

    private static string Sha256(string path) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    [Fact]
    public void An_experiment_file_may_hold_comments_and_options_beside_it_win()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["e.json"], """
            {
              // one harvest at the end
              "harvestEvery": "0", "iotlb": "4x2:fifo:hash", "view": "gpa", "pageSize": "2M",
            }
            """);
        JsonElement json = Json("replay", WorkbenchProcess.Trace("intel-perf"), "--experiment", folder["e.json"], "--page-size", "4K");
        Assert.Equal(1, json.GetProperty("harvests").GetInt32());
        Assert.Equal("4x2:fifo:hash", json.GetProperty("iotlb").GetString());
        Assert.Equal("4K", json.GetProperty("pageSize").GetString());
    }

    [Theory]
    [InlineData("""{ "harvest": "1s" }""", "harvest")]
    [InlineData("""{ "flush": "later" }""", "after|per-run|per-chunk|per-page|domain|none|before|after-copy")]
    [InlineData("""{ "iotlb": "64" }""", "SETSxWAYS")]
    [InlineData("""{ "harvestEvery": """, "line 1")]
    [InlineData("""{ "addressBits": 40 }""", "39, 48")]
    [InlineData("""{ "iommu": "smmu", "addressBits": 52 }""", "use --granule 64K")]
    [InlineData("null", "no experiment")]
    public void A_wrong_experiment_is_refused_with_its_reason(string json, string reason)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["e.json"], json);
        Assert.Contains(reason, WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-perf"), "--experiment", folder["e.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--view", "host", "'host'")]
    [InlineData("--page-size", "3M", "'3M'")]
    [InlineData("--harvest", "fast", "100ms")]
    [InlineData("--iotlb", "3x4", "power of two")]
    [InlineData("--iommu", "via", "there is: vtd")]
    [InlineData("--from", "mark 77", "no mark 'mark 77'")]
    [InlineData("--to", "mark 77", "no mark 'mark 77'")]
    [InlineData("--frobnicate", "x", "--frobnicate")]
    [InlineData("--iommu", "smmu:64K", "--iommu smmu --granule 64K")]
    [InlineData("--address-bits", "wide", "--address-bits 'wide': a whole number is needed")]
    [InlineData("--experiment", "absent.json", "absent.json: there is no such file")]
    public void A_wrong_option_is_refused_with_what_is_allowed(string option, string value, string reason)
    {
        Assert.Contains(reason, WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-perf"), option, value), StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_series_adds_up_to_the_summary()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, WorkbenchProcess.Run("replay", WorkbenchProcess.Trace("intel-nic-pair"), "--out", folder["o"]).Exit);
        string[] lines = File.ReadAllLines(Path.Combine(folder["o"], "harvests.csv"));
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["o"], "summary.json"))).RootElement;
        string[] columns = lines[0].Split(',');
        foreach ((string column, string key) in (ReadOnlySpan<(string, string)>)[("true_4k", "trueDirty4K"), ("reported_4k", "reportedDirty4K"), ("over_reported_4k", "overReported4K"), ("iotlb_misses", "iotlbMisses"), ("bytes_written", "bytesWritten")])
        {
            int at = Array.IndexOf(columns, column);
            long sum = lines.Skip(1).Sum(l => long.Parse(l.Split(',')[at], CultureInfo.InvariantCulture));
            Assert.Equal(summary.GetProperty(key).GetInt64(), sum);
        }
        Assert.False(summary.TryGetProperty("eventsPerSecond", out _), "files must not depend on the clock");
    }

    [Fact]
    public void What_faulted_is_said_beside_the_verdict()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["t.csv"], """
            time_ns,kind,device,pasid,iova,length,target,flags,text,line
            0,Map,00:01.0,,0x200000,2097152,0x400000,3,,
            1000,Write,00:01.0,,0x201000,4096,,0,,
            2000,Unmap,00:01.0,,0x200000,4096,,0,,
            3000,Write,00:01.0,,0x300000,8192,,0,,

            """);
        Assert.Equal(0, WorkbenchProcess.Run("trace", "import", "--csv", folder["t.csv"], "--out", folder["t.dmat"]).Exit);
        (int exit, string output, _) = WorkbenchProcess.Run("replay", folder["t.dmat"], "--view", "iova");
        Assert.Equal(0, exit);
        Assert.Contains("2 requests faulted", output, StringComparison.Ordinal);
        Assert.Contains("1 unmaps began or ended inside a leaf", output, StringComparison.Ordinal);
        (_, output, _) = WorkbenchProcess.Run("replay", folder["t.dmat"], "--view", "iova", "--page-size", "4K");
        Assert.DoesNotContain("faulted", output, StringComparison.Ordinal);
        Assert.DoesNotContain("inside a leaf", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interval_that_makes_too_many_harvests_and_an_out_that_is_a_file_are_refused()
    {
        Assert.Contains("more than 1,000,000 harvests", WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-vfio-nested"), "--harvest", "1ns"), StringComparison.Ordinal);
        Assert.Contains("is a file", WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-perf"), "--out", WorkbenchProcess.Trace("intel-perf")), StringComparison.Ordinal);
        Assert.Contains("is a folder", WorkbenchProcess.Refused("replay", Repository.PathOf("src")), StringComparison.Ordinal);
    }
}
