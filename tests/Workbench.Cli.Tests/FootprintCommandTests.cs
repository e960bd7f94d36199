using System.Globalization;
using System.Text.Json;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class FootprintCommandTests
{
    private static readonly string Nested = WorkbenchProcess.Trace("intel-vfio-nested");

    [Fact]
    public void The_table_has_every_part_in_eighty_columns()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("footprint", Nested, "--memory", "4G");
        Assert.True(exit == 0, error);
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        foreach (string part in (string[])["average/most", "bytes per second", "Pre-copy migration of 4.0 GiB", "\n100ms", "1G       100G 300ms |"]) Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.Equal((exit, output, error), WorkbenchProcess.Run("footprint", Nested, "--memory", "4G"));
    }

    [Fact]
    public void Json_has_exactly_the_documented_keys()
    {
        string contract = File.ReadAllText(Repository.PathOf("docs", "footprint.md"));
        string[] documented = [.. contract.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => l.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1)).Order(StringComparer.Ordinal)];
        JsonElement root = Json("--memory", "4G", "--view", "iova");
        IEnumerable<string> keys = [.. KeysOf(root), .. root.GetProperty("curves").EnumerateArray().SelectMany(KeysOf), .. root.GetProperty("curves")[0].GetProperty("points").EnumerateArray().SelectMany(KeysOf), .. root.GetProperty("preCopy").EnumerateArray().SelectMany(KeysOf)];
        Assert.Equal(documented, keys.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("iova", root.GetProperty("view").GetString());
    }

    [Fact]
    public void What_is_asked_for_is_what_is_printed()
    {
        JsonElement root = Json("--granules", "4K,2M", "--windows", "1234us", "--bandwidth", "10G,2.5G", "--downtime", "20ms");
        Assert.Equal(["4K", "2M"], root.GetProperty("curves").EnumerateArray().Select(c => c.GetProperty("granule").GetString()));
        Assert.Contains(root.GetProperty("curves")[1].GetProperty("points").EnumerateArray(), p => p.GetProperty("windowNs").GetInt64() == 1_234_000);
        Assert.Equal([10e9, 10e9, 2.5e9, 2.5e9], root.GetProperty("preCopy").EnumerateArray().Take(4).Select(c => c.GetProperty("bitsPerSecond").GetDouble()));
        (int exit, string table, string error) = WorkbenchProcess.Run("footprint", Nested, "--windows", "1234us,10ms", "--granules", "64K");
        Assert.True(exit == 0, error);
        Assert.Equal(2, table.Split('\n').Count(l => l.StartsWith("1.23ms", StringComparison.Ordinal)));
        Assert.DoesNotContain("100ms", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_has_the_points_of_the_json()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("footprint", Nested, "--format", "csv", "--granules", "4K");
        Assert.True(exit == 0, error);
        string[] lines = output.TrimEnd('\n').Split('\n');
        JsonElement points = Json("--granules", "4K").GetProperty("curves")[0].GetProperty("points");
        Assert.Equal(KeysOf(points[0]), lines[0].Split(','));
        Assert.Equal(points.GetArrayLength(), lines.Length - 1);
        Assert.Equal(points[points.GetArrayLength() - 1].GetProperty("meanBytes").GetDouble(), double.Parse(lines[^1].Split(',')[4], CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("power of two", "--granules", "5K")]
    [InlineData("is no window", "--windows", "soon")]
    [InlineData("does not fit into the trace", "--windows", "1ms,9999s")]
    [InlineData("is no bandwidth", "--bandwidth", "fast")]
    [InlineData("is no downtime", "--downtime", "0")]
    [InlineData("memory is said to have", "--memory", "4K")]
    [InlineData("is no size", "--memory", "much")]
    [InlineData("empty list", "--granules", ",")]
    [InlineData("--granules names a value twice", "--granules", "4K,4K")]
    [InlineData("--bandwidth names a value twice", "--bandwidth", "1G,1000M")]
    [InlineData("--downtime names a value twice", "--downtime", "1s,1000ms")]
    [InlineData("--windows names a value twice", "--windows", "1ms,1ms")]
    [InlineData("Must be one of", "--view", "all")]
    [InlineData("Must be one of", "--format", "xml")]
    public void Wrong_input_is_refused_in_one_line(string says, params string[] options)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(["footprint", Nested, .. options]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    private static JsonElement Json(params string[] options)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(["footprint", Nested, "--format", "json", .. options]);
        Assert.True(exit == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private static IEnumerable<string> KeysOf(JsonElement element) => element.EnumerateObject().Select(p => p.Name);
}
