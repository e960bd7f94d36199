using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Replay;

/// <summary>A .dmat file as a source of events.</summary>
public sealed class DmatSource(DmatReader reader) : ISeekableSource
{
    // 40 KiB: what was decoded is still in the second-level cache when it is replayed.
    private readonly TraceEvent[] buffer = new TraceEvent[1024];

    /// <inheritdoc/>
    public TraceProvenance Provenance => reader.Provenance;
    /// <inheritdoc/>
    public long EventCount => reader.EventCount;
    /// <inheritdoc/>
    public long FirstTimeNs => reader.FirstTimeNs;
    /// <inheritdoc/>
    public long PassedOver => reader.PassedOver;
    /// <inheritdoc/>
    public ReadOnlySpan<TraceEvent> Next() => buffer.AsSpan(0, reader.Read(buffer));
    /// <inheritdoc/>
    public void PassOverAccessesBefore(long timeNs) => reader.PassOverAccessesBefore(timeNs);
    /// <inheritdoc/>
    public void SeekToEvent(long number) => reader.SeekToEvent(number);
    /// <inheritdoc/>
    public string TextOf(in TraceEvent mark) => reader.TextOf(mark);
}
