using System.Diagnostics;
using Workbench.Iommu;
using Workbench.Traces;

namespace Workbench.Replay.Costs;

/// <summary>
/// A trace whose devices wait for what their translations cost. Each device has a clock of its own; the events of all come out merged by
/// their delayed times, each device's in their recorded order, none before its recorded time. Marks keep their recorded time; an invalidation
/// keeps it too, unless a map or unmap recorded before it is later. A map or unmap is delayed like its device's accesses.
/// </summary>
/// <remarks>One event at a time, since what it costs decides when the next may come: <see cref="TryNext"/>, replay it, <see cref="Delay"/>.</remarks>
public sealed class ClosedLoop
{
    /// <summary>Events kept back at most, unless told otherwise.</summary>
    public const int UsualLimit = 1 << 20;

    private const int PsPerNs = 1000;
    private const int FirstSlots = 1024;
    // In the place of a device's index.
    private const int MarkLine = -1;
    private const int InvalidationLine = -2;

    private readonly ITraceSource source;
    private readonly LoopGaps gaps;
    private readonly int limit;
    // A copy of the run of events that the source handed out last.
    private TraceEvent[] input = [];
    private readonly int[] deviceIndex = new int[65536];
    private readonly List<Device> devices = [];
    // Keys are never later than a device's next event: delays only grow, so a key is put right when it comes to the top.
    private readonly PriorityQueue<int, (long TimeNs, long Number)> next = new();
    private readonly Queue<(int Slot, long Number)> tableChanges = new();
    private Slot[] slots = new Slot[FirstSlots];
    private Line marks = Line.Empty;
    private Line invalidations = Line.Empty;
    private int freeSlot = -1;
    private int usedSlots;
    private int buffered;
    private int inputAt, inputCount;
    private int last = -1;
    private long numbered;
    private long readNs = long.MinValue;
    private long nowNs = long.MinValue;
    private bool ended;

    private struct Slot
    {
        public TraceEvent Event;
        public long Number;
        public int Next;
    }

    /// <summary>Slots in order of recording.</summary>
    private struct Line
    {
        public int First, Last;

        public static Line Empty => new() { First = -1, Last = -1 };
    }

    private sealed class Device
    {
        public Line Line = Line.Empty;
        public bool IsQueued;
        /// <summary>Keep: the delay so far. Absorb: until when it is held up.</summary>
        public long Ns;
        /// <summary>What is less than a nanosecond of it.</summary>
        public long RestPs;
    }

