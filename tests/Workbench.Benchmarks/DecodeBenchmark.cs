using Workbench.Replay.Benchmarks;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Feeding;
using Workbench.Traces;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;

namespace Workbench.Benchmarks;

/// <summary>Decoding of .dmat files in memory, alone: processor time for each event, interleaved with adding up the same events.</summary>
internal static class DecodeBenchmark
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>One workload: nanoseconds of processor time for an event by the reader alone, with its hand-over from another thread, and for adding decoded events up.</summary>
    internal sealed record Row(string Workload, double BytesPerEvent, double ReadNs, double BestNs, double AheadNs, double AddNs);

    public static IReadOnlyList<Row> Measure(int rounds, int events, Func<string, bool> asked)
    {
        List<Row> rows = [];
        foreach (SyntheticWorkload workload in SyntheticWorkload.All.Where(w => asked(w.Name)))
        {
            TraceEvent[] all = new TraceEvent[events];
            workload.Begin().Fill(all);
            MemoryStream file = new();
            using (DmatWriter writer = new(file, leaveOpen: true))
            {
                writer.Append(all);
                writer.Complete(new());
            }
            List<double> read = [], ahead = [], add = [];
            for (int round = -2; round < rounds; round++)
            {
                double readNs = ReadNs(file, isAhead: false), aheadNs = ReadNs(file, isAhead: true), addNs = Calibration.DecodeNs(all);
                if (round < 0) continue;
                read.Add(readNs);
                ahead.Add(aheadNs);
                add.Add(addNs);
            }
            rows.Add(new(workload.Name, (double)file.Length / events, Median.Of(read), read.Min(), Median.Of(ahead), Median.Of(add)));
        }
        return rows;
    }

    private static double ReadNs(MemoryStream file, bool isAhead)
    {
        using DmatReader reader = DmatReader.Open(file, "benchmark", leaveOpen: true);
        DmatSource direct = new(reader);
        using ReadAhead? ahead = isAhead ? new(direct) : null;
        ITraceSource source = ahead ?? (ITraceSource)direct;
        TimeSpan began = ProcessClock.Time;
        long events = 0;
        for (int got; (got = source.Next().Length) > 0;) events += got;
        return (ProcessClock.Time - began).TotalNanoseconds / events;
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"workload",-12}{"B/event",9}{"read ns",9}{"best ns",9}{"ahead ns",10}{"add ns",8}{"x add",7}{"M events/s",12}");
        foreach (Row r in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Workload,-12}{r.BytesPerEvent,9:f2}{r.ReadNs,9:f1}{r.BestNs,9:f1}{r.AheadNs,10:f1}{r.AddNs,8:f2}{r.ReadNs / r.AddNs,7:f1}{1e3 / r.ReadNs,12:f1}"));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
