using System.Text.Json;
using Workbench.Cli.Commands;
using Workbench.Replay.Costs.Calibration;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class ValidateCostsCommandTests
{
    [Fact]
    public void Every_residual_and_verdict_is_shown_within_80_columns()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("validate", "costs");
        Assert.True(exit == 0, error);
        string[] lines = [.. output.Split('\n').Select(l => l.TrimEnd('\r'))];
        Assert.All(lines, line => Assert.True(line.Length <= 80, $"wider than 80 columns: {line}"));
        Assert.Equal(2, lines.Count(l => l.EndsWith("the limit is 3 ns: HOLDS", StringComparison.Ordinal)));
        Assert.Contains("     384     156 ns    157.3      +1.3", output, StringComparison.Ordinal);
        Assert.Contains("     384     204 ns    202.3      -1.7", output, StringComparison.Ordinal);
        Assert.Equal(6, lines.Count(l => l.EndsWith("  calibrated", StringComparison.Ordinal)));
        Assert.Contains("      2M        1         1     0.9 us     0.80     -0.10", output, StringComparison.Ordinal);
        Assert.Contains("All curves hold.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_object_with_the_verdict()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("validate", "costs", "--format", "json");
        Assert.True(exit == 0, error);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.True(json.GetProperty("holds").GetBoolean());
        Assert.Equal(["haswell-e5-2620v3", "ivybridge-e5-2620v2"], json.GetProperty("latency").EnumerateArray().Select(l => l.GetProperty("platform").GetString()));
        Assert.All(json.GetProperty("latency").EnumerateArray(), l => Assert.InRange(l.GetProperty("worstNs").GetDouble(), 0, 3));
        Assert.Equal(6, json.GetProperty("unmap").GetProperty("points").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_curve_that_fails_is_exit_code_1_and_said(bool asJson)
    {
        CalibrationData data = CalibrationData.Measured;
        MeasuredLatency host = data.Latency[0];
        // The window of 384 pages 5 ns slower than measured; it is not one that the curve is calibrated on.
        host = host with { Rows = [.. host.Rows.Select(r => r.Pages == 384 ? r with { OnNs = r.OnNs + 5 } : r)] };
        using StringWriter to = new();
        Assert.Equal(1, ValidateCostsCommand.Show(to, CostValidation.Run(data with { Latency = [host, data.Latency[1]] }), asJson));
        Assert.Contains(asJson ? "\"holds\": false" : "predicted from 384 pages up: 3.7 ns; the limit is 3 ns: FAILS", to.ToString(), StringComparison.Ordinal);
        if (!asJson) Assert.Contains("NOT ALL CURVES HOLD", to.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_format_is_refused() => Assert.Contains("csv", WorkbenchProcess.Refused("validate", "costs", "--format", "csv"), StringComparison.Ordinal);
}
