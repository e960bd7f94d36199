using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Replay.Footprints;

/// <summary>
/// How many distinct pages of one size are written in a window of time: for each length of a grid the average over all windows and the most in any,
/// both exact, from one pass.
/// <para>Average: a page that is left alone from one write to another g ns later is missing in g - w windows of w ns, if g exceeds w; only sums of
/// such g are kept (Xiang and others, "HOTL", ASPLOS 2013, §3).</para>
/// <para>Most: a window gains by a write only, so those that end with a write are enough. Last writes of pages stand in a log in order of time, and
/// each length has a marker in it and knows how many last writes stand at the marker or after it. That is never less than the pages in the window
/// that ends now, as long as nothing inside is before the marker; only when it would exceed the most there ever was does the marker move up, past
/// what is too old, which makes it exact. A write adds its page to the windows whose marker is behind the page's last write.</para>
/// </summary>
internal sealed class FootprintCounter
{
    private const int LeastPlaces = 4096;
    /// <summary>A page among the last few that were written moves up in place; any other leaves a gap.</summary>
    private const int NearPlaces = 3;
    private const int MostPlaces = 1 << 30;
    /// <summary>Of so many pages index and log are no longer in the second-level cache, and writes are looked at before they are taken.</summary>
    private const int PagesInCache = 1 << 15;
    private const int AtOnce = 16;

    private readonly int shift;
    private readonly WindowGrid grid;
    // For each length: the marker (0 while no such window fits), last writes from it on, and the most there were; whole vectors.
    private readonly int[] markers, pages, most;
    // For each length: times without a write of a page that reach it and not the next; how many, and their sum in ns.
    private readonly long[] idleTimes;
    private readonly UInt128[] idleNs;
    // Markers ascending, and whose they are; filled when the log is compacted.
    private readonly int[] sorted, order;
    private readonly long shortestNs;
    private readonly PageIndex index = new();
    // The log, from place 1 to head: twice the time, plus 1 for a page's last write, and that page's slot. What follows the head is later than all.
    private long[] log = new long[LeastPlaces];
    private int[] slotOf = new int[LeastPlaces];
    private int head;
    // Windows that fit into the time so far, and when the next one will.
    private int active;
    private long nextNs;
    // The page of the last write, and its time.
    private ulong lastPage;
    private int lastSpace = -1;
    private long lastNs;
    // What was read ahead, so that reading it is not left out.
    private long looked;

    /// <summary>Pages of 2^<paramref name="granuleLog2"/> bytes, 12 or more.</summary>
    public FootprintCounter(int granuleLog2, WindowGrid grid)
    {
        (GranuleLog2, shift, this.grid) = (granuleLog2, granuleLog2 - 12, grid);
        int lengths = grid.Ns.Length, lanes = (lengths + Vector256<int>.Count - 1) & -Vector256<int>.Count;
        (markers, pages, most, idleTimes, idleNs) = (new int[lanes], new int[lanes], new int[lanes], new long[lengths], new UInt128[lengths]);
        (sorted, order) = (new int[lengths], new int[lengths]);
        (shortestNs, nextNs) = (grid.Ns[0], grid.Ns[0] - 1);
        log[1] = long.MaxValue;
    }

    /// <summary>Size of a page as a power of two of bytes.</summary>
    public int GranuleLog2 { get; }

    /// <summary>Distinct pages so far.</summary>
    public int Pages => index.Count;

    /// <summary>Counts writes; times do not decrease, and windows begin at <paramref name="firstNs"/> or later.</summary>
    public void Add(ReadOnlySpan<PageWrite> writes, long firstNs)
    {
        if (index.Count < PagesInCache)
        {
            Take(writes, firstNs);
            return;
        }
        for (; writes.Length > 0; writes = writes[Math.Min(AtOnce, writes.Length)..])
        {
            ReadOnlySpan<PageWrite> next = writes[..Math.Min(AtOnce, writes.Length)];
            looked += LookAt(next);
            Take(next, firstNs);
        }
    }

