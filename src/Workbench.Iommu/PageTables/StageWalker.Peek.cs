using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>Looks into tables without leaving a trace.</summary>
internal sealed unsafe partial class StageWalker<TFormat, TReach>
{
    /// <summary>The leaf entry for an address as memory holds it now; 0 if there is none.</summary>
    public ulong PeekLeaf(TableStage stage, ulong address) => Peek(stage, address, out _, out _);

    /// <summary>Does the leaf in memory say now that it was written: of a run, any member, since software reads all?</summary>
    public bool PeekDirty(TableStage stage, ulong address)
    {
        ulong leaf = Peek(stage, address, out int level, out ulong slotAddress);
        if (leaf == 0) return false;
        // A size that does not fit its level is of no run.
        ulong run = 8UL << Math.Max(0, TFormat.LeafSizeLog2(leaf, level) - TFormat.Shift(level));
        IommuCounters uncounted = default;
        for (ulong at = slotAddress & ~(run - 1), end = at + run; at < end; at += 8)
            if (reach.Reach(at, forUpdate: false, ref uncounted, out ulong* slot) == FaultKind.None && TFormat.IsDirty(*slot)) return true;
        return false;
    }

    /// <summary>Where the leaf in memory leads an address now; 0 if there is none.</summary>
    public ulong PeekAddress(TableStage stage, ulong address)
    {
        ulong leaf = Peek(stage, address, out int level, out _);
        return leaf == 0 ? 0 : TFormat.LeafAddress(leaf, level) | (address & Bits.Mask(TFormat.LeafSizeLog2(leaf, level)));
    }

    private ulong Peek(TableStage stage, ulong address, out int level, out ulong slotAddress)
    {
        IommuCounters uncounted = default;
        ulong table = stage.Root;
        for (level = stage.RootLevel; ; level--)
        {
            ulong index = level == stage.RootLevel ? RootIndex(stage, address) : Index(address, level);
            slotAddress = unchecked(table + (index << 3));
            if (reach.Reach(slotAddress, forUpdate: false, ref uncounted, out ulong* slot) != FaultKind.None || !TFormat.IsPresent(*slot, level)) return 0;
            if (TFormat.IsLeaf(*slot, level)) return *slot;
            if (level == 0) return 0;
            table = TFormat.TableAddress(*slot);
        }
    }
}
