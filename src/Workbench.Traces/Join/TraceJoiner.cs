using Workbench.Iommu;
using Workbench.Iommu.Invalidation;
using Workbench.Traces.Guest;
using Workbench.Traces.Importers;

namespace Workbench.Traces.Join;

/// <summary>
/// Merges the guest's maps and unmaps into the stream of the QEMU side. Passed over the QEMU log twice: once to learn what permission each
/// mapping was seen with, once to write.
/// </summary>
internal sealed class TraceJoiner : ITraceSink
{
    /// <summary>An unmap and the invalidation of its address lie closer than this once the clocks agree.</summary>
    private const long PairNs = 400_000;
    /// <summary>The invalidation comes after the unmap, but the aligned time is a median and may lie late by this much.</summary>
    private const long EarlyNs = 60_000;

    private readonly GuestTimeline guest;
    private readonly int[] order;
    private readonly Dictionary<long, List<int>> beforeLine = [];
    private readonly LiveMappings<int> live = new();
    private readonly ITraceSink? sink;
    private readonly List<(long AlignedNs, string Text, long Line)> marks;
    private int next;
    private int nextMark;
    private long lastNs = long.MinValue;

    /// <summary>Joins onto <paramref name="sink"/>, or with none only learns permissions.</summary>
    public TraceJoiner(GuestTimeline guest, ClockAlignment clock, ITraceSink? sink)
    {
        (this.guest, this.sink) = (guest, sink);
        List<int> timed = [];
        for (int i = 0; i < guest.Steps.Count; i++)
        {
            GuestStep step = guest.Steps[i];
            step.AlignedNs = clock.ToQemu(step.GuestNs);
            guest.Steps[i] = step;
            if (step.InvalidationLine == 0) timed.Add(i);
            else if (beforeLine.TryGetValue(step.InvalidationLine, out List<int>? list)) list.Add(i);
            else beforeLine[step.InvalidationLine] = [i];
        }
        order = [.. timed.OrderBy(i => guest.Steps[i].AlignedNs)];
        marks = [.. guest.Marks.Select(m => (clock.ToQemu(m.GuestNs), m.Text, m.Line)).OrderBy(m => m.Item1)];
    }

    /// <summary>
    /// Finds for each unmap the invalidation that follows it. The unmap is then put right before that line: later than its own trace point by
    /// microseconds, but in the one order that is certain.
    /// </summary>
    public static long PairUnmaps(GuestTimeline guest, ClockAlignment clock, List<InvalidationSeen> invalidations)
    {
        Dictionary<ulong, List<InvalidationSeen>> byAddress = [];
        foreach (InvalidationSeen seen in invalidations)
        {
            if (!byAddress.TryGetValue(seen.Iova, out List<InvalidationSeen>? list)) byAddress[seen.Iova] = list = [];
            list.Add(seen);
        }
        long paired = 0;
        for (int i = 0; i < guest.Steps.Count; i++)
        {
            GuestStep step = guest.Steps[i];
            if (step.IsMap) continue;
            // VT-d invalidates the aligned power of two around the range, SMMUv3 the range itself in pieces.
            AlignedRange around = AlignedRange.Enclosing(step.Iova, step.Iova + (step.Length - 1));
            long expected = clock.ToQemu(step.GuestNs);
            InvalidationSeen? best = Nearest(byAddress.GetValueOrDefault(around.Base), expected, s => s.Length == around.LastByte - around.Base + 1)
                ?? Nearest(byAddress.GetValueOrDefault(step.Iova), expected, s => s.Length <= step.Length);
            if (best is not { } found) continue;
            guest.Steps[i] = step with { InvalidationLine = found.Line, InvalidationNs = found.QemuNs };
            paired++;
        }
        return paired - ReleaseOvertaken(guest, clock);
    }