    /// <summary>Reads what the next writes will read, changing nothing: their cache misses overlap, where those of writes one after the other would not.</summary>
    private long LookAt(ReadOnlySpan<PageWrite> writes)
    {
        long sum = 0;
        foreach (ref readonly PageWrite write in writes)
            if (index.Find(write.Space, write.FirstPage >> shift) is >= 0 and int slot) sum += log[index.PlaceOf(slot)] & 1;
        return sum;
    }

    private void Take(ReadOnlySpan<PageWrite> writes, long firstNs)
    {
        foreach (ref readonly PageWrite write in writes)
        {
            long now = write.TimeNs - firstNs;
            ulong page = write.FirstPage >> shift, last = write.LastPage >> shift;
            while (true)
            {
                // Again the page that was last, and so soon that no window notices.
                if (page == lastPage && write.Space == lastSpace && now - lastNs < shortestNs) log[head] = (now << 1) | 1;
                else Touch(write.Space, page, now);
                lastNs = now;
                if (page == last) break;
                page++;
            }
        }
    }

    private void Touch(int space, ulong page, long now)
    {
        if (now >= nextNs) Activate(now);
        (lastSpace, lastPage) = (space, page);
        int slot = index.Find(space, page);
        if (slot < 0)
        {
            if (index.IsFull) Renumber();
            slot = index.Insert(space, page, 0);
            // Before its first write a page is idle from the beginning on.
            Idle(now + 1);
            Enter(0, active, now, down: false);
            Append(slot, now);
            return;
        }
        int place = index.PlaceOf(slot);
        long gap = now - (log[place] >> 1);
        bool isNear = head - place <= NearPlaces;
        if (gap >= shortestNs) Enter(place, Idle(gap), now, isNear);
        if (isNear) MoveUp(place, slot, now);
        else
        {
            log[place] &= ~1L;
            Append(slot, now);
        }
    }

    /// <summary>Windows that fit from now on have seen everything so far: a shorter one never holds more.</summary>
    private void Activate(long now)
    {
        for (; active < grid.Ns.Length && grid.Ns[active] <= now + 1; active++) (markers[active], pages[active], most[active]) = (1, Pages, Pages);
        nextNs = active < grid.Ns.Length ? grid.Ns[active] - 1 : long.MaxValue;
    }

    /// <summary>Notes a time that a page was left alone, and returns how many lengths are no longer than it.</summary>
    private int Idle(long ns)
    {
        int reached = grid.Reached(ns);
        if (reached == 0) return 0;
        idleTimes[reached - 1]++;
        unchecked
        {
            idleNs[reached - 1] += (ulong)ns;
        }
        return reached;
    }

    /// <summary>
    /// A page whose last write is at a place is written: the shortest windows, those it can be outside of, get it if their marker is behind that place.
    /// If what is behind it goes down by one place, so do these markers. A window that would hold more than ever moves its marker past what is too old first.
    /// </summary>
    private void Enter(int place, int reached, long now, bool down)
    {
        unchecked
        {
            // References without checks of bounds: a third of the time of a ring (FootprintBenchmark). Markers are at most head + 1, whose time ends every search.
            ref int marker = ref MemoryMarshal.GetArrayDataReference(markers), inside = ref MemoryMarshal.GetArrayDataReference(pages), limit = ref MemoryMarshal.GetArrayDataReference(most);
            ref long times = ref MemoryMarshal.GetArrayDataReference(log), lengths = ref MemoryMarshal.GetArrayDataReference(grid.Ns);
            Vector256<int> at = Vector256.Create(place);
            for (nuint k = 0; k < (nuint)reached; k += (nuint)Vector256<int>.Count)
            {
                // -1 where the page was outside.
                Vector256<int> enters = Vector256.GreaterThan(Vector256.LoadUnsafe(ref marker, k), at), counts = Vector256.LoadUnsafe(ref inside, k) - enters;
                counts.StoreUnsafe(ref inside, k);
                for (uint over = Vector256.GreaterThan(counts, Vector256.LoadUnsafe(ref limit, k)).ExtractMostSignificantBits(); over != 0; over &= over - 1)
                {
                    // Inside is what was written in the last so many nanoseconds, now included; a last write counts, a gap does not.
                    nuint window = k + (nuint)BitOperations.TrailingZeroCount(over);
                    long outside = ((now - Unsafe.Add(ref lengths, window)) << 1) | 1;
                    int from = Unsafe.Add(ref marker, window), count = Unsafe.Add(ref inside, window);
                    for (long time; (time = Unsafe.Add(ref times, from)) <= outside; from++) count -= (int)time & 1;
                    Unsafe.Add(ref marker, window) = from;
                    Unsafe.Add(ref inside, window) = count;
                    if (count > Unsafe.Add(ref limit, window)) Unsafe.Add(ref limit, window) = count;
                }
                if (down) (Vector256.LoadUnsafe(ref marker, k) + enters).StoreUnsafe(ref marker, k);
            }
        }
    }

