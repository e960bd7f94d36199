using Workbench.Replay.Benchmarks;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Feeding;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>
/// Several configurations fed from one trace by one thread and by two, interleaved: what the second thread gains, and what it costs in processor time. Beside them two threads that share
/// nothing, each with a trace and half of the configurations of its own: what the machine's two processors give at most.
/// </summary>
internal static class FeedBenchmark
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Medians: nanoseconds for an event of one replay by the clock and by the processor, with one thread and with two; by the clock with two threads apart.</summary>
    internal sealed record Row(string Workload, int Replays, double OneWallNs, double TwoWallNs, double OneProcessorNs, double TwoProcessorNs, double ApartWallNs)
    {
        /// <summary>How many times as fast two threads were.</summary>
        public double Speedup => OneWallNs / TwoWallNs;
        /// <summary>How many times as fast two threads apart were.</summary>
        public double ApartSpeedup => OneWallNs / ApartWallNs;
        /// <summary>How many times as fast they would be with both processors to themselves: what is lost is extra work.</summary>
        public double QuietSpeedup => 2 * OneProcessorNs / TwoProcessorNs;
    }

    public static IReadOnlyList<Row> Measure(int rounds, int events, Func<string, bool> asked)
    {
        List<Row> rows = [];
        Experiment[] experiments = [.. from iommu in (string[])["vtd", "riscv"] from iotlb in (string[])["assumed-64", "assumed-4096"] select new Experiment { Iommu = iommu, Iotlb = iotlb, View = View.Iova, HarvestEvery = "0" }];
        foreach (SyntheticWorkload workload in SyntheticWorkload.All.Where(w => asked(w.Name)))
        {
            Action[] ways = [() => Feed(workload, events, experiments, 1), () => Feed(workload, events, experiments, 2), () => FeedApart(workload, events, experiments)];
            List<double>[] wall = [[], [], []], processor = [[], [], []];
            for (int round = -1; round < rounds; round++)
                for (int way = 0; way < ways.Length; way++)
                {
                    long began = Stopwatch.GetTimestamp();
                    TimeSpan before = ProcessClock.Time;
                    ways[way]();
                    double work = (double)events * experiments.Length;
                    if (round < 0) continue;
                    wall[way].Add(Stopwatch.GetElapsedTime(began).TotalNanoseconds / work);
                    processor[way].Add((ProcessClock.Time - before).TotalNanoseconds / work);
                }
            rows.Add(new(workload.Name, experiments.Length, Median.Of(wall[0]), Median.Of(wall[1]), Median.Of(processor[0]), Median.Of(processor[1]), Median.Of(wall[2])));
        }
        return rows;
    }

    private static void Feed(SyntheticWorkload workload, int events, IReadOnlyList<Experiment> experiments, int threads) => SharedFeed.Run(() => new SyntheticSource(workload, events), experiments, threads);

    private static void FeedApart(SyntheticWorkload workload, int events, Experiment[] experiments)
    {
        Thread other = new(() => Feed(workload, events, experiments[(experiments.Length / 2)..], 1));
        other.Start();
        Feed(workload, events, experiments[..(experiments.Length / 2)], 1);
        other.Join();
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"workload",-12}{"replays",8}{"1 wall ns",11}{"2 wall ns",11}{"1 cpu ns",10}{"2 cpu ns",10}{"speedup",9}{"if quiet",10}{"apart",7}");
        foreach (Row r in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Workload,-12}{r.Replays,8}{r.OneWallNs,11:f1}{r.TwoWallNs,11:f1}{r.OneProcessorNs,10:f1}{r.TwoProcessorNs,10:f1}{r.Speedup,9:f2}{r.QuietSpeedup,10:f2}{r.ApartSpeedup,7:f2}"));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
