using Workbench.Iommu;

namespace Workbench.Replay.Curves;

/// <summary>Pages of tables that were looked at not long ago: size and permission, of the latest in each slot. Never older than the tables.</summary>
internal sealed class KnownPages
{
    private const int SlotsLog2 = 13;

    private readonly Slot[] slots = new Slot[1 << SlotsLog2];
    private int largestLog2 = 12;

    /// <summary>A 4 KiB page, and whose it is; 0: empty.</summary>
    private record struct Slot(ulong Page, uint Domain, byte LeafLog2, Permission Permission);

    private ref Slot SlotOf(int domain, ulong page) => ref slots[unchecked((page ^ ((ulong)domain << 7)) * 0x9E3779B97F4A7C15) >> (64 - SlotsLog2)];

    /// <summary>The leaf that holds an address and allows an access; 0 if it is not known.</summary>
    public int LeafLog2Of(int domain, ulong iova, bool isWrite)
    {
        ref Slot slot = ref SlotOf(domain, iova >> 12);
        return slot.LeafLog2 != 0 && slot.Page == iova >> 12 && slot.Domain == domain && (slot.Permission & (isWrite ? Permission.Write : Permission.Read)) != 0 ? slot.LeafLog2 : 0;
    }

    /// <summary>Remembers a page.</summary>
    public void Add(int domain, ulong iova, int leafLog2, Permission permission)
    {
        SlotOf(domain, iova >> 12) = new(iova >> 12, (uint)domain, (byte)leafLog2, permission);
        largestLog2 = Math.Max(largestLog2, leafLog2);
    }

    /// <summary>Forgets what touches a range.</summary>
    public void Drop(int domain, ulong first, ulong last)
    {
        ulong inside = (1UL << largestLog2) - 1, from = (first & ~inside) >> 12, to = (last | inside) >> 12;
        if (to - from < (1 << SlotsLog2) / 4)
        {
            for (ulong page = from; page <= to; page++)
            {
                ref Slot slot = ref SlotOf(domain, page);
                if (slot.Page == page && slot.Domain == domain) slot = default;
            }
            return;
        }
        foreach (ref Slot slot in slots.AsSpan())
            if (slot.Domain == domain && slot.Page >= from && slot.Page <= to) slot = default;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        slots.AsSpan().Clear();
        largestLog2 = 12;
    }
}
