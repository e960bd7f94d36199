using Workbench.Replay.Feeding;
using Workbench.Testing;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Feeding;

/// <summary>Hands out a trace, then fails; remembers on which thread it was read, and knows the texts of its last span only.</summary>
internal class FailingSource(ListTrace trace, Exception? failure = null) : ITraceSource, IDisposable
{
    private long firstText, nextText;

    public Thread? Reader { get; private set; }
    public bool IsDisposed { get; private set; }
    public int EventsGiven { get; private set; }
    public TraceProvenance Provenance => trace.Provenance;
    public long EventCount => trace.EventCount;

    public ReadOnlySpan<TraceEvent> Next()
    {
        Reader = Thread.CurrentThread;
        ReadOnlySpan<TraceEvent> next = trace.Next();
        if (next.IsEmpty && failure is not null) throw failure;
        EventsGiven += next.Length;
        firstText = nextText;
        foreach (TraceEvent e in next)
            if (e.Kind == EventKind.Mark) nextText = (long)e.Target + 1;
        return next;
    }

    public string TextOf(in TraceEvent mark) => (long)mark.Target >= firstText ? trace.TextOf(mark) : throw new ArgumentException("read long ago", nameof(mark));

    public void Dispose() => IsDisposed = true;
}

/// <summary>The same trace by filling the reader's memory, so many events at a time.</summary>
internal sealed class FillingSource(ListTrace trace, int atOnce, Exception? failure = null) : FailingSource(trace, failure), IFillingSource
{
    private TraceEvent[] left = [];

    public int Fill(Span<TraceEvent> events, out bool mayHoldMarks)
    {
        if (left.Length == 0) left = Next().ToArray();
        int got = Math.Min(Math.Min(atOnce, left.Length), events.Length);
        left.AsSpan(0, got).CopyTo(events);
        left = left[got..];
        mayHoldMarks = events[..got].ToArray().Any(e => e.Kind == EventKind.Mark);
        return got;
    }
}
