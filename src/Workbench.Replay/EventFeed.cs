using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>The source of a replay with the place it has come to, from which events are taken as many as one likes.</summary>
internal sealed class EventFeed(ITraceSource source) : ITraceSource
{
    // What the source handed out and nobody took yet.
    private TraceEvent[] rest = [];
    private int restAt, restCount;
    private long handedOut;
    private long passedOverBefore;

    /// <summary>Number of the event that comes next.</summary>
    public long Position => handedOut - (restCount - restAt) + ((source as ISeekableSource)?.PassedOver ?? 0) - passedOverBefore;

    /// <summary>Time of the trace's first event, where the source knows it.</summary>
    public long? FirstTimeNs => (source as ISeekableSource)?.FirstTimeNs;

    /// <inheritdoc/>
    public TraceProvenance Provenance => source.Provenance;
    /// <inheritdoc/>
    public long EventCount => source.EventCount;

    /// <inheritdoc/>
    public ReadOnlySpan<TraceEvent> Next() => Take(long.MaxValue, long.MaxValue, out _);

    /// <inheritdoc/>
    public string TextOf(in TraceEvent mark) => source.TextOf(mark);

    /// <summary>The next events, at most so many and none from a time on; empty at the end, or because the next one <paramref name="isLater"/>.</summary>
    public ReadOnlySpan<TraceEvent> Take(long most, long untilNs, out bool isLater)
    {
        ReadOnlySpan<TraceEvent> next = rest.AsSpan(restAt, restCount - restAt);
        bool isRest = !next.IsEmpty;
        if (!isRest)
        {
            next = source.Next();
            handedOut += next.Length;
        }
        ReadOnlySpan<TraceEvent> taken = next[..(int)Math.Min(most, next.Length)];
        if (!taken.IsEmpty && taken[^1].TimeNs >= untilNs) taken = taken[..CountBefore(taken, untilNs)];
        isLater = taken.IsEmpty && !next.IsEmpty;
        if (isRest) restAt += taken.Length;
        else Keep(next[taken.Length..]);
        return taken;
    }

    /// <summary>Lets the source leave out accesses before a time, if it can.</summary>
    public void PassOverAccessesBefore(long timeNs) => (source as ISeekableSource)?.PassOverAccessesBefore(timeNs);

    /// <summary>Goes on with an event by its number; a source that cannot seek is read up to there, from its beginning.</summary>
    public void MoveTo(long number)
    {
        restAt = restCount = 0;
        if (source is ISeekableSource seekable)
        {
            seekable.SeekToEvent(number);
            (handedOut, passedOverBefore) = (number, seekable.PassedOver);
            return;
        }
        while (Position < number)
            if (Take(number - Position, long.MaxValue, out _).IsEmpty) throw new TraceFormatException($"The trace ends after {Position} events, and the replay is to go on after {number}: it is another trace, or was read before. Give it the trace of the checkpoint, from its beginning.");
    }

    private void Keep(ReadOnlySpan<TraceEvent> events)
    {
        (restAt, restCount) = (0, events.Length);
        if (events.IsEmpty) return;
        if (events.Length > rest.Length) rest = new TraceEvent[events.Length];
        events.CopyTo(rest);
    }

    private static int CountBefore(ReadOnlySpan<TraceEvent> events, long timeNs)
    {
        int count = 0;
        while (count < events.Length && events[count].TimeNs < timeNs) count++;
        return count;
    }
}