    private static InvalidationSeen? Nearest(List<InvalidationSeen>? list, long expectedNs, Func<InvalidationSeen, bool> fits)
    {
        if (list is null) return null;
        int low = 0, high = list.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (list[middle].QemuNs < expectedNs - EarlyNs) low = middle + 1;
            else high = middle;
        }
        InvalidationSeen? best = null;
        for (int i = low; i < list.Count && list[i].QemuNs <= expectedNs + PairNs; i++)
            if (fits(list[i]) && (best is null || Math.Abs(list[i].QemuNs - expectedNs) < Math.Abs(best.Value.QemuNs - expectedNs))) best = list[i];
        return best;
    }

    /// <summary>An address mapped again before the invalidation found for its unmap: that one belongs to the new map, the unmap keeps its own time.</summary>
    private static long ReleaseOvertaken(GuestTimeline guest, ClockAlignment clock)
    {
        long released = 0;
        LiveMappings<int> lastUnmap = new();
        for (int i = 0; i < guest.Steps.Count; i++)
        {
            GuestStep step = guest.Steps[i];
            if (!step.IsMap)
            {
                lastUnmap.Map(step.Device.Value, step.Iova, step.Length, i);
                continue;
            }
            long mappedNs = clock.ToQemu(step.GuestNs);
            while (lastUnmap.TryFindIn(step.Device.Value, step.Iova, step.Length, out int before))
            {
                GuestStep unmap = guest.Steps[before];
                lastUnmap.Unmap(unmap.Device.Value, unmap.Iova, unmap.Length);
                if (unmap.InvalidationLine == 0 || unmap.InvalidationNs < mappedNs) continue;
                guest.Steps[before] = unmap with { InvalidationLine = 0 };
                released++;
            }
        }
        return released;
    }

    public int AddText(string text) => sink?.AddText(text) ?? 0;

    public void Append(in TraceEvent e, long sourceLine = 0)
    {
        EmitUntil(e.TimeNs);
        if (e.Kind == EventKind.InvalidateRange && beforeLine.Remove(sourceLine, out List<int>? ending))
            foreach (int i in ending) Emit(i, e.TimeNs);
        if (e.Kind == EventKind.Translate) Observe(e);
        lastNs = e.TimeNs;
        sink?.Append(e, sourceLine);
    }

    /// <summary>What happened in the guest after the last line of the QEMU log.</summary>
    public void Finish() => EmitUntil(long.MaxValue);

    private void EmitUntil(long ns)
    {
        while (true)
        {
            bool step = next < order.Length && IsDue(guest.Steps[order[next]], ns);
            bool mark = nextMark < marks.Count && marks[nextMark].AlignedNs <= ns;
            if (!step && !mark) return;
            if (step && (!mark || guest.Steps[order[next]].AlignedNs <= marks[nextMark].AlignedNs))
            {
                int index = order[next++];
                Emit(index, guest.Steps[index].AlignedNs);
            }
            else EmitMark(marks[nextMark++]);
        }
    }

    private static bool IsDue(in GuestStep step, long ns) => step.IsMap ? step.AlignedNs <= ns : step.AlignedNs < ns;

    private void Emit(int index, long ns)
    {
        GuestStep step = guest.Steps[index];
        // Before the QEMU log begins there is no time to put a step at: time 0 will do.
        lastNs = Math.Max(Math.Max(lastNs, 0), ns);
        if (step.IsMap)
        {
            live.Map(step.Device.Value, step.Iova, step.Length, index);
            sink?.Append(TraceEvent.Map(lastNs, step.Device, step.Iova, step.Length, step.Physical, PermissionOf(step)), step.Line);
            return;
        }
        live.Unmap(step.Device.Value, step.Iova, step.Length);
        sink?.Append(TraceEvent.Unmap(lastNs, step.Device, step.Iova, step.Length), step.Line);
    }

    private void EmitMark((long AlignedNs, string Text, long Line) mark)
    {
        lastNs = Math.Max(Math.Max(lastNs, 0), mark.AlignedNs);
        sink?.Append(TraceEvent.Mark(lastNs, (ulong)AddText(mark.Text)), mark.Line);
    }

    /// <summary>As the recorder's page table showed it. Never accessed: read only if the DMA API said so, else both, since drivers allow reads of what a device writes.</summary>
    private static Permission PermissionOf(in GuestStep step) => step.Observed != Permission.None ? step.Observed : step.Direction switch
    {
        DmaDirection.ToDevice => Permission.Read,
        _ => Permission.ReadWrite,
    };

    private void Observe(in TraceEvent e)
    {
        if (sink is not null || !live.TryFind(e.Device.Value, e.Iova, out _, out int index)) return;
        GuestStep step = guest.Steps[index];
        step.Observed = e.Permission;
        guest.Steps[index] = step;
    }
}
