using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Replay.Benchmarks;

/// <summary>
/// One named workload on one IOTLB: how many of its events one core replays in a second, from memory and with everything on (faults, permissions, A and D, truth), one harvest
/// at the end. Times are processor time of the thread, so other programs disturb them through caches and memory only.
/// </summary>
/// <param name="Name">The benchmark's name.</param>
/// <param name="Workload">The workload's name.</param>
/// <param name="Iotlb">The IOTLB's geometry.</param>
/// <param name="Floor">Events per second below which the replay is not good enough.</param>
/// <param name="Goal">Events per second that are wanted.</param>
/// <param name="WaitsForMemory">Is most of its time spent waiting for memory, because its tables do not fit the processor's caches?</param>
public sealed record ReplayBenchmark(string Name, string Workload, string Iotlb, double Floor, double Goal, bool WaitsForMemory)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ReplayBenchmark> All { get; } =
    [
        new("seq2m", "seq2m", "assumed-64", 100e6, 150e6, false),
        new("nic1024", "nic1024", "assumed-64", 70e6, 110e6, false),
        new("nic1024-4096e", "nic1024", "assumed-4096", 100e6, 150e6, false),
        new("nic4096", "nic4096", "assumed-64", 70e6, 110e6, false),
        new("zipf1m", "zipf1m", "assumed-64", 20e6, 30e6, true),
        new("scatter", "scatter", "assumed-64", 20e6, 30e6, true),
        new("uni1g", "uni1g", "assumed-64", 20e6, 32e6, false),
        new("uni64g", "uni64g", "assumed-64", 12e6, 22e6, true),
    ];

    /// <summary>How much slower, in parts of the calibration loop's time, a run may be than its baseline: 15 %, or 35 % where memory is waited for.</summary>
    public double Tolerance => WaitsForMemory ? 0.35 : 0.15;

    /// <summary>Measures the replay between calibration loops; the first round warms up and does not count.</summary>
    /// <param name="rounds">Rounds to take the median of, at least 1.</param>
    /// <param name="events">Events of a round, at least 1,000; the first quarter is not timed.</param>
    /// <param name="cancellation">Stops between two rounds.</param>
    public BenchmarkRow Measure(int rounds, int events, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        Func<Experiment, LoopSource> play = Prepare(events);
        TraceEvent[] accesses = play(new() { View = View.Iova, Iotlb = Iotlb, HarvestEvery = "0" }).Accesses;
        List<double> ns = [], decode = [], chase = [];
        long allocated = 0;
        for (int round = 0; round < rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            double decodeNs = Calibration.DecodeNs(accesses), chaseNs = Calibration.ChaseNs();
            LoopSource source = play(new() { View = View.Iova, Iotlb = Iotlb, HarvestEvery = "0" });
            ns.Add(source.Seconds * 1e9 / source.Measured);
            decode.Add(decodeNs);
            chase.Add(chaseNs);
            allocated = source.AllocatedBytes;
        }
        return new()
        {
            Workload = Name, Iotlb = Iotlb, NsPerEvent = Median.Of(ns), BestNs = ns.Min(), DecodeNs = Median.Of(decode), ChaseNs = Median.Of(chase),
            // The least of each: whatever else runs on the machine can only add to it.
            CalibrationRatio = ns.Min() / (WaitsForMemory ? chase : decode).Min(), BytesPerEvent = (double)allocated / (events - (events / 4)), Floor = Floor, Goal = Goal,
        };
    }

    /// <summary>Readies the workload once; each call of the result replays it through a model and returns nanoseconds per event.</summary>
    public Func<string, double> PrepareModels(int events)
    {
        Func<Experiment, LoopSource> play = Prepare(events);
        return model =>
        {
            LoopSource source = play(new() { Iommu = model, View = View.Iova, Iotlb = Iotlb, HarvestEvery = "0" });
            return source.Seconds * 1e9 / source.Measured;
        };
    }

    private Func<Experiment, LoopSource> Prepare(int events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1000);
        SyntheticStream stream = SyntheticWorkload.Find(Workload).Begin();
        TraceEvent[] setup = new TraceEvent[stream.SetupEvents], accesses = new TraceEvent[events];
        stream.Fill(setup);
        stream.Fill(accesses);
        return experiment =>
        {
            LoopSource source = new(setup, accesses, warmUp: events / 4);
            Replayer.Run(experiment, source);
            return source;
        };
    }
}