    /// <summary>A page near the head becomes the head; those between go down by one place.</summary>
    private void MoveUp(int place, int slot, long now)
    {
        for (; place < head; place++)
        {
            (log[place], slotOf[place]) = (log[place + 1], slotOf[place + 1]);
            if ((log[place] & 1) != 0) index.Move(slotOf[place], place);
        }
        (log[head], slotOf[head]) = ((now << 1) | 1, slot);
        index.Move(slot, head);
    }

    private void Append(int slot, long now)
    {
        if (head + 2 == log.Length) Compact();
        head++;
        (log[head], slotOf[head]) = ((now << 1) | 1, slot);
        log[head + 1] = long.MaxValue;
        index.Move(slot, head);
    }

    /// <summary>Takes the gaps out of the log, and makes it longer if that does not free half of it.</summary>
    private void Compact()
    {
        int to = 0, next = 0;
        for (int k = 0; k < active; k++) (sorted[k], order[k]) = (markers[k], k);
        Array.Sort(sorted, order, 0, active);
        for (int from = 1; from <= head + 1; from++)
        {
            for (; next < active && sorted[next] == from; next++) markers[order[next]] = to + 1;
            if (from > head || (log[from] & 1) == 0) continue;
            to++;
            (log[to], slotOf[to]) = (log[from], slotOf[from]);
            index.Move(slotOf[to], to);
        }
        Debug.Assert(next == active, "a marker is before the log or behind it");
        head = to;
        if (head > log.Length / 2)
        {
            if (log.Length >= MostPlaces) throw new InsufficientMemoryException($"More than {MostPlaces / 2:n0} pages of {PageSizes.Show(GranuleLog2)} are written. Count larger pages only, with --granules.");
            Array.Resize(ref log, 2 * log.Length);
            Array.Resize(ref slotOf, log.Length);
        }
        log[head + 1] = long.MaxValue;
    }

    /// <summary>A larger index has other slots.</summary>
    private void Renumber()
    {
        index.Grow();
        for (int slot = 0; slot < index.Slots; slot++)
            if (index.PlaceOf(slot) is > 0 and int place) slotOf[place] = slot;
    }

    /// <summary>The curve over a trace of <paramref name="lengthNs"/>, which is its own longest window; call once, after the last write.</summary>
    public FootprintCurve Finish(long lengthNs)
    {
        if (lengthNs > 0) Activate(lengthNs - 1);
        for (int place = 1; place <= head; place++)
            if ((log[place] & 1) != 0) Idle(lengthNs - (log[place] >> 1));
        List<FootprintPoint> points = [];
        UInt128 sum = 0;
        Int128 times = 0;
        for (int k = active - 1; k >= 0; k--)
        {
            long ns = grid.Ns[k];
            sum += idleNs[k];
            times += idleTimes[k];
            // Positions of the window, and how often a page is missing in one, summed over pages.
            Int128 positions = lengthNs - ns + 1, missing = (Int128)sum - (times * ns);
            points.Add(new(ns, (double)((positions * Pages) - missing) / (double)positions, most[k]));
        }
        points.Reverse();
        if (lengthNs > 0 && (points.Count == 0 || points[^1].WindowNs < lengthNs)) points.Add(new(lengthNs, Pages, Pages));
        return new(GranuleLog2, points);
    }
}
