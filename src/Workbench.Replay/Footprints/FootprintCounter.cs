using System.Diagnostics;

namespace Workbench.Replay.Footprints;

/// <summary>
/// How many distinct pages of one size are written in a window of time: for each length of a grid the average over all windows and the most in any,
/// both exact, from one pass.
/// <para>Average: a page that is left alone from one write to another g ns later is missing in g - w windows of w ns, if g exceeds w; only sums of
/// such g are kept (Xiang and others, "HOTL", ASPLOS 2013, §3).</para>
/// <para>Most: a window gains by a write only, so those that end with a write are enough. Last writes of pages stand in a log in order of time, and
/// each length has a marker in it. A write whose page was left alone for g ns lets old writes fall out of the windows of at most g ns and adds
/// its page to them; longer windows had the page already and are not touched.</para>
/// </summary>
internal sealed class FootprintCounter
{
    private const int LeastPlaces = 4096;
    /// <summary>A page among the last few that were written moves up in place; any other leaves a gap.</summary>
    private const int NearPlaces = 3;
    private const int MostPlaces = 1 << 30;

    private readonly int shift;
    private readonly WindowGrid grid;
    private readonly WindowState[] windows;
    private readonly long shortestNs;
    private readonly PageIndex index = new();
    // The log, from place 1 to head. Twice the time, plus 1 for a page's last write; what follows the head is later than all.
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

    /// <summary>Pages of 2^<paramref name="granuleLog2"/> bytes, 12 or more.</summary>
    public FootprintCounter(int granuleLog2, WindowGrid grid)
    {
        (GranuleLog2, shift, this.grid) = (granuleLog2, granuleLog2 - 12, grid);
        windows = [.. grid.Ns.Select(ns => new WindowState { Ns = ns })];
        (shortestNs, nextNs) = (windows[0].Ns, windows[0].Ns - 1);
        log[1] = long.MaxValue;
    }

    /// <summary>Size of a page as a power of two of bytes.</summary>
    public int GranuleLog2 { get; }

    /// <summary>Distinct pages so far.</summary>
    public int Pages => index.Count;

    /// <summary>Counts writes; times do not decrease, and windows begin at <paramref name="firstNs"/> or later.</summary>
    public void Add(ReadOnlySpan<PageWrite> writes, long firstNs)
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
            Enter(Idle(now + 1), now);
            Append(slot, now);
            return;
        }
        int place = index.PlaceOf(slot);
        long gap = now - (log[place] >> 1);
        int reached = 0;
        if (gap >= shortestNs) Enter(reached = Idle(gap), now);
        if (head - place <= NearPlaces) MoveUp(place, slot, reached, now);
        else
        {
            log[place] &= ~1L;
            slotOf[place] = -1;
            Append(slot, now);
        }
    }

    /// <summary>Windows that fit from now on have seen everything so far: a shorter one never holds more.</summary>
    private void Activate(long now)
    {
        for (; active < windows.Length && windows[active].Ns <= now + 1; active++) (windows[active].Marker, windows[active].Pages, windows[active].MostPages) = (1, Pages, Pages);
        nextNs = active < windows.Length ? windows[active].Ns - 1 : long.MaxValue;
    }

    /// <summary>Notes a time that a page was left alone, and returns how many windows are no longer than it.</summary>
    private int Idle(long ns)
    {
        int reached = grid.Reached(ns);
        if (reached == 0) return 0;
        ref WindowState longest = ref windows[reached - 1];
        longest.IdleTimes++;
        unchecked
        {
            longest.IdleNs += (ulong)ns;
        }
        return reached;
    }

    /// <summary>A page enters the shortest windows: what is too old for them leaves first.</summary>
    private void Enter(int reached, long now)
    {
        unchecked
        {
            long[] times = log;
            foreach (ref WindowState window in windows.AsSpan(0, reached))
            {
                // Inside is what was written in the last Ns nanoseconds, now included; a last write counts, a gap does not.
                long outside = ((now - window.Ns) << 1) | 1;
                int marker = window.Marker, pages = window.Pages + 1;
                for (long time; (time = times[marker]) <= outside; marker++) pages -= (int)(time & 1);
                window.Marker = marker;
                window.Pages = pages;
                if (pages > window.MostPages) window.MostPages = pages;
            }
        }
    }

    /// <summary>A page near the head becomes the head; those between go down by one place, and the markers of windows it was outside of with them.</summary>
    private void MoveUp(int place, int slot, int reached, long now)
    {
        for (; place < head; place++)
        {
            (log[place], slotOf[place]) = (log[place + 1], slotOf[place + 1]);
            if (slotOf[place] >= 0) index.Move(slotOf[place], place);
        }
        foreach (ref WindowState window in windows.AsSpan(0, reached)) window.Marker--;
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
        int to = 0, window = active - 1;
        for (int from = 1; from <= head + 1; from++)
        {
            // Longer windows have earlier markers.
            for (; window >= 0 && windows[window].Marker == from; window--) windows[window].Marker = to + 1;
            if (from > head || slotOf[from] < 0) continue;
            to++;
            (log[to], slotOf[to]) = (log[from], slotOf[from]);
            index.Move(slotOf[to], to);
        }
        Debug.Assert(window < 0, "a marker is before the log or behind it");
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
            if (slotOf[place] >= 0) Idle(lengthNs - (log[place] >> 1));
        List<FootprintPoint> points = [];
        UInt128 idleNs = 0;
        Int128 idleTimes = 0;
        for (int k = active - 1; k >= 0; k--)
        {
            ref readonly WindowState window = ref windows[k];
            idleNs += window.IdleNs;
            idleTimes += window.IdleTimes;
            // Positions of the window, and how often a page is missing in one, summed over pages.
            Int128 positions = lengthNs - window.Ns + 1, missing = (Int128)idleNs - (idleTimes * window.Ns);
            points.Add(new(window.Ns, (double)((positions * Pages) - missing) / (double)positions, window.MostPages));
        }
        points.Reverse();
        if (lengthNs > 0 && (points.Count == 0 || points[^1].WindowNs < lengthNs)) points.Add(new(lengthNs, Pages, Pages));
        return new(GranuleLog2, points);
    }
}
