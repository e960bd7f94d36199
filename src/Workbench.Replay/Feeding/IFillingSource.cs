using Workbench.Traces;

namespace Workbench.Replay.Feeding;

/// <summary>A source that writes its next events into memory of its reader, so that who keeps them need not copy them.</summary>
public interface IFillingSource : ITraceSource
{
    /// <summary>Writes the next events and returns how many, 0 only at the end. If <paramref name="mayHoldMarks"/> is false, none of them is a mark.</summary>
    int Fill(Span<TraceEvent> events, out bool mayHoldMarks);
}
