using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbench.Replay;
using Workbench.Replay.Sweeps;

namespace Workbench.Cli;

/// <summary>The rows of a sweep on stdout: the figures one looks at first in 80 columns, or all of them as JSON.</summary>
internal static class SweepSummary
{
    private const int Width = 80;
    private const int NameWidth = 47;

    public static void Print(TextWriter to, SweepPlan plan, IReadOnlyList<SweepRow> rows)
    {
        foreach (IGrouping<SweepTrace, SweepRow> ofTrace in rows.GroupBy(r => plan.Cells[r.Cell - 1].Trace))
        {
            to.WriteLine(ofTrace.Key.Name);
            to.WriteLine($"{"cell",6} {Cut(string.Join(' ', plan.Varied)),-NameWidth} {"hits",6} {"to send",8} {"missed",7}");
            foreach (SweepRow row in ofTrace) to.WriteLine(Line(plan, row));
        }
        int cannot = rows.Count(r => r.Status == SweepStatus.Cannot), failed = rows.Count(r => r.Status == SweepStatus.Error);
        to.WriteLine();
        foreach (string line in ReplayTable.Wrap(string.Create(CultureInfo.InvariantCulture, $"{rows.Count - cannot - failed:n0} cells replayed, {cannot:n0} that a model cannot do, {failed:n0} failed. hits: share of accesses that the IOTLB answered. to send: bytes as reported."), Width)) to.WriteLine(line);
        foreach (IGrouping<string?, SweepRow> why in rows.Where(r => r.Status != SweepStatus.Done).GroupBy(r => r.Error))
            foreach (string line in ReplayTable.Wrap($"{(why.First().Status == SweepStatus.Cannot ? "Cannot" : "Failed")}: cell {string.Join(", ", why.Take(8).Select(r => r.Cell))}{(why.Count() > 8 ? ", …" : "")}: {why.Key}", Width)) to.WriteLine(line);
    }

    /// <summary>The cells without figures, as they would be replayed.</summary>
    public static void List(TextWriter to, SweepPlan plan, IReadOnlyList<SweepRow> rows)
    {
        foreach (IGrouping<SweepTrace, SweepRow> ofTrace in rows.GroupBy(r => plan.Cells[r.Cell - 1].Trace))
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ofTrace.Key.Name}: {ofTrace.Key.Events:n0} events"));
            to.WriteLine($"{"cell",6} {string.Join(' ', plan.Varied)}");
            foreach (SweepRow row in ofTrace)
                foreach ((string line, int i) in ReplayTable.Wrap(string.Join(' ', ValuesOf(plan, row).Select(v => v.Value)) + (row.Error is null ? "" : $": cannot: {row.Error}"), Width - 7).Select((l, i) => (l, i)))
                    to.WriteLine($"{(i == 0 ? row.Cell.ToString(CultureInfo.InvariantCulture) : ""),6} {line}");
        }
    }

    /// <summary>One row, 80 columns at most.</summary>
    internal static string Line(SweepPlan plan, SweepRow row)
    {
        string name = Cut(string.Join(' ', ValuesOf(plan, row).Select(v => v.Value)));
        if (row.Summary is not { } s) return string.Create(CultureInfo.InvariantCulture, $"{row.Cell,6} {name,-NameWidth} {(row.Status == SweepStatus.Cannot ? "cannot" : "failed"),6}");
        double hits = s.IotlbHits + s.IotlbMisses == 0 ? 0 : 100.0 * s.IotlbHits / (s.IotlbHits + s.IotlbMisses);
        return string.Create(CultureInfo.InvariantCulture, $"{row.Cell,6} {name,-NameWidth} {hits,5:f1}% {ByteSize.Short(s.BytesReported),8} {(s.Missed4K < 10_000_000 ? s.Missed4K.ToString(CultureInfo.InvariantCulture) : ">9999999"),7}");
    }

    public static string ToJson(SweepPlan plan, IReadOnlyList<SweepRow> rows)
    {
        JsonArray all = [];
        foreach (SweepRow row in rows)
        {
            SweepCell cell = plan.Cells[row.Cell - 1];
            JsonObject json = JsonSerializer.SerializeToNode(row, ReplayJson.Default.SweepRow)?.AsObject() ?? [];
            json.Insert(1, "trace", cell.Trace.Name);
            json.Insert(2, "experimentSha256", SweepPlan.HashOf(cell.Experiment));
            json.Insert(3, "varied", new JsonObject(ValuesOf(plan, row).Select(v => KeyValuePair.Create(v.Name, v.Value))));
            all.Add(json);
        }
        return all.ToJsonString(new JsonSerializerOptions(ReplayJson.Default.Options));
    }

    private static IEnumerable<(string Name, JsonNode? Value)> ValuesOf(SweepPlan plan, SweepRow row)
    {
        JsonObject experiment = JsonSerializer.SerializeToNode(plan.Cells[row.Cell - 1].Experiment, ReplayJson.Default.Experiment)?.AsObject() ?? [];
        foreach (string property in plan.Varied) yield return (property, experiment[property]?.DeepClone());
    }

    private static string Cut(string text) => text.Length <= NameWidth ? text : text[..(NameWidth - 1)] + "…";
}
