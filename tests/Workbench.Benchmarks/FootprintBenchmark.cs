using Workbench.Replay.Benchmarks;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Footprints;
using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>Events per second of the footprint pass with all five sizes of pages, each interleaved with the calibration loops; in processor time, from memory.</summary>
internal static class FootprintBenchmark
{
    private const int AtOnce = 4096;

    private static readonly (string Workload, double Goal)[] Cases = [("nic1024", 20e6), ("nic4096", 0), ("seq2m", 0), ("zipf1m", 0), ("scatter", 0), ("uni1g", 5e6), ("uni64g", 0)];

    /// <summary>One workload: medians over rounds, ns per event; bytes allocated for each once warm.</summary>
    public sealed record Row(string Workload, double MedianNs, double LeastNs, double DecodeNs, double ChaseNs, double BytesPerEvent, double Goal)
    {
        public double EventsPerSecond => 1e9 / MedianNs;

        public bool ReachesGoal => EventsPerSecond >= Goal;
    }

    public static IReadOnlyList<Row> Measure(int rounds, int events, IReadOnlyList<string> only)
    {
        List<Row> rows = [];
        foreach ((string workload, double goal) in Cases.Where(c => only.Contains(c.Workload)))
        {
            SyntheticStream stream = SyntheticWorkload.Find(workload).Begin();
            TraceEvent[] setup = new TraceEvent[stream.SetupEvents], accesses = new TraceEvent[events];
            stream.Fill(setup);
            stream.Fill(accesses);
            List<double> ns = [], decode = [], chase = [];
            long allocated = 0;
            for (int round = -1; round < rounds; round++)
            {
                double decodeNs = Calibration.DecodeNs(accesses), chaseNs = Calibration.ChaseNs();
                (double once, allocated) = Run(setup, accesses);
                if (round < 0) continue;
                ns.Add(once);
                decode.Add(decodeNs);
                chase.Add(chaseNs);
            }
            rows.Add(new(workload, Median.Of(ns), ns.Min(), Median.Of(decode), Median.Of(chase), (double)allocated / (events - (events / 4)), goal));
        }
        return rows;
    }

    /// <summary>Processor time of the last three quarters of the accesses, ns for each, and what they allocated.</summary>
    private static (double Ns, long AllocatedBytes) Run(TraceEvent[] setup, TraceEvent[] accesses)
    {
        FootprintPass pass = new(View.Iova);
        pass.Feed(setup);
        int warmUp = accesses.Length / 4;
        pass.Feed(accesses.AsSpan(0, warmUp));
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan began = Process.GetCurrentProcess().UserProcessorTime;
        for (int at = warmUp; at < accesses.Length; at += AtOnce) pass.Feed(accesses.AsSpan(at, Math.Min(AtOnce, accesses.Length - at)));
        double ns = (Process.GetCurrentProcess().UserProcessorTime - began).TotalNanoseconds / (accesses.Length - warmUp);
        return (ns, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    public static void Print(TextWriter to, IEnumerable<Row> rows)
    {
        to.WriteLine("workload   ns/event   least  decode   chase  M events/s    goal  bytes/event");
        foreach (Row r in rows) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Workload,-9} {r.MedianNs,9:f1} {r.LeastNs,7:f1} {r.DecodeNs,7:f2} {r.ChaseNs,7:f1} {r.EventsPerSecond / 1e6,11:f1} {(r.Goal > 0 ? $"{r.Goal / 1e6:f0}" : "-"),7} {r.BytesPerEvent,12:f2}{(r.ReachesGoal ? "" : "  below the goal")}"));
    }

    public static string ToJson(IEnumerable<Row> rows) => JsonSerializer.Serialize(rows);
}
