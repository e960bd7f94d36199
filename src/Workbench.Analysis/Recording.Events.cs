using Microsoft.Data.Analysis;
using Workbench.Replay;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Analysis;

/// <summary>Looking at events.</summary>
public sealed partial class Recording
{
    /// <summary>
    /// The events of a window, one row each: time_ns, kind, device, pasid, domain (of attaches and invalidations), address and length as the device
    /// names them, physical (of maps and translations), direction (of accesses: read or write; of maps and translations: what is allowed), hit (of
    /// translations), ring, interrupt, inferred (was any of it inferred by the importer?), text (of marks).
    /// </summary>
    /// <param name="from">The first moment: trace time such as "1.5s" or "0", or the text of a mark; nothing for the beginning.</param>
    /// <param name="to">The moment after the last, written in the same way; nothing for the end.</param>
    /// <param name="max">Rows at most.</param>
    /// <param name="kinds">Which kinds of events, such as EventKind.Write; nothing for all.</param>
    public DataFrame Events(string? from = null, string? to = null, int max = 10_000, params ReadOnlySpan<EventKind> kinds)
    {
        if (max < 0) throw new ArgumentOutOfRangeException(nameof(max), $"{max} rows at most: a number from 0 up is needed.");
        long fromNs = MomentOf(from) ?? long.MinValue, toNs = MomentOf(to) ?? long.MaxValue;
        HashSet<EventKind> wanted = [.. kinds];
        List<TraceEvent> events = [];
        List<string?> texts = [];
        using DmatReader reader = Reader();
        if (from is not null) reader.SeekToTime(fromNs);
        TraceEvent[] batch = new TraceEvent[BatchEvents];
        bool ended = false;
        for (int got; !ended && (got = reader.Read(batch)) > 0;)
        {
            foreach (ref readonly TraceEvent e in batch.AsSpan(0, got))
            {
                ended = (to is not null && e.TimeNs >= toNs) || events.Count == max;
                if (ended) break;
                if (e.TimeNs < fromNs || (wanted.Count > 0 && !wanted.Contains(e.Kind))) continue;
                events.Add(e);
                texts.Add(e.Kind == EventKind.Mark ? reader.TextOf(e) : null);
            }
        }
        return EventFrame.Of(events, texts);
    }

    /// <summary>The time that a duration or a mark's text names.</summary>
    private long? MomentOf(string? moment)
    {
        if (moment is null) return null;
        if (Duration.TryParse(moment, out long ns)) return ns;
        foreach (MarkSummary mark in Info.Marks)
            if (mark.Text == moment) return mark.TimeNs;
        throw new ArgumentException($"'{moment}' is neither a time (a number with ns, us, ms or s) nor a mark of {Name}. {(Info.Marks.Count == 0 ? "It has no marks." : $"Its marks are: {string.Join(", ", Info.Marks.Take(12).Select(m => m.Text))}{(Info.Marks.Count > 12 ? ", …" : "")}.")}", nameof(moment));
    }
}
