using Workbench.Replay;
using Workbench.Replay.Footprints;
using Workbench.Traces.Native;

namespace Workbench.Analysis;

/// <summary>What is written, counted from the trace without an IOMMU.</summary>
public sealed partial class Recording
{
    /// <summary>How much memory is written in a window of time, by its length and the size of pages, in one pass (docs/footprint.md): <c>recording.MeasureFootprint().PreCopy()</c>.</summary>
    /// <param name="view">Which addresses count; what a migration tracks, if not said.</param>
    /// <param name="granules">Sizes of pages; nothing for 4K, 16K, 64K, 2M and 1G.</param>
    /// <param name="windows">Lengths of windows to be counted besides those of the grid, such as "1ms"; at most the recording's.</param>
    public Footprint MeasureFootprint(View view = View.Migration, IEnumerable<string>? granules = null, IEnumerable<string>? windows = null)
    {
        long[]? windowsNs = windows is null ? null : [.. windows.Select(w => Duration.TryParse(w, out long ns) && ns > 0 ? ns : throw new ArgumentException($"'{w}' is no window; write 250us, 10ms or 1.5s.", nameof(windows)))];
        using DmatReader reader = Reader();
        return Footprint.Of(new DmatSource(reader), view, granules, windowsNs, RunScope.Reporter(Name, EventCount), RunScope.Current?.Cancellation ?? default);
    }

    /// <summary>Visits every write in order. Progress and cancellation come from the scope.</summary>
    internal void VisitWrites(View view, PageWriteVisitor visit)
    {
        using DmatReader reader = Reader();
        WritePass.Run(new DmatSource(reader), view, visit, RunScope.Reporter(Name, EventCount), RunScope.Current?.Cancellation ?? default);
    }
}
