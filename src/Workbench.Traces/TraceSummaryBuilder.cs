using System.Globalization;
using Workbench.Iommu.Dirty;

namespace Workbench.Traces;

/// <summary>Counts events into a <see cref="TraceSummary"/>; for traces that are not in a .dmat file.</summary>
public sealed class TraceSummaryBuilder
{
    private const int MostMarks = 10_000;
    // 1 GiB: a longer DMA is damage, and its pages would fill the memory.
    private const ulong MostPagesPerAccess = 1UL << 18;

    private readonly Func<TraceEvent, string>? textOf;
    private readonly long[] kinds = new long[16];
    private readonly Device?[] devices = new Device?[65_536];
    private readonly SortedDictionary<ulong, long> mapLengths = [];
    private readonly SortedDictionary<ulong, long> translatePages = [];
    private readonly List<MarkSummary> marks = [];
    private long events, firstTimeNs, lastTimeNs;
    private long translateHits, directionInferred, lengthInferred, whollyInferred, oversized;

    private sealed class Accesses
    {
        public readonly PageSet PagesRead = new();
        public readonly PageSet PagesWritten = new();
        public long Reads, Writes;
        public ulong ReadBytes, WrittenBytes;

        public AccessSummary Build() => new(Reads, Writes, ReadBytes, WrittenBytes, PagesRead.Count, PagesWritten.Count);
    }

    private sealed class Device
    {
        public readonly Accesses Data = new();
        public readonly Accesses Rings = new();
        public long Interrupts;
    }

    /// <summary>Starts at nothing.</summary>
    /// <param name="textOf">Gives the text of a mark; null leaves its number.</param>
    public TraceSummaryBuilder(Func<TraceEvent, string>? textOf = null) => this.textOf = textOf;

    /// <summary>Counts events, in the order of the trace.</summary>
    public void Add(ReadOnlySpan<TraceEvent> batch)
    {
        if (batch.IsEmpty) return;
        if (events == 0) firstTimeNs = batch[0].TimeNs;
        lastTimeNs = batch[^1].TimeNs;
        events += batch.Length;
        foreach (ref readonly TraceEvent e in batch)
        {
            kinds[(int)e.Kind & 15]++;
            if ((e.Flags & EventFlags.DirectionInferred) != 0) directionInferred++;
            if ((e.Flags & EventFlags.LengthInferred) != 0) lengthInferred++;
            if ((e.Flags & EventFlags.Inferred) != 0) whollyInferred++;
            if (e.IsAccess) AddAccess(e);
            else AddOther(e);
        }
    }

    /// <summary>What was counted so far.</summary>
    public TraceSummary Build()
    {
        List<KindCount> kindCounts = [];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            if (kinds[kind] > 0) kindCounts.Add(new((EventKind)kind, kinds[kind]));
        }
        List<DeviceSummary> summaries = [];
        for (int id = 0; id < devices.Length; id++)
        {
            if (devices[id] is { } device)
                summaries.Add(new() { Device = new((ushort)id), Data = device.Data.Build(), Rings = device.Rings.Build(), Interrupts = device.Interrupts });
        }
        return new()
        {
            Events = events, FirstTimeNs = firstTimeNs, LastTimeNs = lastTimeNs, Kinds = kindCounts, Devices = summaries,
            MapLengths = [.. mapLengths.Select(static pair => new LengthCount(pair.Key, pair.Value))],
            TranslatePages = [.. translatePages.Select(static pair => new LengthCount(pair.Key, pair.Value))],
            TranslateHits = translateHits, TranslateFills = kinds[(int)EventKind.Translate] - translateHits,
            DirectionInferred = directionInferred, LengthInferred = lengthInferred, WhollyInferred = whollyInferred,
            OversizedAccesses = oversized, Marks = [.. marks],
        };
    }

    private void AddAccess(in TraceEvent e)
    {
        Device device = devices[e.Device.Value] ??= new();
        if ((e.Flags & EventFlags.Interrupt) != 0)
        {
            device.Interrupts++;
            return;
        }
        Accesses accesses = (e.Flags & EventFlags.Ring) != 0 ? device.Rings : device.Data;
        ulong beyondFirst = Math.Max(e.Length, 1) - 1;
        ulong first = e.Iova >> 12;
        ulong last = beyondFirst > ulong.MaxValue - e.Iova ? ulong.MaxValue >> 12 : (e.Iova + beyondFirst) >> 12;
        ulong pages = last - first + 1;
        if (pages > MostPagesPerAccess)
        {
            pages = MostPagesPerAccess;
            oversized++;
        }
        if (e.Kind == EventKind.Read)
        {
            accesses.Reads++;
            accesses.ReadBytes = AddBytes(accesses.ReadBytes, e.Length);
            AddPages(accesses.PagesRead, first, pages);
        }
        else
        {
            accesses.Writes++;
            accesses.WrittenBytes = AddBytes(accesses.WrittenBytes, e.Length);
            AddPages(accesses.PagesWritten, first, pages);
        }
    }

    private static void AddPages(PageSet set, ulong first, ulong pages)
    {
        if (pages == 1) set.Add(first);
        else set.AddRange(first, pages);
    }

    private static ulong AddBytes(ulong sum, ulong bytes) => bytes > ulong.MaxValue - sum ? ulong.MaxValue : sum + bytes;

    private void AddOther(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Map:
                mapLengths[e.Length] = mapLengths.GetValueOrDefault(e.Length) + 1;
                break;
            case EventKind.Translate:
                translatePages[e.Length] = translatePages.GetValueOrDefault(e.Length) + 1;
                if ((e.Flags & EventFlags.Hit) != 0) translateHits++;
                break;
            case EventKind.Mark when marks.Count < MostMarks:
                marks.Add(new(e.TimeNs, textOf?.Invoke(e) ?? e.Target.ToString(CultureInfo.InvariantCulture)));
                break;
        }
    }
}
