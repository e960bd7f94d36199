using System.Numerics;
using Workbench.Iommu.LeafChanges;

namespace Workbench.Iommu.PageTables;

/// <summary>What splits and collapses share: where an entry lies now, what of a leaf carries over to leaves of other sizes, and late marks.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    // Counts maps and unmaps, so that a change under way knows whether what it read may be gone.
    private long remaps;
    // At most one at a time: a break is followed by its make before the next.
    private Hole? hole;

    /// <inheritdoc/>
    public ILeafChange? BeginSplit(ulong iova, int targetLog2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost, ref LeafChangeCounts counts)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        return LeafSplit.Begin(this, iova, LargestLeafUpTo(targetLog2), protocol, lost, ref counts);
    }

    /// <inheritdoc/>
    public ILeafChange? BeginCollapse(ulong iova, int targetLog2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost, ref LeafChangeCounts counts)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        return LeafCollapse.Begin(this, iova, LargestLeafUpTo(targetLog2), protocol, lost, ref counts);
    }

    /// <inheritdoc/>
    public int LargestLeafUpTo(int log2)
    {
        ulong sizes = 0;
        for (int level = 0; level <= shape.RootLevel; level++) sizes |= TFormat.LeafSizes(level);
        sizes &= leafSizes & Iommu.Bits.Mask(Math.Clamp(log2, TFormat.Shift(0), 63) + 1);
        return BitOperations.Log2(sizes);
    }

    private static int LevelOf(int log2)
    {
        int level = 0;
        while ((TFormat.LeafSizes(level) & (1UL << log2)) == 0) level++;
        return level;
    }

    /// <summary>The entry of a level on the way to an address; null where no table leads there.</summary>
    private ulong* SlotAt(ulong iova, int level)
    {
        if (iova > shape.LastInput<TFormat>() || level > shape.RootLevel) return null;
        ulong table = Root.Value;
        for (int at = shape.RootLevel; at > level; at--)
        {
            ulong entry = Volatile.Read(ref TableAt(table)[IndexOf(iova, at)]);
            if (!TFormat.IsPresent(entry, at) || TFormat.IsLeaf(entry, at)) return null;
            table = TFormat.TableAddress(entry);
        }
        return TableAt(table) + IndexOf(iova, level);
    }

    /// <summary>The entry that is, or is a member of, the leaf of an address; null if none maps it.</summary>
    private ulong* LeafSlotAt(ulong iova, out int level)
    {
        for (level = shape.RootLevel; level >= 0; level--)
        {
            ulong* slot = SlotAt(iova, level);
            if (slot == null || !TFormat.IsPresent(*slot, level)) return null;
            if (TFormat.IsLeaf(*slot, level)) return slot;
        }
        return null;
    }

    /// <summary>Sets A or D as hardware does, if the entry is a leaf.</summary>
    private static void Mark(ref ulong slot, int level, bool dirty)
    {
        while (true)
        {
            ulong entry = Volatile.Read(ref slot);
            if (!TFormat.IsPresent(entry, level) || !TFormat.IsLeaf(entry, level)) return;
            ulong marked = dirty ? TFormat.MarkDirty(entry) : TFormat.MarkAccessed(entry);
            if (marked == entry || Interlocked.CompareExchange(ref slot, marked, entry) == entry) return;
        }
    }

    /// <summary>Marks every leaf under a table.</summary>
    private long MarkAll(ulong table, int level, bool dirty)
    {
        ulong* entries = TableAt(table);
        long written = 0;
        for (int i = 0, count = EntriesOf(level); i < count; i++)
        {
            ulong entry = Volatile.Read(ref entries[i]);
            if (!TFormat.IsPresent(entry, level)) continue;
            if (!TFormat.IsLeaf(entry, level))
            {
                written += MarkAll(TFormat.TableAddress(entry), level - 1, dirty);
                continue;
            }
            Mark(ref entries[i], level, dirty);
            written++;
        }
        return written;
    }

    private static bool IsSameButMarks(ulong entry, ulong other) => TFormat.Clean(TFormat.MarkAccessed(entry)) == TFormat.Clean(TFormat.MarkAccessed(other));

    /// <summary>
    /// What a leaf has that leaves of other sizes over the same memory get too: permission, and the bits that <see cref="IPageTableFormat.EncodeLeaf"/> would not have
    /// written, as the difference from what it would have.
    /// </summary>
    private readonly record struct LeafNature(Permission Permission, ulong Attributes)
    {
        /// <summary>Of an entry whose own part begins at <paramref name="address"/>, for leaves of <paramref name="toLevel"/>.</summary>
        public static LeafNature Of(ulong entry, ulong address, int level, int toLevel)
        {
            Permission permission = TFormat.PermissionOf(entry, level, hardwareKeepsDirty: true);
            ulong plain = TFormat.EncodeLeaf(address, level, TFormat.LeafSizeLog2(entry, level), permission);
            ulong accessed = TFormat.MarkAccessed(plain) ^ plain, dirty = (TFormat.MarkDirty(plain) ^ plain) & ~accessed;
            ulong differs = entry ^ plain;
            if (TFormat.IsAccessed(entry)) differs ^= accessed;
            if (TFormat.IsDirty(entry)) differs ^= dirty;
            return new(permission, TFormat.MoveAttributes(differs & ~TFormat.NonTranslatingBit(level), level, toLevel));
        }

        public ulong Encode(ulong address, int level, int sizeLog2, bool accessed, bool dirty)
        {
            ulong entry = TFormat.EncodeLeaf(address, level, sizeLog2, Permission) ^ Attributes;
            return dirty ? TFormat.MarkDirty(entry) : accessed ? TFormat.MarkAccessed(entry) : entry;
        }

        /// <summary>Does the entry say what it was made of? Not if software's bits stand where this size keeps something else.</summary>
        public bool IsIn(ulong entry, ulong address, int level, int sizeLog2) =>
            (Attributes & OwnAddressBits(level, sizeLog2)) == 0 && TFormat.IsPresent(entry, level) && TFormat.IsLeaf(entry, level) && !TFormat.HasReservedBits(entry, level) && TFormat.LeafSizeLog2(entry, level) == sizeLog2
            && TFormat.LeafAddress(entry, level) == (address & ~Iommu.Bits.Mask(sizeLog2)) && TFormat.PermissionOf(entry, level, hardwareKeepsDirty: true) == Permission;

        /// <summary>Where a member of a leaf says which part of it is its own.</summary>
        private static ulong OwnAddressBits(int level, int sizeLog2) =>
            TFormat.EncodeLeaf(Iommu.Bits.Mask(sizeLog2) & ~Iommu.Bits.Mask(TFormat.Shift(level)), level, sizeLog2, Permission.Read) ^ TFormat.EncodeLeaf(0, level, sizeLog2, Permission.Read);
    }
}
