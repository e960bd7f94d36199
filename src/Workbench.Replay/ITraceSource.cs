using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>Where a replay gets its events from: a file or a generator.</summary>
public interface ITraceSource
{
    /// <summary>The next events, as many as the source likes to hand out at once, in order; empty at the end. They are good until the next call.</summary>
    ReadOnlySpan<TraceEvent> Next();

    /// <summary>The text of a mark.</summary>
    string TextOf(in TraceEvent mark);

    /// <summary>What is known about the trace.</summary>
    TraceProvenance Provenance { get; }

    /// <summary>Events in all, or -1 where nobody knows.</summary>
    long EventCount { get; }
}
