using System.Globalization;
using Workbench.Traces;

namespace Workbench.Replay.Footprints;

/// <summary>A footprint being counted: feed it a trace's events, then finish it. Once its memory has grown to the trace's pages it allocates nothing.</summary>
public sealed class FootprintPass
{
    private readonly WritePass pass;
    private readonly View view;
    private readonly FootprintCounter[] counters;
    private readonly long[] asked;
    private long pageWrites;

    /// <summary>Begins a pass; the view is iova or gpa, sizes and lengths as for <see cref="Footprint.Of"/>.</summary>
    public FootprintPass(View view, IEnumerable<string>? granules = null, IEnumerable<long>? windowsNs = null)
    {
        (this.view, asked) = (view, [.. windowsNs ?? []]);
        pass = new(view, Count);
        int[] sizes = [.. (granules ?? Footprint.UsualGranules).Select(g => PageSizes.Log2Of(g) ?? throw new ArgumentException($"'{g}' is no page size; a power of two from 4K up, written with K, M, G or T.", nameof(granules))).Distinct().Order()];
        if (sizes.Length == 0) throw new ArgumentException("No page sizes are named; name one at least, such as 4K.", nameof(granules));
        if (asked.Any(w => w <= 0)) throw new ArgumentException("A window has at least 1 ns.", nameof(windowsNs));
        WindowGrid grid = new(asked);
        counters = [.. sizes.Select(log2 => new FootprintCounter(log2, grid))];
    }

    /// <summary>Events so far.</summary>
    public long Events => pass.Events;

    /// <summary>Counts the next events of the trace.</summary>
    public void Feed(ReadOnlySpan<TraceEvent> traceEvents) => pass.Feed(traceEvents);

    /// <summary>The trace has ended. To be called once.</summary>
    public Footprint Finish()
    {
        long length = Events == 0 ? 0 : pass.LastNs - pass.FirstNs + 1;
        if (asked.Length > 0 && asked.Max() > length)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"A window of {asked.Max() / 1e9:0.#########} s does not fit into the trace, which is {length / 1e9:0.#########} s long; ask for shorter ones."));
        return new(view, Events, pageWrites, length, [.. counters.Select(c => c.Finish(length))]);
    }

    private void Count(ReadOnlySpan<PageWrite> writes)
    {
        pageWrites += writes.Length;
        foreach (FootprintCounter counter in counters) counter.Add(writes, pass.FirstNs);
    }
}