    /// <summary>Reads a source from where it stands. At most <paramref name="mostBuffered"/> events (1 or more) are kept back; see <see cref="HeldBack"/>.</summary>
    public ClosedLoop(ITraceSource source, LoopGaps gaps = LoopGaps.Keep, int mostBuffered = UsualLimit)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostBuffered, 1);
        (this.source, this.gaps, limit) = (source, gaps, mostBuffered);
    }

    /// <summary>Events that came later than their device's clock says, because the buffer was full when an earlier one had to leave; 0 if the limit was never in the way.</summary>
    public long HeldBack { get; private set; }

    /// <summary>The marks that were read and have not left yet.</summary>
    internal IEnumerable<TraceEvent> MarksHeld
    {
        get
        {
            for (int slot = marks.First; slot >= 0; slot = slots[slot].Next) yield return slots[slot].Event;
            for (int i = inputAt; i < inputCount; i++)
                if (input[i].Kind == EventKind.Mark) yield return input[i];
        }
    }

    /// <summary>Takes the next event, its time as delayed; false at the end.</summary>
    public bool TryNext(out TraceEvent traceEvent)
    {
        if (last >= 0) Queue(last);
        last = -1;
        int device;
        long dueNs;
        // Nothing that is still unread can come before its recorded time, so what is due until the last one read may leave.
        while (!Choose(out device, out dueNs) || !(ended || dueNs <= readNs || buffered >= limit))
        {
            if (!ReadOne() && buffered == 0)
            {
                traceEvent = default;
                return false;
            }
        }
        if (dueNs < nowNs) HeldBack++;
        nowNs = Math.Max(nowNs, dueNs);
        int slot;
        if (device >= 0)
        {
            next.Dequeue();
            Device leaving = devices[device];
            leaving.IsQueued = false;
            slot = TakeFirst(ref leaving.Line);
            last = device;
        }
        else slot = TakeFirst(ref device == MarkLine ? ref marks : ref invalidations);
        traceEvent = slots[slot].Event with { TimeNs = nowNs };
        Free(slot);
        return true;
    }

    /// <summary>Holds a device up, in picoseconds (0 or more): all its events that have not left come so much later.</summary>
    public void Delay(RequesterId device, long picoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(picoseconds);
        Device held = devices[IndexOf(device)];
        // An idle device is held up from now on.
        if (gaps == LoopGaps.Absorb && held.Ns < nowNs) (held.Ns, held.RestPs) = (nowNs, 0);
        long rest = held.RestPs + picoseconds;
        held.Ns += rest / PsPerNs;
        held.RestPs = rest % PsPerNs;
    }

    /// <summary>The buffered event that is due first, and among equals the one recorded first.</summary>
    private bool Choose(out int device, out long dueNs)
    {
        (device, dueNs) = (0, long.MaxValue);
        long number = long.MaxValue;
        while (next.TryPeek(out int top, out (long TimeNs, long Number) key))
        {
            long due = DueNs(devices[top]);
            if (due == key.TimeNs)
            {
                (device, dueNs, number) = (top, due, key.Number);
                break;
            }
            Debug.Assert(due > key.TimeNs, "a delay has shrunk");
            next.DequeueEnqueue(top, (due, key.Number));
        }
        Prefer(marks, MarkLine, ref device, ref dueNs, ref number);
        if (!IsHeld(invalidations)) Prefer(invalidations, InvalidationLine, ref device, ref dueNs, ref number);
        return number != long.MaxValue;
    }

    private void Prefer(Line line, int name, ref int device, ref long dueNs, ref long number)
    {
        if (line.First < 0) return;
        ref readonly Slot slot = ref slots[line.First];
        // A mark or invalidation that had to wait is due now.
        long due = Math.Max(slot.Event.TimeNs, nowNs);
        if ((due, slot.Number).CompareTo((Math.Max(dueNs, nowNs), number)) >= 0) return;
        (device, dueNs, number) = (name, due, slot.Number);
    }

    /// <summary>Is a map, unmap or attach that was recorded before the first invalidation still to come?</summary>
    private bool IsHeld(Line line)
    {
        if (line.First < 0) return false;
        while (tableChanges.TryPeek(out (int Slot, long Number) change) && slots[change.Slot].Number != change.Number) tableChanges.Dequeue();
        return tableChanges.TryPeek(out (int Slot, long Number) pending) && pending.Number < slots[line.First].Number;
    }

    private long DueNs(Device device)
    {
        long recorded = slots[device.Line.First].Event.TimeNs;
        return gaps == LoopGaps.Keep ? recorded + device.Ns : Math.Max(recorded, device.Ns);
    }

    private bool ReadOne()
    {
        if (inputAt == inputCount)
        {
            if (ended) return false;
            ReadOnlySpan<TraceEvent> run = source.Next();
            ended = run.IsEmpty;
            if (ended) return false;
            if (run.Length > input.Length) input = new TraceEvent[run.Length];
            run.CopyTo(input);
            (inputAt, inputCount) = (0, run.Length);
        }
        ref readonly TraceEvent e = ref input[inputAt++];
        readNs = e.TimeNs;
        int slot = NewSlot(e);
        if (e.Kind == EventKind.Mark) Append(ref marks, slot);
        else if (e.Kind is EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll) Append(ref invalidations, slot);
        else
        {
            if (e.Kind is EventKind.Map or EventKind.Unmap or EventKind.Attach) tableChanges.Enqueue((slot, slots[slot].Number));
            int index = IndexOf(e.Device);
            Append(ref devices[index].Line, slot);
            Queue(index);
        }
        return true;
    }

    private void Queue(int index)
    {
        Device device = devices[index];
        if (device.IsQueued || device.Line.First < 0) return;
        device.IsQueued = true;
        next.Enqueue(index, (DueNs(device), slots[device.Line.First].Number));
    }

    private int IndexOf(RequesterId device)
    {
        ref int index = ref deviceIndex[device.Value];
        if (index == 0)
        {
            devices.Add(new() { Ns = gaps == LoopGaps.Absorb ? long.MinValue : 0 });
            index = devices.Count;
        }
        return index - 1;
    }

    private int NewSlot(in TraceEvent e)
    {
        int slot = freeSlot;
        if (slot >= 0) freeSlot = slots[slot].Next;
        else
        {
            if (usedSlots == slots.Length) Array.Resize(ref slots, slots.Length * 2);
            slot = usedSlots++;
        }
        slots[slot] = new() { Event = e, Number = numbered++, Next = -1 };
        buffered++;
        return slot;
    }

    private void Free(int slot)
    {
        (slots[slot].Number, slots[slot].Next, freeSlot) = (-1, freeSlot, slot);
        buffered--;
    }

    private void Append(ref Line line, int slot)
    {
        if (line.First < 0) line.First = slot;
        else slots[line.Last].Next = slot;
        line.Last = slot;
    }

    private int TakeFirst(ref Line line)
    {
        int slot = line.First;
        line.First = slots[slot].Next;
        return slot;
    }
}
