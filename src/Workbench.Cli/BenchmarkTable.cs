using System.Globalization;
using Workbench.Replay.Benchmarks;

namespace Workbench.Cli;

/// <summary>Benchmarks beside their floors and goals, within 80 columns.</summary>
internal static class BenchmarkTable
{
    public static void Print(TextWriter to, IReadOnlyList<BenchmarkRow> rows, BenchmarkBaseline? baseline)
    {
        to.WriteLine($"{ThisMachine.Processor}, {ThisMachine.Processors} processors, one used");
        to.WriteLine();
        to.WriteLine($"{"",-14}{"M events/s",10}{"floor",7}{"goal",6}  {"ns",6}{"best",7}{"ratio",8}{"baseline",10}");
        foreach (BenchmarkRow row in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Workload,-14}{row.EventsPerSecond / 1e6,10:f1}{row.Floor / 1e6,7:f0}{row.Goal / 1e6,6:f0}  {row.NsPerEvent,6:f1}{row.BestNs,7:f1}{row.CalibrationRatio,8:f2}{Baseline(row),10}")
                + (row.IsSlower ? "  SLOWER" : row.EventsPerSecond >= row.Goal ? "  goal" : row.EventsPerSecond >= row.Floor ? "  floor" : ""));
        to.WriteLine();
        to.WriteLine("ratio: least time of an event over the least of a step of the decode loop, or of");
        to.WriteLine("a load from memory where the workload waits for it, measured between rounds.");
        to.WriteLine(baseline is null ? "No baseline for this processor and these events; --save-baseline makes one." : $"Baseline: {baseline.Version}, {baseline.Runtime}.");
        foreach (BenchmarkRow row in rows.Where(r => r.BytesPerEvent >= 0.5)) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Workload} allocates {row.BytesPerEvent:f1} bytes per event; it should allocate none."));
    }

    private static string Baseline(BenchmarkRow row) => row.BaselineRatio is { } ratio ? ratio.ToString("f2", CultureInfo.InvariantCulture) : "-";
}
