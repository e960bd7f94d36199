namespace Workbench.Iommu.PageTables;

/// <summary>Finding what is mapped.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    /// <inheritdoc/>
    public ulong? NextLeaf(ulong fromIova, out int leafLog2)
    {
        leafLog2 = 0;
        return fromIova > shape.LastInput<TFormat>() ? null : NextLeaf(Root.Value, RootLevel, fromIova, out leafLog2);
    }

    private ulong? NextLeaf(ulong table, int level, ulong from, out int leafLog2)
    {
        unchecked
        {
            ulong* entries = TableAt(table);
            int count = TFormat.IsSigned && level == shape.RootLevel ? EntriesOf(level) / 2 : EntriesOf(level);
            for (int i = IndexOf(from, level); i < count; i++)
            {
                ulong entry = Volatile.Read(ref entries[i]), start = Start(from, level, i);
                if (!TFormat.IsPresent(entry, level)) continue;
                if (TFormat.IsLeaf(entry, level))
                {
                    leafLog2 = TFormat.LeafSizeLog2(entry, level);
                    return start & ~((1UL << leafLog2) - 1);
                }
                if (NextLeaf(TFormat.TableAddress(entry), level - 1, Math.Max(start, from), out leafLog2) is { } found) return found;
            }
            leafLog2 = 0;
            return null;
        }
    }
}
