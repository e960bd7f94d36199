using Workbench.Iommu;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;

namespace Workbench.Replay.Iommufd;

/// <summary>An I/O address space: areas of IOVA and the hardware page tables that all hold the same mappings.</summary>
public sealed class Ioas
{
    /// <summary>What addresses and lengths are multiples of: the largest of the smallest pages of its IOMMUs, which may not exceed the CPU's page of 4 KiB.</summary>
    public const ulong Alignment = 4096;

    // In order of address, without overlap.
    private readonly List<IoasArea> areas = [];
    private readonly List<Hwpt> hwpts = [];

    internal Ioas() { }

    /// <summary>The areas in order of address.</summary>
    public IReadOnlyList<IoasArea> Areas => areas;
    /// <summary>The hardware page tables, in order of allocation.</summary>
    public IReadOnlyList<Hwpt> Hwpts => hwpts;

    /// <summary>The area that holds an address, or null.</summary>
    public IoasArea? Find(ulong iova)
    {
        int at = IndexOf(iova);
        return at < areas.Count && areas[at].FirstByte <= iova ? areas[at] : null;
    }

    /// <summary>Is every byte from first to last mapped?</summary>
    public bool IsContiguous(ulong firstByte, ulong lastByte)
    {
        int at = IndexOf(firstByte);
        for (ulong next = firstByte; at < areas.Count && areas[at].FirstByte <= next; at++)
        {
            if (areas[at].LastByte >= lastByte) return true;
            next = areas[at].LastByte + 1;
        }
        return false;
    }

    /// <summary>Maps a range in all its tables, with leaves of at most 2^<paramref name="largestLeafLog2"/> bytes. EINVAL, EOVERFLOW and EEXIST as Linux has them.</summary>
    internal Errno Map(ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2)
    {
        if (length == 0 || ((iova | length | physical) & (Alignment - 1)) != 0) return Errno.Invalid;
        if (length - 1 > ulong.MaxValue - iova) return Errno.Overflow;
        IoasArea area = new(iova, iova + (length - 1), physical, permission, largestLeafLog2);
        int at = IndexOf(iova);
        if (at < areas.Count && areas[at].FirstByte <= area.LastByte) return Errno.Exists;
        for (int i = 0; i < hwpts.Count; i++)
        {
            if (Fill(hwpts[i], area)) continue;
            while (--i >= 0) Empty(hwpts[i], area);
            return Errno.Invalid;
        }
        areas.Insert(at, area);
        return Errno.None;
    }

    /// <summary>
    /// Unmaps the areas in a range, in order, and tells how many bytes they had. ENOENT if there is none or one would have to be cut; what comes before that one
    /// is unmapped all the same if <paramref name="upToCut"/>, else nothing is.
    /// </summary>
    internal Errno Unmap(ulong iova, ulong length, bool upToCut, out ulong unmapped)
    {
        unmapped = 0;
        if (length == 0) return Errno.Invalid;
        if (length - 1 > ulong.MaxValue - iova) return Errno.Overflow;
        ulong last = iova + (length - 1);
        int first = IndexOf(iova), end = first;
        while (end < areas.Count && areas[end].FirstByte <= last) end++;
        if (first == end || areas[first].FirstByte < iova) return Errno.NoEntry;
        bool isCut = areas[end - 1].LastByte > last;
        if (isCut && !upToCut) return Errno.NoEntry;
        if (isCut) end--;
        foreach (IoasArea area in areas[first..end])
        {
            foreach (Hwpt hwpt in hwpts) Empty(hwpt, area);
            unmapped += area.LastByte - area.FirstByte + 1;
        }
        areas.RemoveRange(first, end - first);
        return isCut ? Errno.NoEntry : Errno.None;
    }

    /// <summary>Gives a new table all mappings. EADDRINUSE if one lies beyond the addresses it can have, EINVAL if it cannot hold one for another reason.</summary>
    internal Errno Add(Hwpt hwpt)
    {
        if (areas.Count != 0 && areas[^1].LastByte > hwpt.Domain.Table.LastIova) return Errno.AddressInUse;
        if (!areas.TrueForAll(area => Fill(hwpt, area))) return Errno.Invalid;
        hwpts.Add(hwpt);
        return Errno.None;
    }

    private static bool Fill(Hwpt hwpt, IoasArea area)
    {
        InvalidationGather gather = new();
        MapResult result = hwpt.Driver.Map(hwpt.Domain, area.FirstByte, area.Physical, area.LastByte - area.FirstByte + 1, area.Permission, area.LargestLeafLog2, gather);
        hwpt.Driver.Invalidate(hwpt.Domain, gather);
        return result == MapResult.Mapped;
    }

    private static void Empty(Hwpt hwpt, IoasArea area)
    {
        InvalidationGather gather = new();
        hwpt.Domain.Table.Unmap(area.FirstByte, area.LastByte - area.FirstByte + 1, dirty: null, gather);
        hwpt.Driver.Invalidate(hwpt.Domain, gather);
    }

    /// <summary>The first area that ends at or after an address.</summary>
    private int IndexOf(ulong iova)
    {
        int low = 0, high = areas.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (areas[middle].LastByte < iova) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
