using Workbench.Replay;
using Workbench.Traces;

namespace Workbench.Testing;

/// <summary>A trace held in memory, read once.</summary>
public sealed class ListTrace(TraceEvent[] all, string[] texts, TraceProvenance provenance, int mostAtOnce = int.MaxValue) : ITraceSource
{
    private int position;

    public TraceProvenance Provenance => provenance;
    public long EventCount => all.Length;
    public IReadOnlyList<TraceEvent> Events => all;

    public ReadOnlySpan<TraceEvent> Next()
    {
        ReadOnlySpan<TraceEvent> next = all.AsSpan(position, Math.Min(mostAtOnce, all.Length - position));
        position += next.Length;
        return next;
    }

    public string TextOf(in TraceEvent mark) => texts[(int)mark.Target];

    /// <summary>The same trace from its beginning.</summary>
    public ListTrace Again() => new(all, texts, provenance, mostAtOnce);
}
