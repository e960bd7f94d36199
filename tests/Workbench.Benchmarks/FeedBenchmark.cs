using Workbench.Replay.Benchmarks;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Feeding;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>Several configurations fed from one trace by one thread and by two, interleaved: what the second thread gains, and what it costs in processor time.</summary>
internal static class FeedBenchmark
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Medians: nanoseconds for an event of one replay by the clock and by the processor, with one thread and with two.</summary>
    internal sealed record Row(string Workload, int Replays, double OneWallNs, double TwoWallNs, double OneProcessorNs, double TwoProcessorNs)
    {
        /// <summary>How many times as fast two threads were.</summary>
        public double Speedup => OneWallNs / TwoWallNs;
        /// <summary>How many times as fast they would be with both processors to themselves: what is lost is extra work.</summary>
        public double QuietSpeedup => 2 * OneProcessorNs / TwoProcessorNs;
    }

    public static IReadOnlyList<Row> Measure(int rounds, int events, Func<string, bool> asked)
    {
        List<Row> rows = [];
        Experiment[] experiments = [.. from iommu in (string[])["vtd", "riscv"] from iotlb in (string[])["assumed-64", "assumed-4096"] select new Experiment { Iommu = iommu, Iotlb = iotlb, View = View.Iova, HarvestEvery = "0" }];
        foreach (SyntheticWorkload workload in SyntheticWorkload.All.Where(w => asked(w.Name)))
        {
            List<double>[] wall = [[], []], processor = [[], []];
            for (int round = -1; round < rounds; round++)
                for (int threads = 1; threads <= 2; threads++)
                {
                    long began = Stopwatch.GetTimestamp();
                    TimeSpan before = ProcessClock.Time;
                    SharedFeed.Run(() => new SyntheticSource(workload, events), experiments, threads);
                    double work = (double)events * experiments.Length;
                    if (round < 0) continue;
                    wall[threads - 1].Add(Stopwatch.GetElapsedTime(began).TotalNanoseconds / work);
                    processor[threads - 1].Add((ProcessClock.Time - before).TotalNanoseconds / work);
                }
            rows.Add(new(workload.Name, experiments.Length, Median.Of(wall[0]), Median.Of(wall[1]), Median.Of(processor[0]), Median.Of(processor[1])));
        }
        return rows;
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"workload",-12}{"replays",8}{"1 wall ns",11}{"2 wall ns",11}{"1 cpu ns",10}{"2 cpu ns",10}{"speedup",9}{"if quiet",10}");
        foreach (Row r in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Workload,-12}{r.Replays,8}{r.OneWallNs,11:f1}{r.TwoWallNs,11:f1}{r.OneProcessorNs,10:f1}{r.TwoProcessorNs,10:f1}{r.Speedup,9:f2}{r.QuietSpeedup,10:f2}"));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
