namespace Workbench.Replay.Policies;

/// <summary>How much of a region a harvest reported.</summary>
internal readonly struct DirtyBytes(IReadOnlyList<Leaf> dirty)
{
    /// <summary>Bytes of dirty leaves inside a region; the leaves are in order of address.</summary>
    public ulong In(Leaf region)
    {
        int low = 0, high = dirty.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (dirty[middle].Address < region.Address) low = middle + 1;
            else high = middle;
        }
        ulong bytes = 0, last = region.Address | ((1UL << region.SizeLog2) - 1);
        for (; low < dirty.Count && dirty[low].Address <= last; low++) bytes += 1UL << dirty[low].SizeLog2;
        return bytes;
    }
}
