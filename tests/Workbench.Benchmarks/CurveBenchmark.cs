using Workbench.Replay.Benchmarks;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Curves;
using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>
/// Events per second of one pass over the named workloads, for nine fully associative sizes and for all set-associative shapes too, on one thread, beside one replay at one size. Time is the
/// processor's for this process; rounds are interleaved, so that the ratios hold when the machine's speed drifts.
/// </summary>
internal static class CurveBenchmark
{
    private static readonly (string Name, double Floor, double Goal)[] Cases =
    [
        ("seq2m", 80e6, 110e6), ("nic1024", 25e6, 30e6), ("nic4096", 25e6, 30e6), ("zipf1m", 25e6, 30e6), ("scatter", 25e6, 30e6), ("uni1g", 25e6, 30e6), ("uni64g", 25e6, 30e6),
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>One workload: medians of nanoseconds per event.</summary>
    internal sealed record Row(string Workload, double DecodeNs, double NineSizesNs, double AllShapesNs, double SampledNs, double ReplayNs, double BytesPerEvent, double Floor, double Goal)
    {
        public double PerSecond => 1e9 / NineSizesNs;
        public string Verdict => PerSecond >= Goal ? "reached" : PerSecond >= Floor ? "above floor" : "below floor";
    }

    /// <summary>All workloads, and of each the nine sizes only: the other figures are 0.</summary>
    public static IReadOnlyList<Row> MeasureNineSizes(int rounds, int events) => Measure(rounds, events, _ => true, nineSizesOnly: true);

    public static IReadOnlyList<Row> Measure(int rounds, int events, Func<string, bool> isAsked, bool nineSizesOnly = false)
    {
        List<Row> rows = [];
        foreach ((string name, double floor, double goal) in Cases.Where(c => isAsked(c.Name)))
        {
            SyntheticStream stream = SyntheticWorkload.Find(name).Begin();
            TraceEvent[] setup = new TraceEvent[stream.SetupEvents], accesses = new TraceEvent[events];
            stream.Fill(setup);
            stream.Fill(accesses);
            List<double> decode = [], nine = [], all = [], sampled = [], replay = [];
            double allocated = 0;
            for (int round = -1; round < rounds; round++)
            {
                double decodeNs = Calibration.DecodeNs(accesses);
                MeteredSource one = new(setup, accesses), several = new(setup, accesses), large = new(setup, accesses), single = new(setup, accesses);
                Experiment experiment = new() { View = View.Iova, HarvestEvery = "0", Iotlb = "1x4096" };
                MissCurves.Run(experiment, one, new() { Geometries = CurveGeometries.Fully, Threads = 1 });
                if (!nineSizesOnly)
                {
                    MissCurves.Run(experiment, several, new() { Threads = 1 });
                    MissCurves.Run(experiment, large, new() { Geometries = CurveGeometries.Fully, Threads = 1, UpTo = 1 << 20 });
                    Replayer.Run(experiment, single);
                }
                if (round < 0) continue;
                decode.Add(decodeNs);
                nine.Add(one.NsPerEvent);
                all.Add(several.NsPerEvent);
                sampled.Add(large.NsPerEvent);
                replay.Add(single.NsPerEvent);
                allocated = one.BytesPerEvent;
            }
            rows.Add(new(name, Median.Of(decode), Median.Of(nine), Median.Of(all), Median.Of(sampled), Median.Of(replay), allocated, floor, goal));
        }
        return rows;
    }

    /// <summary>Events from memory; notes processor time and allocations from a quarter of the accesses on.</summary>
    private sealed class MeteredSource(TraceEvent[] setup, TraceEvent[] accesses) : ITraceSource
    {
        private const int AtOnce = 1 << 16;
        private readonly int warmUp = accesses.Length / 4;
        private int at = -1;
        private TimeSpan began;
        private long allocated;

        public TraceProvenance Provenance { get; } = new() { MigrationView = "iova" };
        public long EventCount => setup.Length + accesses.Length;
        public double NsPerEvent { get; private set; }
        public double BytesPerEvent { get; private set; }

        public ReadOnlySpan<TraceEvent> Next()
        {
            if (at < 0)
            {
                at = 0;
                return setup;
            }
            int measured = accesses.Length - warmUp;
            if (at == accesses.Length)
            {
                (NsPerEvent, BytesPerEvent) = ((ProcessClock.Time - began).TotalNanoseconds / measured, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / measured);
                return [];
            }
            if (at == warmUp) (began, allocated) = (ProcessClock.Time, GC.GetAllocatedBytesForCurrentThread());
            ReadOnlySpan<TraceEvent> next = accesses.AsSpan(at, Math.Min(AtOnce, (at < warmUp ? warmUp : accesses.Length) - at));
            at += next.Length;
            return next;
        }

        public string TextOf(in TraceEvent mark) => "";
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"workload",-9}{"decode",8}{"9 sizes",9}{"M ev/s",8}{"shapes",9}{"sampled",9}{"1 replay",10}{"B/event",9}  verdict");
        foreach (Row row in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Workload,-9}{row.DecodeNs,8:f2}{row.NineSizesNs,9:f1}{row.PerSecond / 1e6,8:f1}{row.AllShapesNs,9:f1}{row.SampledNs,9:f1}{row.ReplayNs,10:f1}{row.BytesPerEvent,9:f2}  {row.Verdict}"));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
