using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Data.Analysis;
using Workbench.Replay;
using Workbench.Replay.Costs;
using Workbench.Replay.Footprints;
using Workbench.Replay.Sweeps;
using Workbench.Traces;

namespace Workbench.Analysis;

/// <summary>
/// The table of a sweep: a row for each cell, with trace, varied properties, what became of it, and the figures named as in the JSON contract
/// (docs/replay.md). The same sweep gives the same bytes, in one run or in several.
/// </summary>
public static class SweepTable
{
    private const string Cell = "cell";

    /// <summary>The rows as a frame; figures are null where a cell has none.</summary>
    public static DataFrame ToFrame(SweepPlan plan, IEnumerable<SweepRow> rows)
    {
        ArgumentNullException.ThrowIfNull(plan);
        SweepRow[] all = [.. rows];
        SweepCell[] cells = [.. all.Select(r => plan.Cells[r.Cell - 1])];
        DataFrame asked = RecordFrame.Of(cells.Select(c => c.Experiment)), found = RecordFrame.Of(all.Select(r => r.Summary), nameof(ReplaySummary.EventsPerSecond), nameof(ReplaySummary.Trace));
        List<DataFrameColumn> columns =
        [
            new Int32DataFrameColumn(Cell, cells.Select(c => c.Number)), new StringDataFrameColumn("trace", cells.Select(c => c.Trace.Name)), new StringDataFrameColumn("traceSha256", cells.Select(c => c.Trace.Sha256)),
            .. plan.Varied.Select(property => asked.Columns[property]),
            new StringDataFrameColumn("experimentSha256", cells.Select(c => SweepPlan.HashOf(c.Experiment))),
            new StringDataFrameColumn("status", all.Select(r => Words.Of(r.Status))), new StringDataFrameColumn("error", all.Select(r => r.Error)),
            .. found.Columns.Where(c => !plan.Varied.Contains(c.Name)),
        ];
        return new(columns);
    }

    /// <summary>Writes the table as Parquet with its manifest in the file's metadata.</summary>
    public static void Write(string path, DataFrame frame, SweepManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        frame.WriteParquet(path, new Dictionary<string, string> { [SweepManifest.Key] = manifest.ToJson() });
    }

    /// <summary>Reads the manifest of a table.</summary>
    public static SweepManifest ReadManifest(string path) => Tables.ReadParquetMetadata(path).TryGetValue(SweepManifest.Key, out string? json) ? SweepManifest.Read(json, Path.GetFileName(path))
        : throw new TraceFormatException($"{Path.GetFileName(path)}: no table of a sweep; it carries no manifest. 'workbench sweep' writes such tables.");

    /// <summary>The rows of a table that <see cref="Write"/> wrote for this sweep, as they were.</summary>
    public static IReadOnlyList<SweepRow> ReadRows(string path, SweepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        DataFrame table = Tables.ReadParquet(path);
        Dictionary<string, SweepStatus> statuses = Enum.GetValues<SweepStatus>().ToDictionary(Words.Of);
        List<SweepRow> rows = [];
        for (int i = 0; i < table.Rows.Count; i++)
        {
            int number = (int)table.Columns[Cell][i];
            SweepStatus status = statuses[(string)table.Columns["status"][i]];
            rows.Add(new() { Cell = number, Status = status, Error = (string?)table.Columns["error"][i], Summary = status == SweepStatus.Done ? SummaryOf(table, i, plan, plan.Cells[number - 1]) : null });
        }
        return rows;
    }

    private static ReplaySummary SummaryOf(DataFrame table, int row, SweepPlan plan, SweepCell cell)
    {
        JsonObject json = [];
        foreach (JsonPropertyInfo property in ReplayJson.Default.ReplaySummary.Properties)
        {
            string name = property.Name;
            if (property.PropertyType == typeof(CostRange)) json[name] = new JsonObject { ["low"] = at(name + "Low"), ["default"] = at(name + "Default"), ["high"] = at(name + "High") };
            else if (name == "trace") json[name] = cell.Trace.Name;
            else if (name == "notes") json[name] = new JsonArray([.. ((string)table.Columns[name][row]).Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(note => JsonValue.Create(note))]);
            else if (name != "eventsPerSecond") json[name] = at(name);
        }
        ReplaySummary summary = json.Deserialize(ReplayJson.Default.ReplaySummary) ?? throw new UnreachableException("an object is not null");
        // Where these are varied their columns say what was asked for, and a summary says what that came to.
        if (plan.Varied.Contains("view")) summary = summary with { View = WritePass.ViewOf(ProvenanceOf(cell.Trace), cell.Experiment.View) };
        return summary is { View: View.Gpa, PageSize: "as-mapped" } ? summary with { PageSize = cell.Experiment.Granule } : summary;

        JsonNode? at(string column) => JsonSerializer.SerializeToNode(table.Columns[column][row]);
    }

    private static TraceProvenance ProvenanceOf(SweepTrace trace)
    {
        ITraceSource source = trace.Open();
        using (source as IDisposable) return source.Provenance;
    }

    /// <summary>Puts the tables of all shards of one sweep together: the same bytes as the table of one run without shards.</summary>
    public static void Merge(IReadOnlyList<string> shards, string path)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0) throw new ArgumentException("Name the tables of the shards to put together.", nameof(shards));
        SweepManifest[] manifests = [.. shards.Select(ReadManifest)];
        for (int i = 1; i < shards.Count; i++)
            if ((manifests[i] with { Shard = null }).ToJson() != (manifests[0] with { Shard = null }).ToJson())
                throw new TraceFormatException($"{Path.GetFileName(shards[i])} is a table of another sweep than {Path.GetFileName(shards[0])}, or by another version of the program. Merge the shards of one sweep.");
        DataFrame all = Tables.ReadParquet(shards[0]);
        foreach (string shard in shards.Skip(1)) all = all.Append(Tables.ReadParquet(shard).Rows, inPlace: false);
        int[] cells = [.. ((Int32DataFrameColumn)all.Columns[Cell]).Select(c => c ?? 0)];
        int[] order = [.. Enumerable.Range(0, cells.Length).OrderBy(i => cells[i])];
        for (int i = 0; i < Math.Max(order.Length, manifests[0].Cells); i++)
        {
            if (i < order.Length && cells[order[i]] == i + 1) continue;
            bool isTwice = i < order.Length && i > 0 && cells[order[i]] == cells[order[i - 1]];
            throw new TraceFormatException(isTwice ? $"Cell {i} is in two of the tables; merge each shard once." : $"Cell {i + 1} of {manifests[0].Cells} is in none of the tables; merge all shards.");
        }
        Write(path, new(all.Columns.Select(c => c.Clone(new Int32DataFrameColumn("order", order)))), manifests[0] with { Shard = null });
    }
}
