using CsCheck;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>What every page-table format obeys, whatever its bits. A format's test class inherits this and adds its own vectors.</summary>
public abstract class PageTableFormatContract<TFormat>
    where TFormat : struct, IDirtyTrackingFormat
{
    private static readonly Permission[] Permissions = [Permission.Read, Permission.Write, Permission.ReadWrite];

    /// <summary>Bits of a physical address that an entry can hold.</summary>
    protected abstract int PhysicalBits { get; }

    private static IEnumerable<int> Levels => Enumerable.Range(0, TFormat.MaxLevels);

    /// <summary>Levels whose entries may be leaves of the level's natural size, which is what EncodeLeaf writes.</summary>
    private static int[] LeafLevels => [.. Levels.Where(level => (TFormat.LeafSizes(level) & (1UL << TFormat.Shift(level))) != 0)];

    private Gen<ulong> Frame(int log2) => Gen.OneOf(Gen.ULong[0, 8], Gen.ULong[0, Bits.Mask(PhysicalBits - log2)], Gen.Const(Bits.Mask(PhysicalBits - log2))).Select(n => n << log2);

    private Gen<(int Level, ulong Address, Permission Permission, ulong Entry)> Leaf =>
        from level in Gen.OneOf(LeafLevels)
        from address in Frame(TFormat.Shift(level))
        from permission in Gen.OneOf(Permissions)
        select (level, address, permission, TFormat.EncodeLeaf(address, level, TFormat.Shift(level), permission));

    private Gen<(int Level, ulong Address, ulong Entry)> Table =>
        from level in Gen.Int[1, TFormat.MaxLevels - 1]
        from address in Frame(12)
        select (level, address, TFormat.EncodeTable(address, level));

    // The bits that marking changes in any entry the driver writes.
    private static ulong AccessedBits => LeafLevels.Aggregate(0UL, (bits, level) => bits | (TFormat.EncodeLeaf(0, level, TFormat.Shift(level), Permission.ReadWrite) ^ TFormat.MarkAccessed(TFormat.EncodeLeaf(0, level, TFormat.Shift(level), Permission.ReadWrite))));
    private static ulong DirtyBits => LeafLevels.Aggregate(0UL, (bits, level) => bits | (TFormat.EncodeLeaf(0, level, TFormat.Shift(level), Permission.ReadWrite) ^ TFormat.MarkDirty(TFormat.EncodeLeaf(0, level, TFormat.Shift(level), Permission.ReadWrite)))) & ~AccessedBits;

    // Some formats have no write-only page.
    private static void AssertGrants(Permission asked, Permission granted) => Assert.True(granted == asked || (asked == Permission.Write && granted == Permission.ReadWrite), $"asked {asked}, granted {granted}");

    [Fact]
    public void Each_level_starts_where_the_level_below_ends()
    {
        Assert.Equal(12, TFormat.Shift(0));
        foreach (int level in Levels.Skip(1)) Assert.Equal(TFormat.Shift(level - 1) + TFormat.IndexBits, TFormat.Shift(level));
    }

    [Fact]
    public void A_table_fills_one_frame() => Assert.Equal(Workbench.Iommu.Memory.PhysicalMemory.FrameBytes, 8 << TFormat.IndexBits);

    [Fact]
    public void The_top_level_indexes_no_more_than_64_address_bits() => Assert.InRange(TFormat.Shift(TFormat.MaxLevels - 1), 12, 63);

    [Fact]
    public void The_lowest_level_holds_4_KiB_leaves() => Assert.True((TFormat.LeafSizes(0) & 0x1000) != 0);

    [Fact]
    public void A_leaf_is_at_least_its_level_and_smaller_than_the_next()
    {
        foreach (int level in Levels)
        {
            ulong sizes = TFormat.LeafSizes(level);
            Assert.Equal(0UL, sizes & ((1UL << TFormat.Shift(level)) - 1));
            if (level + 1 < TFormat.MaxLevels) Assert.Equal(0UL, sizes >> TFormat.Shift(level + 1));
        }
    }

    [Fact]
    public void A_zero_word_is_not_present() => Assert.False(TFormat.IsPresent(0, 0));

    [Fact]
    public void An_encoded_leaf_decodes_to_itself() => Leaf.Sample(leaf =>
    {
        Assert.True(TFormat.IsPresent(leaf.Entry, leaf.Level));
        Assert.True(TFormat.IsLeaf(leaf.Entry, leaf.Level));
        Assert.Equal(leaf.Address, TFormat.LeafAddress(leaf.Entry, leaf.Level));
        Assert.Equal(TFormat.Shift(leaf.Level), TFormat.LeafSizeLog2(leaf.Entry, leaf.Level));
        AssertGrants(leaf.Permission, TFormat.PermissionOf(leaf.Entry, leaf.Level, true));
    });

    [Fact]
    public void An_encoded_leaf_has_no_reserved_bits() => Leaf.Sample(leaf => Assert.False(TFormat.HasReservedBits(leaf.Entry, leaf.Level)));

    [Fact]
    public void The_driver_writes_leaves_clean_and_not_accessed() => Leaf.Sample(leaf =>
    {
        Assert.False(TFormat.IsAccessed(leaf.Entry));
        Assert.False(TFormat.IsDirty(leaf.Entry));
    });

    [Fact]
    public void An_encoded_table_decodes_to_itself() => Table.Sample(table =>
    {
        Assert.True(TFormat.IsPresent(table.Entry, table.Level));
        Assert.False(TFormat.IsLeaf(table.Entry, table.Level));
        Assert.Equal(table.Address, TFormat.TableAddress(table.Entry));
        Assert.Equal(Permission.ReadWrite, TFormat.PermissionOf(table.Entry, table.Level, true));
        Assert.False(TFormat.HasReservedBits(table.Entry, table.Level));
    });

    [Fact]
    public void Accessed_and_dirty_are_different_bits()
    {
        Assert.NotEqual(0UL, AccessedBits);
        Assert.NotEqual(0UL, DirtyBits);
        Assert.Equal(0UL, AccessedBits & DirtyBits);
    }

    [Fact]
    public void Marking_accessed_changes_only_the_accessed_bits() => Gen.Select(Leaf, Gen.ULong).Sample((leaf, noise) =>
    {
        Assert.Equal(0UL, (TFormat.MarkAccessed(leaf.Entry) ^ leaf.Entry) & ~AccessedBits);
        Assert.Equal(0UL, (TFormat.MarkAccessed(noise) ^ noise) & ~AccessedBits);
        Assert.True(TFormat.IsAccessed(TFormat.MarkAccessed(leaf.Entry)));
        Assert.False(TFormat.IsDirty(TFormat.MarkAccessed(leaf.Entry)));
    });

    [Fact]
    public void Marking_dirty_changes_only_the_accessed_and_dirty_bits() => Gen.Select(Leaf, Gen.ULong).Sample((leaf, noise) =>
    {
        Assert.Equal(0UL, (TFormat.MarkDirty(leaf.Entry) ^ leaf.Entry) & ~(AccessedBits | DirtyBits));
        Assert.Equal(0UL, (TFormat.MarkDirty(noise) ^ noise) & ~(AccessedBits | DirtyBits));
        Assert.True(TFormat.IsDirty(TFormat.MarkDirty(leaf.Entry)));
        Assert.True(TFormat.IsAccessed(TFormat.MarkDirty(leaf.Entry)));
    });

    [Fact]
    public void Cleaning_takes_dirty_away_and_keeps_accessed_and_everything_else() => Gen.Select(Leaf, Gen.ULong).Sample((leaf, noise) =>
    {
        Assert.Equal(TFormat.MarkAccessed(leaf.Entry), TFormat.Clean(TFormat.MarkDirty(leaf.Entry)));
        Assert.Equal(leaf.Entry, TFormat.Clean(leaf.Entry));
        Assert.Equal(0UL, (TFormat.Clean(noise) ^ noise) & ~DirtyBits);
    });

    [Fact]
    public void A_dirty_leaf_is_the_same_leaf() => Leaf.Sample(leaf =>
    {
        foreach (ulong marked in new[] { TFormat.MarkAccessed(leaf.Entry), TFormat.MarkDirty(leaf.Entry), TFormat.Clean(TFormat.MarkDirty(leaf.Entry)) })
        {
            Assert.True(TFormat.IsPresent(marked, leaf.Level));
            Assert.True(TFormat.IsLeaf(marked, leaf.Level));
            Assert.False(TFormat.HasReservedBits(marked, leaf.Level));
            Assert.Equal(leaf.Address, TFormat.LeafAddress(marked, leaf.Level));
            AssertGrants(leaf.Permission, TFormat.PermissionOf(marked, leaf.Level, true));
        }
    });

    [Fact]
    public void A_table_stays_a_table_when_hardware_marks_it_accessed()
    {
        if (!TFormat.MarksTablesAccessed) return;
        Table.Sample(table =>
        {
            ulong marked = TFormat.MarkAccessed(table.Entry);
            Assert.True(TFormat.IsAccessed(marked));
            Assert.False(TFormat.IsAccessed(table.Entry));
            Assert.False(TFormat.IsLeaf(marked, table.Level));
            Assert.False(TFormat.HasReservedBits(marked, table.Level));
            Assert.Equal(table.Address, TFormat.TableAddress(marked));
        });
    }
}
