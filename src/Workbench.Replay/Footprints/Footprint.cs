using Workbench.Display;
using Workbench.Replay.Display;
using Workbench.Traces;

namespace Workbench.Replay.Footprints;

/// <summary>How much memory a trace's devices write in a window of time, by its length and by the size of pages; docs/footprint.md.</summary>
[TypeFormatterSource(typeof(SelfFormatter<Footprint, FootprintDisplay>))]
public sealed class Footprint
{
    /// <summary>Sizes of pages that are counted if none are named.</summary>
    public static IReadOnlyList<string> UsualGranules { get; } = ["4K", "16K", "64K", "2M", "1G"];

    internal Footprint(View view, long events, long pageWrites, long lengthNs, IReadOnlyList<FootprintCurve> curves) =>
        (View, Events, PageWrites, LengthNs, Curves) = (view, events, pageWrites, lengthNs, curves);

    /// <summary>Whose addresses were counted: iova or gpa.</summary>
    public View View { get; }
    /// <summary>Events of the trace.</summary>
    public long Events { get; }
    /// <summary>Writes to memory, in pieces of pages that follow each other.</summary>
    public long PageWrites { get; }
    /// <summary>From the first event's nanosecond to the last event's, both included; 0 without events.</summary>
    public long LengthNs { get; }
    /// <summary>One for each size of pages, ascending.</summary>
    public IReadOnlyList<FootprintCurve> Curves { get; }

    /// <summary>The curve of one size, such as "4K".</summary>
    public FootprintCurve this[string granule] =>
        Curves.FirstOrDefault(c => c.Granule == granule) ?? throw new ArgumentException($"'{granule}' was not counted; there is: {string.Join(", ", Curves.Select(c => c.Granule))}.", nameof(granule));

    /// <summary>How many times the bytes of the smallest pages are written off by pages of this curve, on average over windows of a length; 0 where nothing is written.</summary>
    public double Amplification(FootprintCurve curve, double windowNs)
    {
        ArgumentNullException.ThrowIfNull(curve);
        double smallest = Curves[0].MeanBytes(windowNs);
        return smallest > 0 ? curve.MeanBytes(windowNs) / smallest : 0;
    }

    /// <summary>Every point of every curve, by page size and length, with what follows from it.</summary>
    public IEnumerable<FootprintRow> Rows() => Curves.SelectMany(Rows);

    /// <summary>The points of one curve with what follows from them.</summary>
    public IEnumerable<FootprintRow> Rows(FootprintCurve curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        return curve.Points.Select(p => new FootprintRow(curve.Granule, p.WindowNs, p.MeanPages, p.MaxPages, curve.MeanBytes(p.WindowNs), curve.MaxBytes(p.WindowNs), curve.DirtyRate(p.WindowNs), Amplification(curve, p.WindowNs)));
    }

    /// <summary>Which pre-copy migrations keep up with what is written: by page size, bandwidth and downtime.</summary>
    /// <param name="options">Bandwidths, downtimes and memory; nothing for the usual.</param>
    public PreCopyMap PreCopy(PreCopyOptions? options = null) => PreCopyModel.Map(this, options ?? new());

    /// <summary>Counts a trace in one pass.</summary>
    /// <param name="source">The trace.</param>
    /// <param name="view">Whose addresses count; what a migration tracks, if not said.</param>
    /// <param name="granules">Sizes of pages; nothing for 4K, 16K, 64K, 2M and 1G.</param>
    /// <param name="windowsNs">Lengths of windows that are points of the curves besides those of the grid, ns, at most the trace's.</param>
    /// <param name="progress">Told the events done.</param>
    /// <param name="cancellation">Ends the pass; nothing is kept.</param>
    public static Footprint Of(ITraceSource source, View view = View.Migration, IEnumerable<string>? granules = null, IEnumerable<long>? windowsNs = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        FootprintPass pass = new(WritePass.ViewOf(source.Provenance, view), granules, windowsNs);
        for (ReadOnlySpan<TraceEvent> next; !(next = source.Next()).IsEmpty; progress?.Invoke(pass.Events))
        {
            cancellation.ThrowIfCancellationRequested();
            pass.Feed(next);
        }
        return pass.Finish();
    }
}
