using Workbench.Replay.Feeding;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Replay;

/// <summary>A .dmat file as a source of events. Disposing it closes the reader; who keeps the reader for himself need not.</summary>
public sealed class DmatSource(DmatReader reader) : IFillingSource, ISeekableSource, IDisposable
{
    // 40 KiB: what was decoded is still in the second-level cache when it is replayed.
    private const int AtOnce = 1024;

    private readonly TraceEvent[] buffer = new TraceEvent[AtOnce];

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
    public int Fill(Span<TraceEvent> events, out bool mayHoldMarks)
    {
        // No more than by Next, so that damage is met at the same event.
        int got = reader.Read(events[..Math.Min(AtOnce, events.Length)]);
        mayHoldMarks = reader.HasTexts;
        return got;
    }

    /// <inheritdoc/>
    public void PassOverAccessesBefore(long timeNs) => reader.PassOverAccessesBefore(timeNs);
    /// <inheritdoc/>
    public void SeekToEvent(long number) => reader.SeekToEvent(number);
    /// <inheritdoc/>
    public string TextOf(in TraceEvent mark) => reader.TextOf(mark);
    /// <summary>Closes the reader.</summary>
    public void Dispose() => reader.Dispose();
}
