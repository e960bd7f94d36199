using System.Globalization;
using System.Text.Json;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class CurveCommandTests
{
    private static readonly string Nested = WorkbenchProcess.Trace("intel-vfio-nested");

    private static string Print(params string[] arguments)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(["curve", Nested, .. arguments]);
        Assert.True(exit == 0, error);
        return output;
    }

    [Fact]
    public void The_table_fits_80_columns_and_says_that_it_is_exact()
    {
        string output = Print();
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("Counts are exact", output, StringComparison.Ordinal);
        Assert.Contains("16 ways", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_is_what_replay_counts()
    {
        using JsonDocument curve = JsonDocument.Parse(Print("--iommu", "amd", "--page-size", "4K", "--format", "json"));
        (int exit, string output, string error) = WorkbenchProcess.Run(["replay", Nested, "--iommu", "amd", "--page-size", "4K", "--harvest", "0", "--iotlb", "32x2:lru:modulo", "--format", "json"]);
        Assert.True(exit == 0, error);
        using JsonDocument replay = JsonDocument.Parse(output);
        JsonElement point = curve.RootElement.GetProperty("points").EnumerateArray().Single(p => p.GetProperty("sets").GetInt32() == 32 && p.GetProperty("ways").GetInt32() == 2);
        Assert.Equal(replay.RootElement.GetProperty("iotlbMisses").GetInt64(), point.GetProperty("misses").GetInt64());
        Assert.Equal(replay.RootElement.GetProperty("iotlbHits").GetInt64() + replay.RootElement.GetProperty("dirtyRewalks").GetInt64(), point.GetProperty("hits").GetInt64());
    }

    [Fact]
    public void Csv_has_a_line_for_each_point_and_json_the_documented_keys()
    {
        string[] lines = Print("--geometry", "fully", "--up-to", "262144", "--format", "csv").TrimEnd('\n').Split('\n');
        Assert.Equal("entries,sets,ways,hits,misses,missRatio,isSampled,error", lines[0]);
        Assert.Equal(15, lines.Length - 1);
        Assert.Equal(["131072", "262144"], lines.Skip(1).Select(l => l.Split(',')).Where(c => c[6] == "true").Select(c => c[0]));
        Assert.All(lines.Skip(1), l => Assert.InRange(double.Parse(l.Split(',')[5], CultureInfo.InvariantCulture), 0, 1));
        using JsonDocument curve = JsonDocument.Parse(Print("--geometry", "sets", "--format", "json"));
        string contract = File.ReadAllText(Repository.PathOf("docs", "curves.md"));
        string[] documented = [.. contract[contract.IndexOf("## JSON", StringComparison.Ordinal)..].Split('`').Where((_, i) => i % 2 == 1).Where(word => !word.StartsWith("--", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] keys = [.. curve.RootElement.EnumerateObject().Concat(curve.RootElement.GetProperty("points")[0].EnumerateObject()).Select(p => p.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(documented, keys);
    }

    [Theory]
    [InlineData("power of two", "--up-to", "1000")]
    [InlineData("no IOMMU model 'vtx'", "--iommu", "vtx")]
    [InlineData("Page size '3K'", "--page-size", "3K")]
    [InlineData("--up-to is for fully associative IOTLBs", "--geometry", "sets", "--up-to", "65536")]
    [InlineData("'round'", "--geometry", "round")]
    public void Wrong_input_ends_with_exit_code_2(string says, params string[] arguments)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(["curve", Nested, .. arguments]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
    }
}
