namespace Workbench.Iommu.PageTables;

/// <summary>Going through all that a table holds.</summary>
public sealed unsafe partial class PageTable<TFormat> : ITableContents
{
    /// <inheritdoc/>
    string ITableContents.FormatName => TFormat.Name;

    /// <inheritdoc/>
    void ITableContents.Visit(ITableVisitor visitor)
    {
        // After Free the frames may be of other tables, so a table without leaves is not looked into.
        if (Leaves > 0) Visit(visitor, Root.Value, RootLevel, 0, Permission.ReadWrite);
    }

    private void Visit(ITableVisitor visitor, ulong table, int level, ulong within, Permission allowed)
    {
        unchecked
        {
            int shift = TFormat.Shift(level), all = EntriesOf(level), count = TFormat.IsSigned && level == shape.RootLevel ? all / 2 : all;
            visitor.Enter(level, Start(within, level, 0), Start(within, level, count - 1) | ((1UL << shift) - 1));
            // Null if the memory is gone, which is no reason to fail while a value is shown.
            ulong* entries = memory.PointerOrNull(table);
            for (int i = 0; entries != null && i < count; i++)
            {
                ulong entry = Volatile.Read(ref entries[i]);
                if (!TFormat.IsPresent(entry, level)) continue;
                ulong start = Start(within, level, i);
                Permission here = allowed & TFormat.PermissionOf(entry, level, hardwareKeepsDirty: true);
                if (!TFormat.IsLeaf(entry, level))
                {
                    if (level > 0) Visit(visitor, TFormat.TableAddress(entry), level - 1, start, here);
                    continue;
                }
                int log2 = TFormat.LeafSizeLog2(entry, level), run = 1 << Math.Max(0, log2 - shift);
                visitor.Leaf(new(start & ~((1UL << log2) - 1), log2, TFormat.LeafAddress(entry, level), here, AnyDirty(entries + (i & -run), run)));
                i |= run - 1;
            }
            visitor.Leave();
        }
    }
}
