using Workbench.Iommu.Dirty;
using Workbench.Iommu.PageTables;
using Workbench.Replay.Policies;

namespace Workbench.Replay.Trackers;

/// <summary>The leaves of a domain's table, read once and again only when mappings have changed.</summary>
internal sealed class MappedLeaves(DomainOracle domain)
{
    private readonly PageSet small = new();
    private readonly List<Leaf> large = [];
    private readonly List<(ulong FirstPage, ulong LastPage)> runs = [];
    private (long Changes, long Leaves) seen = (-1, -1);

    /// <summary>What is mapped, as contiguous runs in address order.</summary>
    public IReadOnlyList<(ulong FirstPage, ulong LastPage)> Runs
    {
        get
        {
            Refresh();
            return runs;
        }
    }

    /// <summary>Reports every leaf.</summary>
    public void Report()
    {
        Refresh();
        domain.Report(small);
        foreach (Leaf leaf in large) domain.Report(leaf.Address >> 12, leaf.SizeLog2);
    }

    /// <summary>Leaves that have their first byte in a range, in address order.</summary>
    public static IEnumerable<Leaf> In(IPageTable table, ulong firstByte, ulong lastByte)
    {
        ulong from = firstByte;
        while (table.NextLeaf(from, out int log2) is { } start && start <= lastByte)
        {
            ulong last = start | ((1UL << log2) - 1);
            if (start >= firstByte) yield return new(start, log2);
            if (last == ulong.MaxValue) yield break;
            from = last + 1;
        }
    }

    private void Refresh()
    {
        // Splits and collapses change the number of leaves and not what is mapped.
        (long, long) now = (domain.MappingChanges, domain.Domain.Table.Leaves);
        if (seen == now) return;
        seen = now;
        small.Clear();
        large.Clear();
        runs.Clear();
        foreach (Leaf leaf in In(domain.Domain.Table, 0, ulong.MaxValue))
        {
            ulong first = leaf.Address >> 12, last = (leaf.Address | ((1UL << leaf.SizeLog2) - 1)) >> 12;
            if (leaf.SizeLog2 == 12) small.Add(first);
            else large.Add(leaf);
            if (runs.Count > 0 && runs[^1].LastPage + 1 == first) runs[^1] = (runs[^1].FirstPage, last);
            else runs.Add((first, last));
        }
    }
}
