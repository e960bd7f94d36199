using Workbench.Traces;

namespace Workbench.Replay.Feeding;

/// <summary>Events that were read ahead, with the texts of their marks and what stopped the source behind them. Filled again and again.</summary>
internal sealed class EventBlock(int capacity)
{
    // Made by who fills it first, and not cleared: what is beyond the count is nobody's.
    private TraceEvent[] events = [];
    private int count;

    /// <summary>The events, in order.</summary>
    public ReadOnlySpan<TraceEvent> Events => events.AsSpan(0, count);

    /// <summary>The texts of the marks among them, by number.</summary>
    public Dictionary<ulong, string> Texts { get; } = [];

    /// <summary>Does nothing come after these events?</summary>
    public bool IsLast { get; private set; }

    /// <summary>What the source threw after these events; null if it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Takes the source's next events. A failure of the source is kept for the reader, who comes to the events before it first.</summary>
    public void FillFrom(ITraceSource source)
    {
        (count, IsLast, Failure) = (0, false, null);
        Texts.Clear();
        if (events.Length == 0) events = GC.AllocateUninitializedArray<TraceEvent>(capacity);
        try
        {
            if (source is IFillingSource filling) Fill(filling);
            else Copy(source);
        }
        catch (Exception e)
        {
            (Failure, IsLast) = (e, true);
        }
    }

    /// <summary>The text of a mark among the events.</summary>
    public string TextOf(in TraceEvent mark) =>
        Texts.TryGetValue(mark.Target, out string? text) ? text : throw new ArgumentException($"Text {mark.Target} belongs to no mark of the events handed out last.", nameof(mark));

    private void Fill(IFillingSource source)
    {
        while (count < events.Length)
        {
            int got = source.Fill(events.AsSpan(count), out bool mayHoldMarks);
            if (got == 0)
            {
                IsLast = true;
                return;
            }
            Took(source, got, mayHoldMarks);
        }
    }

    private void Copy(ITraceSource source)
    {
        // At least one span, as long as it may be, so that no rest is left over.
        do
        {
            ReadOnlySpan<TraceEvent> next = source.Next();
            if (next.IsEmpty)
            {
                IsLast = true;
                return;
            }
            if (next.Length > events.Length - count) Array.Resize(ref events, Math.Max(count + next.Length, events.Length * 2));
            next.CopyTo(events.AsSpan(count));
            Took(source, next.Length, mayHoldMarks: true);
        }
        while (count < capacity);
    }

    private void Took(ITraceSource source, int got, bool mayHoldMarks)
    {
        if (mayHoldMarks)
        {
            foreach (ref readonly TraceEvent e in events.AsSpan(count, got))
                if (e.Kind == EventKind.Mark) Texts[e.Target] = source.TextOf(e);
        }
        count += got;
    }
}
