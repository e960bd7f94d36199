using Workbench.Replay;
using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>One named workload on one IOTLB, with the floor and goal it is held to, in events per second.</summary>
internal sealed record WorkloadCase(string Name, string Workload, string Iotlb, double Floor, double Goal)
{
    public static IReadOnlyList<WorkloadCase> All { get; } =
    [
        new("seq2m", "seq2m", "assumed-64", 100e6, 150e6),
        new("nic1024-4096e", "nic1024", "assumed-4096", 100e6, 150e6),
        new("nic1024", "nic1024", "assumed-64", 70e6, 110e6),
        new("nic4096", "nic4096", "assumed-64", 70e6, 110e6),
        new("zipf1m", "zipf1m", "assumed-64", 20e6, 30e6),
        new("scatter", "scatter", "assumed-64", 20e6, 30e6),
        new("uni1g", "uni1g", "assumed-64", 20e6, 32e6),
        new("uni64g", "uni64g", "assumed-64", 12e6, 22e6),
    ];

    public WorkloadResult Measure(int rounds, int events)
    {
        SyntheticStream stream = SyntheticWorkload.Find(Workload).Begin();
        TraceEvent[] setup = new TraceEvent[stream.SetupEvents], accesses = new TraceEvent[events];
        stream.Fill(setup);
        stream.Fill(accesses);
        Experiment experiment = new() { View = View.Iova, Iotlb = Iotlb, HarvestEvery = "0" };
        List<double> ns = [], decode = [], chase = [];
        long allocated = 0;
        for (int round = -1; round < rounds; round++)
        {
            double decodeNs = Calibration.DecodeNs(accesses), chaseNs = Calibration.ChaseNs();
            LoopSource source = new(setup, accesses, warmUp: events / 4);
            Replayer.Run(experiment, source);
            if (round < 0) continue;
            ns.Add(source.Seconds * 1e9 / source.Measured);
            decode.Add(decodeNs);
            chase.Add(chaseNs);
            allocated = source.AllocatedBytes;
        }
        return new(Name, Iotlb, Median(ns), ns.Min(), Median(decode), Median(chase), allocated / (events - (events / 4)), Floor, Goal);
    }

    /// <summary>Readies the workload once; each call of the result replays it through a model and returns nanoseconds per event.</summary>
    public Func<string, double> Prepare(int events)
    {
        SyntheticStream stream = SyntheticWorkload.Find(Workload).Begin();
        TraceEvent[] setup = new TraceEvent[stream.SetupEvents], accesses = new TraceEvent[events];
        stream.Fill(setup);
        stream.Fill(accesses);
        return model =>
        {
            LoopSource source = new(setup, accesses, warmUp: events / 4);
            Replayer.Run(new() { Iommu = model, View = View.Iova, Iotlb = Iotlb, HarvestEvery = "0" }, source);
            return source.Seconds * 1e9 / source.Measured;
        };
    }

    internal static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
