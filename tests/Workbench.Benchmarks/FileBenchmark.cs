using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Benchmarks;
using Workbench.Replay.Feeding;
using Workbench.Traces;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>
/// From opening a trace file to the result, by the clock on the wall: the reader ahead, as for <c>workbench replay</c>, and everything a replay sets up. Processor time is that of both
/// threads, which other programs disturb less.
/// </summary>
internal static class FileBenchmark
{
    private static readonly (string Workload, string Iotlb, double Floor, double Goal, bool WaitsForMemory)[] Cases =
        [("seq2m", "assumed-64", 60e6, 100e6, false), ("nic1024", "assumed-4096", 60e6, 100e6, false), ("zipf1m", "assumed-64", 15e6, 25e6, true)];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Medians of nanoseconds per event (and the least by the clock), and of the calibration loop beside them.</summary>
    internal sealed record Row(string Workload, string Iotlb, double WallNs, double BestWallNs, double ProcessorNs, double BesideNs, double Floor, double Goal, bool WaitsForMemory)
    {
        public double PerSecond => 1e9 / WallNs;
    }

    public static IReadOnlyList<Row> Measure(int rounds, int events, Func<string, bool> isAsked)
    {
        List<Row> rows = [];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("workbench-goals-");
        try
        {
            foreach ((string name, string iotlb, double floor, double goal, bool waitsForMemory) in Cases.Where(c => isAsked(c.Workload)))
            {
                string path = Path.Combine(folder.FullName, name + ".dmat");
                Write(path, name, events);
                TraceEvent[] sample = new TraceEvent[events];
                SyntheticWorkload.Find(name).Begin().Fill(sample);
                List<double> wall = [], processor = [], beside = [];
                for (int round = -1; round < rounds; round++)
                {
                    double besideNs = waitsForMemory ? Calibration.ChaseNs() : Calibration.DecodeNs(sample);
                    TimeSpan before = ProcessClock.Time;
                    long began = Stopwatch.GetTimestamp();
                    long replayed = Replay(path, iotlb);
                    double wallNs = Stopwatch.GetElapsedTime(began).TotalNanoseconds / replayed;
                    if (round < 0) continue;
                    processor.Add((ProcessClock.Time - before).TotalNanoseconds / replayed);
                    wall.Add(wallNs);
                    beside.Add(besideNs);
                }
                rows.Add(new(name, iotlb, Median.Of(wall), wall.Min(), Median.Of(processor), Median.Of(beside), floor, goal, waitsForMemory));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return rows;
    }

    private static void Write(string path, string name, int events)
    {
        using DmatWriter writer = DmatFile.Create(path);
        SyntheticSource source = new(SyntheticWorkload.Find(name), events);
        for (ReadOnlySpan<TraceEvent> next = source.Next(); !next.IsEmpty; next = source.Next()) writer.Append(next);
        writer.Complete(source.Provenance);
    }

    private static long Replay(string path, string iotlb)
    {
        using DmatReader reader = DmatFile.Open(path);
        DmatSource source = new(reader);
        using ReadAhead? ahead = ReadAhead.IfWorthwhile(source, Environment.ProcessorCount);
        return Replayer.Run(new() { View = View.Iova, Iotlb = iotlb, HarvestEvery = "0" }, ahead ?? (ITraceSource)source).Events;
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"workload",-9}{"beside",8}{"wall ns",9}{"best ns",9}{"cpu ns",8}{"M ev/s",8}{"floor",7}{"goal",6}");
        foreach (Row row in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Workload,-9}{row.BesideNs,8:f2}{row.WallNs,9:f1}{row.BestWallNs,9:f1}{row.ProcessorNs,8:f1}{row.PerSecond / 1e6,8:f1}{row.Floor / 1e6,7:f0}{row.Goal / 1e6,6:f0}"));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
