using System.Globalization;
using System.Text.Json;
using Workbench.Replay.Benchmarks;

namespace Workbench.Benchmarks;

/// <summary>Every figure the project has a floor and a goal for, measured one after the other, each beside a loop whose cost depends on the machine alone.</summary>
internal static class GoalTable
{
    private static readonly string[] HitStreams = ["seq2m", "nic1024"], FedStreams = ["seq2m", "nic1024", "zipf1m", "uni1g"];
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>One line: what was measured, in its unit; what is wanted, if anything; and a ratio that may be compared between days, with the name of what it is a ratio to.</summary>
    internal sealed record Row(string Line, double Measured, string Unit, double? Floor, double? Goal, double? Ratio, string RatioTo)
    {
        /// <summary>Is less better, and nothing the floor?</summary>
        public bool IsCost { get; init; }
        public bool IsBelowFloor => Floor is { } floor && (IsCost ? Measured > floor : Measured < floor);
        public string Verdict => Goal is not { } goal ? "" : (IsCost ? Measured <= goal : Measured >= goal) ? "reached" : IsBelowFloor ? "BELOW FLOOR" : "above floor";
    }

    public static IReadOnlyList<Row> Measure(int rounds, int events)
    {
        List<Row> rows = [];
        BenchmarkRow[] replays = [.. ReplayBenchmark.All.Select(b => b.Measure(rounds, events))];
        foreach ((ReplayBenchmark benchmark, BenchmarkRow row) in ReplayBenchmark.All.Zip(replays))
            rows.Add(Rate($"replay {row.Workload}, {row.Iotlb}", row.NsPerEvent, row.Floor, row.Goal, row.CalibrationRatio, benchmark.WaitsForMemory ? "load" : "decode"));
        // As long as a real trace: what is made and compiled once for each run counts little.
        foreach (FileBenchmark.Row file in FileBenchmark.Measure(rounds, 10 * events, _ => true))
            rows.Add(Rate($"file, {file.Workload}, {file.Iotlb}, wall", file.WallNs, file.Floor, file.Goal, file.ProcessorNs / file.BesideNs, file.WaitsForMemory ? "load" : "decode"));
        AddHarvests(rows, rounds);
        AddCurves(rows, rounds, events);
        FeedBenchmark.Row slowest = FeedBenchmark.Measure(rounds, 2 * events, FedStreams.Contains).MinBy(r => r.Speedup)!;
        rows.Add(new($"sweep of {slowest.Replays} on two cores, worst ({slowest.Workload})", slowest.Speedup, "x wall", 1.7, 1.9, slowest.Speedup / slowest.ApartSpeedup, "apart"));
        BenchmarkRow largest = replays.MaxBy(r => r.BytesPerEvent)!;
        rows.Add(new($"allocation, most of the replays ({largest.Workload})", Math.Round(largest.BytesPerEvent, 3), "B/event", 0, 0, null, "") { IsCost = true });
        foreach (NestedBenchmark.Row row in NestedBenchmark.Measure(rounds))
            rows.Add(new(string.Create(CultureInfo.InvariantCulture, $"miss, {(row.Stages == 1 ? "one stage" : "two stages")}, {(row.HasWalkCaches ? "caches" : "no caches")}: {row.ReadsPerMiss:f1} reads"),
                row.NsPerMiss, "ns", null, null, row.NsPerMiss / row.ChaseNs, "load"));
        return rows;
    }

    private static Row Rate(string line, double ns, double floor, double goal, double ratio, string ratioTo) => new(line, 1e3 / ns, "M ev/s", floor / 1e6, goal / 1e6, ratio, ratioTo);

    private static void AddHarvests(List<Row> rows, int rounds)
    {
        // The goals are for shares of up to a tenth; --harvest shows the scan of nothing but dirty entries too.
        HarvestBenchmark.Row[] harvests = [.. HarvestBenchmark.Measure(rounds, ["vtd"]).Where(r => r.DirtyShare <= 0.1)];
        HarvestBenchmark.Row cached = harvests.MinBy(r => r.PerSecondInCache)!, memory = harvests.MinBy(r => r.PerSecond)!;
        rows.Add(Scan("cache", cached, cached.PerSecondInCache, 2, 3));
        rows.Add(Scan("DRAM", memory, memory.PerSecond, 1, 1.3));

        static Row Scan(string where, HarvestBenchmark.Row row, double perSecond, double floor, double goal) =>
            new(string.Create(CultureInfo.InvariantCulture, $"dirty read with clear, {where} ({100 * row.DirtyShare:f0} % dirty)"), perSecond / 1e9, "G PTE/s", floor, goal, row.SweepPerSecond / perSecond, "sweep");
    }

    private static void AddCurves(List<Row> rows, int rounds, int events)
    {
        CurveBenchmark.Row[] curves = [.. CurveBenchmark.MeasureNineSizes(rounds, events)];
        CurveBenchmark.Row hits = curves.Where(r => HitStreams.Contains(r.Workload)).MinBy(r => r.PerSecond)!, others = curves.Where(r => !HitStreams.Contains(r.Workload)).MinBy(r => r.PerSecond)!;
        rows.Add(Rate($"nine IOTLB sizes, hits, worst ({hits.Workload})", hits.NineSizesNs, 80e6, 110e6, hits.NineSizesNs / hits.DecodeNs, "decode"));
        rows.Add(Rate($"nine IOTLB sizes, others, worst ({others.Workload})", others.NineSizesNs, 25e6, 30e6, others.NineSizesNs / others.DecodeNs, "decode"));
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"",-42}{"measured",9} {"unit",-8}{"floor",6}{"goal",6}{"ratio",7} {"to",-8} verdict");
        foreach (Row r in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Line,-42}{r.Measured,9:0.00} {r.Unit,-8}{r.Floor,6:0.#}{r.Goal,6:0.#}{r.Ratio,7:0.00} {r.RatioTo,-8} {r.Verdict}").TrimEnd());
        to.WriteLine("Ratio: time of an event over a step of the decode loop, over a dependent load from 64 MiB, or of an");
        to.WriteLine("entry over a word of a plain sweep; from a file: CPU time of both threads instead of wall time; of");
        to.WriteLine("the sweep: over the gain of two threads that share nothing, which is the machine's.");
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
