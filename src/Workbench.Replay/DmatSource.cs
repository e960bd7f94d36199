using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Replay;

/// <summary>A .dmat file as a source of events.</summary>
public sealed class DmatSource(DmatReader reader) : ITraceSource
{
    /// <inheritdoc/>
    public TraceProvenance Provenance => reader.Provenance;
    /// <inheritdoc/>
    public long EventCount => reader.EventCount;
    /// <inheritdoc/>
    public int Read(Span<TraceEvent> events) => reader.Read(events);
    /// <inheritdoc/>
    public string TextOf(in TraceEvent mark) => reader.TextOf(mark);
}
