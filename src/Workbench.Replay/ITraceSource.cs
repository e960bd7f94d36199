using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>Where a replay gets its events from: a file or a generator.</summary>
public interface ITraceSource
{
    /// <summary>Fills the span with the next events; fewer than asked for only near the end, 0 at the end.</summary>
    int Read(Span<TraceEvent> events);

    /// <summary>The text of a mark.</summary>
    string TextOf(in TraceEvent mark);

    /// <summary>What is known about the trace.</summary>
    TraceProvenance Provenance { get; }

    /// <summary>Events in all, or -1 where nobody knows.</summary>
    long EventCount { get; }
}
