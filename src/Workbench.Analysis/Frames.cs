using Microsoft.Data.Analysis;
using Workbench.Iommu.Faults;
using Workbench.Replay;
using Workbench.Replay.Footprints;
using Workbench.Replay.Costs;

namespace Workbench.Analysis;

/// <summary>
/// Results as data frames. A column is named as in the JSON contract and the result files, so it means the same in all of them: begin_ns of
/// harvests.parquet, trueDirty4K of summary.json. Times are in ns unless the name says otherwise.
/// </summary>
public static class Frames
{
    /// <summary>The time series: one row for each harvest, columns as in harvests.csv.</summary>
    public static DataFrame ToFrame(this ReplayRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Result.ToFrame();
    }

    /// <summary>The time series: one row for each harvest, columns as in harvests.csv.</summary>
    public static DataFrame ToFrame(this ReplayResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Harvests.ToFrame();
    }

    /// <summary>One row for each harvest, columns as in harvests.csv.</summary>
    public static DataFrame ToFrame(this IEnumerable<HarvestRow> harvests)
    {
        HarvestRow[] rows = [.. harvests];
        return new(ResultWriter.ColumnNames.Select(name => new Int64DataFrameColumn(name, rows.Select(row => ResultWriter.ValueOf(row, name)))));
    }

    /// <summary>One row for each run: its label, then the keys of the JSON contract (docs/replay.md); a cost is three columns, …Low, …Default and …High.</summary>
    public static DataFrame ToFrame(this IEnumerable<ReplayRun> runs)
    {
        ReplayRun[] all = [.. runs];
        DataFrame frame = RecordFrame.Of(all.Select(r => r.Summary), except: nameof(ReplaySummary.EventsPerSecond));
        frame.Columns.Insert(0, new StringDataFrameColumn("label", all.Select(r => r.Label)));
        return frame;
    }

    /// <summary>One row for each cell of a policy study, columns as the keys of `workbench policy --format json`; a cost is three columns, …Low, …Default and …High.</summary>
    public static DataFrame ToFrame(this IEnumerable<PolicyRow> rows) => RecordFrame.Of(rows);

    /// <summary>A footprint: one row for each page size and length of the window.</summary>
    public static DataFrame ToFrame(this Footprint footprint)
    {
        ArgumentNullException.ThrowIfNull(footprint);
        return RecordFrame.Of(footprint.Rows());
    }

    /// <summary>Migrations: one row for each page size, bandwidth, downtime and mean or maximum.</summary>
    public static DataFrame ToFrame(this PreCopyMap map) => RecordFrame.Of<PreCopyCell>(map);

    /// <summary>What each part costs: group, part, count, then the total in ns: low, typical and high, and where the cost comes from.</summary>
    public static DataFrame ToFrame(this CostEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        IReadOnlyList<CostRow> rows = estimate.Rows;
        return new(
            new StringDataFrameColumn("group", rows.Select(r => Words.Of(r.Group))), new StringDataFrameColumn("part", rows.Select(r => r.Name)), new Int64DataFrameColumn("count", rows.Select(r => r.Count)),
            new DoubleDataFrameColumn("low_ns", rows.Select(r => r.TotalNs.Low)), new DoubleDataFrameColumn("typical_ns", rows.Select(r => r.TotalNs.Default)), new DoubleDataFrameColumn("high_ns", rows.Select(r => r.TotalNs.High)),
            new BooleanDataFrameColumn("assumed", rows.Select(r => r.IsAssumed)), new StringDataFrameColumn("source", rows.Select(r => r.Source)));
    }

    /// <summary>Missed pages, columns as in missed.csv; last_write_ns is null where the time is not known, device where the write is not known.</summary>
    public static DataFrame ToFrame(this IEnumerable<MissedPage> pages)
    {
        MissedPage[] all = [.. pages];
        return new(
            new UInt16DataFrameColumn("domain", all.Select(p => p.Domain.Value)), new UInt64DataFrameColumn("iova", all.Select(p => p.Iova.Value)),
            new Int64DataFrameColumn("last_write_ns", all.Select(p => p.HasTime ? p.TimeNs : (long?)null)),
            new StringDataFrameColumn("device", all.Select(p => p.WriteIsKnown ? p.Device.ToString() : null)), new StringDataFrameColumn("cause", all.Select(p => p.Cause)));
    }

    /// <summary>Faults, one row each.</summary>
    public static DataFrame ToFrame(this IEnumerable<Fault> faults)
    {
        Fault[] all = [.. faults];
        return new(
            new StringDataFrameColumn("kind", all.Select(f => Words.Of(f.Kind))), new StringDataFrameColumn("device", all.Select(f => f.Device.ToString())),
            new UInt32DataFrameColumn("pasid", all.Select(f => f.Pasid?.Value)), new UInt64DataFrameColumn("iova", all.Select(f => f.Iova.Value)),
            new StringDataFrameColumn("direction", all.Select(f => f.IsWrite ? "write" : "read")));
    }

    /// <summary>
    /// Any records: one row each, one column for each public property, named in camelCase as in JSON. Enums become words, identifiers text, cost
    /// ranges three columns, lists of text one text.
    /// </summary>
    public static DataFrame ToFrame<T>(this IEnumerable<T> records) => RecordFrame.Of(records);

    extension(MissedPage page)
    {
        /// <summary>Is the time of the loss known? A step without a known time has time 0 and no write.</summary>
        internal bool HasTime => page.WriteIsKnown || page.TimeNs != 0;
    }
}
