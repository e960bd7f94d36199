using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// Dirty updates that the architecture lets become visible after the write that caused them (Arm DDI 0487, D8.5.3: an update is not ordered
/// against its own store). Software sees them at the next fence, or when newer ones push them out.
/// </summary>
internal sealed unsafe class LaggingUpdates<TFormat, TReach>(TReach reach)
    where TFormat : struct, IDirtyTrackingFormat
    where TReach : struct, ITableReach
{
    /// <summary>Updates on the way at once; a part's real number is not published.</summary>
    public const int Most = 64;

    private readonly (nint Slot, int Level, ulong Walked, ulong Address)[] waiting = new (nint, int, ulong, ulong)[Most];
    private int first;
    private int count;

    /// <summary>Remembers that the leaf of an address, which is a walked entry now, is to become dirty.</summary>
    public void Add(ulong* slot, int level, ulong walked, ulong address, ref IommuCounters counters)
    {
        if (count == Most) ApplyOldest(ref counters);
        waiting[(first + count++) % Most] = ((nint)slot, level, walked, address);
    }

    /// <summary>Makes all visible.</summary>
    public void Apply(ref IommuCounters counters)
    {
        while (count > 0) ApplyOldest(ref counters);
    }

    private void ApplyOldest(ref IommuCounters counters)
    {
        (nint at, int level, ulong walked, ulong address) = waiting[first];
        (first, count) = ((first + 1) % Most, count - 1);
        ulong* slot = (ulong*)at;
        ulong target = OutputOf(walked, level, address);
        while (true)
        {
            // Software may have unmapped or changed the entry meanwhile: only a leaf that leads where the write went becomes dirty, and only while it may be written.
            ulong entry = Volatile.Read(ref *slot);
            if (!TFormat.IsPresent(entry, level)) return;
            if (!TFormat.IsLeaf(entry, level))
            {
                // The leaf was split: the update repeats until it matches what is there now. Arm DDI 0487, D8.5.
                if (level == 0 || !reach.IsFixed) return;
                level--;
                ulong index = unchecked((address >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1));
                if (reach.Reach(unchecked(TFormat.TableAddress(entry) + (index << 3)), forUpdate: true, ref counters, out slot) != FaultKind.None) return;
                continue;
            }
            if (OutputOf(entry, level, address) != target || (TFormat.PermissionOf(entry, level, hardwareKeepsDirty: true) & Permission.Write) == 0) return;
            ulong updated = TFormat.MarkDirty(entry);
            if (updated == entry) return;
            if (Interlocked.CompareExchange(ref *slot, updated, entry) != entry) continue;
            if (!TFormat.IsAccessed(entry)) counters.AccessedUpdates++;
            if (!TFormat.IsDirty(entry)) counters.DirtyUpdates++;
            return;
        }
    }

    private static ulong OutputOf(ulong leaf, int level, ulong address) => TFormat.LeafAddress(leaf, level) | (address & Bits.Mask(TFormat.LeafSizeLog2(leaf, level)));
}
