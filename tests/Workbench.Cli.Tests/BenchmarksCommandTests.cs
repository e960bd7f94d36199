using System.Text.Json;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class BenchmarksCommandTests : IDisposable
{
    private static readonly string[] Short = ["benchmarks", "--rounds", "1", "--events", "20000"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_json_is_an_array_with_a_row_for_each_benchmark()
    {
        (int exit, string output, _) = WorkbenchProcess.Run([.. Short, "--only", "nic1024,uni1g", "--format", "json"]);
        Assert.Equal(0, exit);
        JsonElement[] rows = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Equal(["nic1024", "uni1g"], rows.Select(r => r.GetProperty("workload").GetString()));
        Assert.All(rows, row =>
        {
            Assert.True(row.GetProperty("eventsPerSecond").GetDouble() > 1000);
            Assert.True(row.GetProperty("calibrationRatio").GetDouble() > 0);
            Assert.True(row.GetProperty("goal").GetDouble() > row.GetProperty("floor").GetDouble());
        });
    }

    [Fact]
    public void A_run_that_is_slower_than_its_baseline_is_marked_and_fails_if_asked_to()
    {
        string file = folder["baseline.json"];
        Assert.Equal(0, WorkbenchProcess.Run([.. Short, "--only", "seq2m", "--save-baseline", file]).Exit);
        string ratio = JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("calibrationRatios").GetProperty("seq2m").GetRawText();
        // A thousandth of what was measured nobody reaches, a thousandfold everybody.
        File.WriteAllText(file, File.ReadAllText(file).Replace(ratio, "0.001", StringComparison.Ordinal));
        (int exit, string output, _) = WorkbenchProcess.Run([.. Short, "--only", "seq2m", "--baseline", file]);
        Assert.Equal(0, exit);
        Assert.Contains("SLOWER", output, StringComparison.Ordinal);
        Assert.Equal(1, WorkbenchProcess.Run([.. Short, "--only", "seq2m", "--baseline", file, "--fail-if-slower"]).Exit);
        File.WriteAllText(file, File.ReadAllText(file).Replace("0.001", "100000", StringComparison.Ordinal));
        (exit, output, _) = WorkbenchProcess.Run([.. Short, "--only", "seq2m", "--baseline", file, "--fail-if-slower"]);
        Assert.Equal(0, exit);
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void What_cannot_be_measured_is_refused()
    {
        Assert.Contains("There is no benchmark 'nic'", WorkbenchProcess.Refused("benchmarks", "--only", "nic"), StringComparison.Ordinal);
        Assert.Contains("0 rounds", WorkbenchProcess.Refused("benchmarks", "--rounds", "0"), StringComparison.Ordinal);
        Assert.Contains("there is no such baseline", WorkbenchProcess.Refused("benchmarks", "--baseline", folder["none.json"]), StringComparison.Ordinal);
        File.WriteAllText(folder["bad.json"], "{}");
        Assert.Equal(0, WorkbenchProcess.Run([.. Short, "--only", "seq2m", "--save-baseline", folder["good.json"]]).Exit);
        Assert.Contains("--events 20000", WorkbenchProcess.Refused("benchmarks", "--events", "30000", "--baseline", folder["good.json"]), StringComparison.Ordinal);
        Assert.Contains("bad.json", WorkbenchProcess.Refused("benchmarks", "--baseline", folder["bad.json"]), StringComparison.Ordinal);
    }
}
