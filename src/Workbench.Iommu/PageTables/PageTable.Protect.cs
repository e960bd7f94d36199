using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.PageTables;

/// <summary>Changing what leaves allow.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    /// <inheritdoc/>
    public long Protect(ulong firstIova, ulong lastIova, Permission permission, IPermissionSink? changed, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        if (permission == Permission.None || !TFormat.IsPresent(TFormat.EncodeLeaf(0, 0, TFormat.Shift(0), permission), 0))
            throw new ArgumentOutOfRangeException(nameof(permission), $"{TFormat.Name} has no present leaf with permission '{permission}'; unmap the range instead.");
        ulong last = Math.Min(lastIova, shape.LastInput<TFormat>());
        return firstIova > last ? 0 : ProtectRange(Root.Value, RootLevel, firstIova, last, permission, changed, gather);
    }

    private long ProtectRange(ulong table, int level, ulong first, ulong last, Permission permission, IPermissionSink? changed, InvalidationGather gather)
    {
        unchecked
        {
            long leaves = 0;
            ulong* entries = TableAt(table);
            int shift = TFormat.Shift(level);
            for (int i = IndexOf(first, level), end = IndexOf(last, level); i <= end; i++)
            {
                ulong entry = Volatile.Read(ref entries[i]);
                if (!TFormat.IsPresent(entry, level)) continue;
                ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
                if (!TFormat.IsLeaf(entry, level))
                {
                    leaves += ProtectRange(TFormat.TableAddress(entry), level - 1, Math.Max(first, start), Math.Min(last, stop), permission, changed, gather);
                    continue;
                }
                int log2 = TFormat.LeafSizeLog2(entry, level), run = 1 << (log2 - shift), head = i & -run;
                i = head + run - 1;
                start &= ~((1UL << log2) - 1);
                Permission before = TFormat.PermissionOf(entry, level, hardwareKeepsDirty: true);
                if (before == TFormat.PermissionOf(TFormat.EncodeLeaf(0, level, log2, permission), level, hardwareKeepsDirty: true)) continue;
                for (int member = 0; member < run; member++) Permit(ref entries[head + member], (ulong)member << shift, level, log2, permission);
                leaves++;
                gather.Add(start, start | ((1UL << log2) - 1), log2);
                changed?.Changed(start >> 12, log2, before);
            }
            return leaves;
        }
    }

    /// <summary>Changes one member of a leaf; what hardware marks meanwhile is kept, and everything that is not permission.</summary>
    private static void Permit(ref ulong slot, ulong offset, int level, int log2, Permission permission)
    {
        while (true)
        {
            ulong entry = Volatile.Read(ref slot);
            ulong address = unchecked(TFormat.LeafAddress(entry, level) + offset);
            LeafNature nature = LeafNature.Of(entry, address, level, level) with { Permission = permission };
            // nT belongs to a change of size under way, not to the leaf's nature.
            ulong permitted = nature.Encode(address, level, log2, TFormat.IsAccessed(entry), TFormat.IsDirty(entry)) | (entry & TFormat.NonTranslatingBit(level));
            if (Interlocked.CompareExchange(ref slot, permitted, entry) == entry) return;
        }
    }
}
