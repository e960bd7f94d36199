using Workbench.Iommu.PageTables;

namespace Workbench.Replay.Curves;

/// <summary>
/// Where a domain's table is known to have leaves of one size, readable and writable, side by side: what is mapped at once is looked at in a few places instead of leaf by
/// leaf. What is not known is asked of the table.
/// </summary>
internal sealed class LeafRuns(int number)
{
    /// <summary>A shorter mapping is not worth a run: its pages are asked for one by one.</summary>
    private const ulong Least = 64 << 10;
    private const int Most = 4096;

    private readonly List<LeafRun> runs = [];

    /// <summary>The domain's number, from 0 in order of appearance.</summary>
    public int Number => number;

    /// <summary>The run that holds an address.</summary>
    public bool TryFind(ulong iova, out LeafRun run)
    {
        int at = After(iova) - 1;
        run = at < 0 ? default : runs[at];
        return at >= 0 && iova <= run.Last;
    }

    /// <summary>Index of the first run that begins above an address.</summary>
    private int After(ulong iova)
    {
        int low = 0, high = runs.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (runs[middle].First <= iova) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>Looks at what has just been mapped.</summary>
    public void Learn(IPageTable table, ulong iova, ulong length)
    {
        if (length < Least || !Cut(iova, iova + (length - 1))) return;
        ulong end = iova + (length - 1);
        for (ulong at = iova; table.TryGetLeaf(at, out _, out int leafLog2) && (at & ((1UL << leafLog2) - 1)) == 0 && end - at >= (1UL << leafLog2) - 1;)
        {
            ulong last = LastOfRun(table, at, end, leafLog2);
            Add(new(at, last, leafLog2));
            if (last == end) return;
            at = last + 1;
        }
    }

    // A larger leaf can begin only where its size divides the address; if it is not used at the first place that has the room, alignment or the mapping's target forbid it everywhere.
    private static ulong LastOfRun(IPageTable table, ulong at, ulong end, int leafLog2)
    {
        ulong last = at + (((end - at + 1) >> leafLog2) << leafLog2) - 1;
        for (int larger = leafLog2 + 1; larger < 63; larger++)
        {
            ulong bytes = 1UL << larger;
            if (bytes > end - at) break;
            ulong place = (at & ~(bytes - 1)) + bytes;
            if (place > end || end - place < bytes - 1) break;
            if (place < last && table.TryGetLeaf(place, out _, out int other) && other > leafLog2) last = place - 1;
        }
        return last;
    }

    private void Add(LeafRun run)
    {
        int at = After(run.First);
        if (at > 0 && runs[at - 1].Last + 1 == run.First && runs[at - 1].LeafLog2 == run.LeafLog2)
        {
            run = run with { First = runs[--at].First };
            runs.RemoveAt(at);
        }
        if (at < runs.Count && run.Last + 1 == runs[at].First && runs[at].LeafLog2 == run.LeafLog2)
        {
            run = run with { Last = runs[at].Last };
            runs.RemoveAt(at);
        }
        if (runs.Count < Most) runs.Insert(at, run);
    }

    /// <summary>Forgets what is known of a range, whole leaves of it; false if so much is known that nothing more is taken up.</summary>
    public bool Cut(ulong first, ulong last)
    {
        int at = After(last) - 1;
        while (at >= 0)
        {
            LeafRun run = runs[at];
            ulong inside = (1UL << run.LeafLog2) - 1, from = first & ~inside, to = last | inside;
            if (run.Last < from) break;
            runs.RemoveAt(at);
            if (run.Last > to) runs.Insert(at, run with { First = to + 1 });
            if (run.First < from) runs.Insert(at, run with { Last = from - 1 });
            at--;
        }
        return runs.Count < Most;
    }

    /// <summary>Is anything known of a range, or of leaves that it touches?</summary>
    public bool Knows(ulong first, ulong last) => After(last) is > 0 and int after && runs[after - 1].Last >= (first & ~((1UL << runs[after - 1].LeafLog2) - 1));

    /// <summary>Forgets everything.</summary>
    public void Clear() => runs.Clear();
}
