using Workbench.Replay.Benchmarks;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Footprints;
using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>
/// Events per second of the footprint pass with all five sizes of pages, in processor time, from memory; each round beside the calibration loops and a replay of
/// the same events, since on a busy machine only the ratios hold.
/// </summary>
internal static class FootprintBenchmark
{
    private const int AtOnce = 4096;

    private static readonly (string Workload, double Goal)[] Cases = [("nic1024", 20e6), ("nic4096", 0), ("seq2m", 0), ("zipf1m", 0), ("scatter", 0), ("uni1g", 5e6), ("uni64g", 0)];

    /// <summary>One workload: medians over rounds, ns per event; bytes allocated for each once warm.</summary>
    public sealed record Row(string Workload, double MedianNs, double LeastNs, double ReplayNs, double DecodeNs, double ChaseNs, double BytesPerEvent, double Goal)
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
            List<double> ns = [], replay = [], decode = [], chase = [];
            long allocated = 0;
            for (int round = -1; round < rounds; round++)
            {
                double decodeNs = Calibration.DecodeNs(accesses), chaseNs = Calibration.ChaseNs();
                double replayNs = Replay(setup, accesses);
                (double once, allocated) = Run(setup, accesses);
                if (round < 0) continue;
                ns.Add(once);
                replay.Add(replayNs);
                decode.Add(decodeNs);
                chase.Add(chaseNs);
            }
            rows.Add(new(workload, Median.Of(ns), ns.Min(), Median.Of(replay), Median.Of(decode), Median.Of(chase), (double)allocated / (events - (events / 4)), goal));
        }
        return rows;
    }

    /// <summary>Processor time of the last three quarters of the accesses, ns for each, and what they allocated.</summary>
    private static (double Ns, long AllocatedBytes) Run(TraceEvent[] setup, TraceEvent[] accesses)
    {
        FootprintPass pass = new(View.Iova);
        pass.Feed(setup);
        long allocated = 0;
        double ns = Time(accesses, pass.Feed, ref allocated);
        return (ns, allocated);
    }

    /// <summary>The same of a replay with the usual IOTLB.</summary>
    private static double Replay(TraceEvent[] setup, TraceEvent[] accesses)
    {
        using Replayer replayer = Replayer.Begin(new() { View = View.Iova, HarvestEvery = "0" }, new LoopSource(setup, accesses, 0));
        replayer.Feed(setup);
        long allocated = 0;
        return Time(accesses, events => replayer.Feed(events), ref allocated);
    }

    private static double Time(TraceEvent[] accesses, Action<ReadOnlySpan<TraceEvent>> feed, ref long allocated)
    {
        int warmUp = accesses.Length / 4;
        for (int at = 0; at < warmUp; at += AtOnce) feed(accesses.AsSpan(at, Math.Min(AtOnce, warmUp - at)));
        allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan began = ProcessClock.Time;
        for (int at = warmUp; at < accesses.Length; at += AtOnce) feed(accesses.AsSpan(at, Math.Min(AtOnce, accesses.Length - at)));
        double ns = (ProcessClock.Time - began).TotalNanoseconds / (accesses.Length - warmUp);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return ns;
    }

    public static void Print(TextWriter to, IEnumerable<Row> rows)
    {
        to.WriteLine("workload   ns/event   least  replay  x replay  decode   chase  M events/s    goal  bytes/event");
        foreach (Row r in rows) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Workload,-9} {r.MedianNs,9:f1} {r.LeastNs,7:f1} {r.ReplayNs,7:f1} {r.MedianNs / r.ReplayNs,9:f2} {r.DecodeNs,7:f2} {r.ChaseNs,7:f1} {r.EventsPerSecond / 1e6,11:f1} {(r.Goal > 0 ? $"{r.Goal / 1e6:f0}" : "-"),7} {r.BytesPerEvent,12:f2}{(r.ReachesGoal ? "" : "  below the goal")}"));
    }

    public static string ToJson(IEnumerable<Row> rows) => JsonSerializer.Serialize(rows);
}
