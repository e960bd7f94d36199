using System.Text.Json;
using Workbench.Replay;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class PolicyCommandTests
{
    private static readonly string Nested = WorkbenchProcess.Trace("intel-vfio-nested");
    private static readonly string[] Few = ["policy", Nested, "--view", "gpa", "--harvest", "1s", "--iommu", "vtd,amd", "--granules", "4K,2M", "--policies", "never,on-dirty", "--flushes", "after,none"];

    private static JsonElement[] Rows(params string[] arguments)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run([.. arguments, "--format", "json"]);
        Assert.True(exit == 0, error);
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
    }

    private static string[] KeysOf(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];

    private static string Text(JsonElement row, string key) => row.GetProperty(key).GetString()!;

    [Fact]
    public void Json_has_exactly_the_documented_keys()
    {
        string contract = File.ReadAllText(Repository.PathOf("docs", "policies.md"));
        string table = contract[contract.IndexOf("| key | meaning |", StringComparison.Ordinal)..];
        string[] documented = [.. table.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => l.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1)).Order(StringComparer.Ordinal)];
        JsonElement[] rows = Rows(Few);
        Assert.Equal(12, rows.Length);
        Assert.Contains(rows, r => r.TryGetProperty("lostBy", out _));
        foreach (JsonElement row in rows)
        {
            bool hasLost = row.GetProperty("missed4K").GetInt64() > 0;
            Assert.Equal(documented.Where(k => k != "lostBy" || hasLost), KeysOf(row).Order(StringComparer.Ordinal));
            foreach (string range in (string[])["harvestNs", "leafChangeNs"]) Assert.Equal(["low", "default", "high"], KeysOf(row.GetProperty(range)));
        }
    }

    [Fact]
    public void Sound_cells_lose_nothing_and_cells_without_the_flush_do()
    {
        JsonElement[] rows = Rows(Few);
        Assert.All(rows, r => Assert.Equal(Text(r, "flush") == "after", r.GetProperty("sound").GetBoolean()));
        Assert.All(rows.Where(r => r.GetProperty("sound").GetBoolean()), r => Assert.Equal(0, r.GetProperty("missed4K").GetInt64()));
        Assert.Contains(rows, r => r.GetProperty("missed4K").GetInt64() > 0);
        Assert.Equal(
            [("vtd", "4K", "never"), ("vtd", "2M", "never"), ("vtd", "2M", "on-dirty"), ("amd", "4K", "never"), ("amd", "2M", "never"), ("amd", "2M", "on-dirty")],
            rows.Where(r => Text(r, "flush") == "after").Select(r => (Text(r, "iommu"), Text(r, "granule"), Text(r, "policy"))));
    }

    [Fact]
    public void Two_runs_print_the_same_left_out_cells_too()
    {
        string[] arguments = ["policy", Nested, "--view", "gpa", "--harvest", "1s", "--iommu", "vtd,amd,smmu", "--granules", "4K,2M", "--policies", "never", "--flushes", "after", "--dirty-order", "may-lag"];
        (int exit, string Out, string Error) first = WorkbenchProcess.Run(arguments);
        Assert.True(first.exit == 0, first.Error);
        Assert.Equal(first, WorkbenchProcess.Run(arguments));
        Assert.Contains("Left out: vtd with leaves of 4K, 2M: ", first.Out, StringComparison.Ordinal);
        Assert.Single(first.Out.Split("Left out: vtd").Skip(1));
    }

    [Fact]
    public void Every_row_fits_80_columns()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("policy", Nested, "--view", "gpa", "--harvest", "1s", "--iommu", "vtd", "--granules", "as-mapped,2M,1G", "--policies", "never,eager-chunked:512M", "--flushes", "after-copy,none", "--cost-level", "high");
        Assert.True(exit == 0, error);
        string[] lines = [.. output.Split('\n').Select(l => l.TrimEnd('\r'))];
        Assert.All(lines, line => Assert.True(line.Length <= 80, $"wider than 80 columns: {line}"));
        Assert.Equal(6, lines.Count(l => l.StartsWith("eager-chunked:512M after-copy ", StringComparison.Ordinal) || l.StartsWith("eager-chunked:512M none ", StringComparison.Ordinal)));
        Assert.Contains("vtd, leaves as mapped", lines);
    }

    [Theory]
    [InlineData(99.994, 99_999, 999_994)]
    [InlineData(999.99, 99_999_499, 999_499_999)]
    [InlineData(262_144, 123_456_789, 9_994_999_999)]
    public void The_longest_values_fit_80_columns(double factor, long count, double ns)
    {
        PolicyRow row = new()
        {
            Iommu = "vtd", Granule = "2M", SplitTo = "4K", Collapse = "never", Unsound = "", Sound = false, Harvests = 1, TrueDirty4K = 1, ReportedDirty4K = 1, OverReported4K = 0,
            Invalidations = 1, Commands = 1, Walks = 0, Refills = 0, Faults = 0, LeavesSplit = 0, LeavesCollapsed = 0, Policy = "eager-chunked:512M", Flush = FlushStrategy.AfterCopy, BytesToSend = 99_990_000, OverReportFactor = factor, ExtraWalks = -count, TableBytes = 99_990_000, Missed4K = count,
            HarvestNs = new(ns, ns, 10 * ns), LeafChangeNs = default,
        };
        Assert.Equal(80, PolicyTable.Line(row).Length);
    }

    [Theory]
    [InlineData(0, "0ns")]
    [InlineData(1.234, "1.23ns")]
    [InlineData(999.4, "999ns")]
    [InlineData(999.6, "1us")]
    [InlineData(99_960, "100us")]
    [InlineData(12_345, "12.3us")]
    [InlineData(999_600, "1ms")]
    [InlineData(1.234e12, "1234s")]
    public void Times_show_three_digits(double ns, string shown) => Assert.Equal(shown, PolicyTable.Time(ns));

    [Fact]
    public void Lists_are_distinct()
    {
        JsonElement[] rows = Rows("policy", Nested, "--harvest", "1s", "--iommu", "vtd,vtd,vtd:4K", "--granules", "4K,4K", "--policies", "never,never", "--flushes", "after,hull");
        Assert.Equal("after", Text(Assert.Single(rows), "flush"));
    }

    [Fact]
    public void What_one_model_lacks_leaves_its_cells_out_once()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("policy", Nested, "--view", "gpa", "--harvest", "1s", "--iommu", "vtd,amd", "--granules", "64K", "--policies", "never,on-dirty", "--flushes", "after", "--format", "json");
        Assert.Equal(0, exit);
        Assert.All(JsonDocument.Parse(output).RootElement.EnumerateArray(), r => Assert.Equal("amd", Text(r, "iommu")));
        Assert.Equal("workbench: left out: vtd with leaves of 64K: Page size '64K': vtd has leaves of 4K, 2M, 1G; or write as-mapped.", error.Trim());
    }

    [Theory]
    [InlineData("--policies", "foo", "There is no policy 'foo'")]
    [InlineData("--policies", "eager-chunked:3M", "SIZE is a power of two from 4K")]
    [InlineData("--policies", "seen-dirty", "say when that is, with --warm-up")]
    [InlineData("--granules", "4K,3M", "No model has leaves of '3M'; leaves are powers of two from 4K to ")]
    [InlineData("--granules", "3M", "No model has leaves of '3M'")]
    [InlineData("--granules", "", "An empty list")]
    [InlineData("--iommu", "vtd,powerpc", "There is no IOMMU model 'powerpc'")]
    [InlineData("--iommu", "vtd:3K", "no model has the granule '3K'")]
    [InlineData("--flushes", "after,never", "There is no flush strategy 'never'")]
    [InlineData("--granule", "128K", "No model has the granule '128K'")]
    [InlineData("--split-to", "3M", "splitTo '3M'")]
    [InlineData("--bbml", "7", "blockChange is 7")]
    [InlineData("--address-bits", "47", "addressBits is 47")]
    [InlineData("--collapse", "when-cold:x", "HARVESTS is a whole number")]
    [InlineData("--unsound", "all", "There is no unsound step 'all'")]
    [InlineData("--harvest", "soon", "Harvest interval 'soon'")]
    [InlineData("--tracker", "iommufd", "'--tracker'")]
    [InlineData("--device-log-page", "4K", "'--device-log-page'")]
    public void Wrong_input_is_one_message_with_each_sentence_once(string option, string value, string says)
    {
        string error = WorkbenchProcess.Refused("policy", Nested, option, value);
        Assert.Equal(2, error.Split(says).Length);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Another_tracker_in_an_experiment_file_is_refused_with_the_reason()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["e.json"], """{ "tracker": "footprint" }""");
        Assert.Contains("Tracker 'footprint': the grid compares flush strategies", WorkbenchProcess.Refused("policy", Nested, "--experiment", folder["e.json"]), StringComparison.Ordinal);
    }
}
