using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Replay.Tests.Recorded;

/// <summary>A recorded trace taken apart, changed in one place, and put together again with its line numbers.</summary>
internal sealed class EditedTrace
{
    private readonly List<(TraceEvent Event, long Line, string? Text)> events = [];
    private readonly TraceProvenance provenance;

    private EditedTrace(DmatReader reader)
    {
        provenance = reader.Provenance;
        TraceEvent[] batch = new TraceEvent[1024];
        long[] lines = new long[1024];
        for (int got; (got = reader.Read(batch, lines)) > 0;)
            for (int i = 0; i < got; i++) events.Add((batch[i], lines[i], batch[i].Kind == EventKind.Mark ? reader.TextOf(batch[i]) : null));
    }

    public static EditedTrace Of(string name)
    {
        using DmatReader reader = RecordedTraces.Open(name);
        return new(reader);
    }

    public int Count => events.Count;
    public TraceEvent this[int index] => events[index].Event;
    public long LineOf(int index) => events[index].Line;

    public int Find(EventKind kind, int from, Func<TraceEvent, bool> wanted)
    {
        int found = events.FindIndex(from, e => e.Event.Kind == kind && wanted(e.Event));
        return found >= 0 ? found : throw new InvalidOperationException($"no such {kind}");
    }

    public void Replace(int index, Func<TraceEvent, TraceEvent> change) => events[index] = events[index] with { Event = change(events[index].Event) };

    public void Remove(int index) => events.RemoveAt(index);

    /// <summary>The first translation of a mapping's page before it goes, or -1.</summary>
    public int FirstUseOf(int map)
    {
        TraceEvent m = this[map];
        for (int i = map + 1; i < events.Count; i++)
        {
            TraceEvent e = this[i];
            if (e.Device != m.Device || e.Iova < m.Iova || e.Iova >= m.Iova + m.Length) continue;
            if (e.Kind == EventKind.Translate) return i;
            if (e.Kind is EventKind.Unmap or EventKind.Map) return -1;
        }
        return -1;
    }

    /// <summary>
    /// A page's translations that follow each other, the second a fill, with page-selective invalidations in between: which those are, and
    /// where the fill is. The guest invalidates twice (caching mode: after the unmap and after the next map), so one alone is not missed.
    /// </summary>
    public (int[] Invalidations, int Fill) FindRefill(int from)
    {
        Dictionary<ulong, int> lastUse = [];
        for (int i = from; i < events.Count; i++)
        {
            TraceEvent e = this[i];
            if (e.Kind is EventKind.InvalidateAll or EventKind.InvalidateDomain) lastUse.Clear();
            if (e.Kind != EventKind.Translate || e.Length != 4096) continue;
            ulong page = e.Iova >> 12;
            if ((e.Flags & EventFlags.Hit) == 0 && lastUse.TryGetValue(page, out int last))
            {
                int[] between = [.. Enumerable.Range(last, i - last).Where(k => this[k].Kind == EventKind.InvalidateRange && page >= this[k].Iova >> 12 && page < (this[k].Iova + this[k].Length) >> 12)];
                if (between.Length > 0 && between.All(k => this[k].Length == 4096)) return (between, i);
            }
            lastUse[page] = i;
        }
        throw new InvalidOperationException("no page is filled twice");
    }

    public DmatReader Open(Func<TraceProvenance, TraceProvenance>? change = null)
    {
        MemoryStream stream = new();
        using (DmatWriter writer = new(stream, level: 1, leaveOpen: true))
        {
            foreach ((TraceEvent e, long line, string? text) in events) writer.Append(text is null ? e : e with { Target = (ulong)writer.AddText(text) }, line);
            writer.Complete(change is null ? provenance : change(provenance));
        }
        stream.Position = 0;
        return DmatReader.Open(stream, "edited");
    }
}
