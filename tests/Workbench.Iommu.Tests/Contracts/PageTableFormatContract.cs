using CsCheck;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>
/// What every page-table format obeys, whatever its bits: granule, index bits, and leaves that fill runs of entries. A format's test class
/// inherits this and adds its own vectors. This part is about single entries.
/// </summary>
public abstract partial class PageTableFormatContract<TFormat>
    where TFormat : struct, IDirtyTrackingFormat
{
    private static readonly Permission[] Permissions = [Permission.Read, Permission.Write, Permission.ReadWrite];

    /// <summary>Bits of a physical address that an entry can hold.</summary>
    protected abstract int PhysicalBits { get; }

    /// <summary>Tables to test at: whole levels, and top tables of fewer entries and (unless signed) of several tables one after the other.</summary>
    protected virtual IEnumerable<TableShape> Shapes
    {
        get
        {
            for (int levels = 1; levels <= TFormat.MaxLevels; levels++)
            {
                TableShape whole = TableShape.OfLevels<TFormat>(levels);
                yield return whole;
                yield return whole with { InputBits = whole.InputBits - 3 };
                if (!TFormat.IsSigned && whole.InputBits <= 62) yield return whole with { InputBits = whole.InputBits + 2 };
            }
        }
    }

    /// <summary>Tables for long random runs: enough levels for every leaf, whole and with fewer entries at the top.</summary>
    protected virtual IEnumerable<TableShape> ShapesForRandomRuns
    {
        get
        {
            int levels = Math.Min(TFormat.MaxLevels, Levels.Last(level => TFormat.LeafSizes(level) != 0) + 2);
            yield return TableShape.OfLevels<TFormat>(levels);
            yield return TableShape.OfLevels<TFormat>(TFormat.MaxLevels) with { InputBits = TFormat.Shift(TFormat.MaxLevels - 1) + 2 };
        }
    }

    private static IEnumerable<int> Levels => Enumerable.Range(0, TFormat.MaxLevels);

    /// <summary>Every level with every size that its leaves can have.</summary>
    private IEnumerable<(int Level, int SizeLog2)> KindsOfLeaf =>
        from level in Levels
        from size in Enumerable.Range(0, Math.Min(63, PhysicalBits + 1))
        where (TFormat.LeafSizes(level) >> size & 1) != 0
        select (level, size);

    private Gen<ulong> Frame(int log2) => Gen.OneOf(Gen.ULong[0, Math.Min(8, Bits.Mask(PhysicalBits - log2))], Gen.ULong[0, Bits.Mask(PhysicalBits - log2)], Gen.Const(Bits.Mask(PhysicalBits - log2))).Select(n => n << log2);

    /// <summary>Any entry of a leaf as the driver writes it: the leaf's address, and the word of one member.</summary>
    private Gen<(int Level, int SizeLog2, ulong Address, Permission Permission, ulong Entry)> Leaf =>
        from kind in Gen.OneOf(KindsOfLeaf.ToArray())
        from address in Frame(kind.SizeLog2)
        from member in Gen.ULong[0, Bits.Mask(kind.SizeLog2 - TFormat.Shift(kind.Level))]
        from permission in Gen.OneOf(Permissions)
        select (kind.Level, kind.SizeLog2, address, permission, TFormat.EncodeLeaf(address + (member << TFormat.Shift(kind.Level)), kind.Level, kind.SizeLog2, permission));

    /// <summary>Entries that a write may go through: only those become dirty, which some formats code as permission.</summary>
    private Gen<(int Level, int SizeLog2, ulong Address, Permission Permission, ulong Entry)> WritableLeaf => Leaf.Where(leaf => (leaf.Permission & Permission.Write) != 0);

    private Gen<(int Level, ulong Address, ulong Entry)> Table =>
        from level in Gen.Int[1, TFormat.MaxLevels - 1]
        from address in Frame(TFormat.IndexBits + 3)
        select (level, address, TFormat.EncodeTable(address, level));

    // The bits that marking changes in any entry the driver writes.
    private ulong AccessedBits => ChangedBits(TFormat.MarkAccessed);
    private ulong DirtyBits => ChangedBits(TFormat.MarkDirty) & ~AccessedBits;

    private ulong ChangedBits(Func<ulong, ulong> mark) =>
        KindsOfLeaf.Select(kind => TFormat.EncodeLeaf(0, kind.Level, kind.SizeLog2, Permission.ReadWrite)).Aggregate(0UL, (bits, leaf) => bits | (leaf ^ mark(leaf)));

    // Some formats have no write-only page.
    private static void AssertGrants(Permission asked, Permission granted) => Assert.True(granted == asked || (asked == Permission.Write && granted == Permission.ReadWrite), $"asked {asked}, granted {granted}");

    [Fact]
    public void Each_level_starts_where_the_level_below_ends()
    {
        foreach (int level in Levels.Skip(1)) Assert.Equal(TFormat.Shift(level - 1) + TFormat.IndexBits, TFormat.Shift(level));
    }

    [Fact]
    public void The_granule_is_at_least_a_frame_and_a_table_at_most_2_MiB()
    {
        Assert.InRange(TFormat.Shift(0), 12, 16);
        Assert.InRange(TFormat.IndexBits + 3, 12, 21);
    }

    [Fact]
    public void The_top_level_indexes_no_more_than_64_address_bits() => Assert.InRange(TFormat.Shift(TFormat.MaxLevels - 1), 12, 63);

    [Fact]
    public void The_lowest_level_holds_leaves_of_the_granule() => Assert.NotEqual(0UL, TFormat.LeafSizes(0) & (1UL << TFormat.Shift(0)));

    // At the top level a leaf may take all of the table but not more than it.
    [Fact]
    public void A_leaf_is_at_least_its_level_and_smaller_than_the_next()
    {
        foreach (int level in Levels)
        {
            ulong sizes = TFormat.LeafSizes(level);
            Assert.Equal(0UL, sizes & ((1UL << TFormat.Shift(level)) - 1));
            if (TFormat.Shift(level) + TFormat.IndexBits < 64) Assert.Equal(0UL, sizes >> (TFormat.Shift(level) + TFormat.IndexBits));
        }
    }

    [Fact]
    public void A_leaf_above_the_granule_has_the_size_that_was_asked_for()
    {
        Assert.NotEmpty(KindsOfLeaf);
        Leaf.Sample(leaf => Assert.Equal(leaf.SizeLog2, TFormat.LeafSizeLog2(leaf.Entry, leaf.Level)));
    }

    [Fact]
    public void A_zero_word_is_present_at_no_level() => Assert.All(Levels, level => Assert.False(TFormat.IsPresent(0, level)));

    [Fact]
    public void An_encoded_leaf_decodes_to_itself() => Leaf.Sample(leaf =>
    {
        Assert.True(TFormat.IsPresent(leaf.Entry, leaf.Level));
        Assert.True(TFormat.IsLeaf(leaf.Entry, leaf.Level));
        Assert.Equal(leaf.Address, TFormat.LeafAddress(leaf.Entry, leaf.Level));
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
    public void Marking_dirty_changes_only_the_accessed_and_dirty_bits() => Gen.Select(WritableLeaf, Gen.ULong).Sample((leaf, noise) =>
    {
        Assert.Equal(0UL, (TFormat.MarkDirty(leaf.Entry) ^ leaf.Entry) & ~(AccessedBits | DirtyBits));
        Assert.Equal(0UL, (TFormat.MarkDirty(noise) ^ noise) & ~(AccessedBits | DirtyBits));
        Assert.True(TFormat.IsDirty(TFormat.MarkDirty(leaf.Entry)));
        Assert.True(TFormat.IsAccessed(TFormat.MarkDirty(leaf.Entry)));
    });

    [Fact]
    public void Marking_twice_is_marking_once() => WritableLeaf.Sample(leaf =>
    {
        Assert.Equal(TFormat.MarkAccessed(leaf.Entry), TFormat.MarkAccessed(TFormat.MarkAccessed(leaf.Entry)));
        Assert.Equal(TFormat.MarkDirty(leaf.Entry), TFormat.MarkDirty(TFormat.MarkDirty(leaf.Entry)));
        Assert.Equal(TFormat.MarkDirty(leaf.Entry), TFormat.MarkAccessed(TFormat.MarkDirty(leaf.Entry)));
        Assert.Equal(TFormat.MarkDirty(leaf.Entry), TFormat.MarkDirty(TFormat.MarkAccessed(leaf.Entry)));
    });

    [Fact]
    public void Cleaning_takes_dirty_away_and_keeps_accessed_and_everything_else() => Gen.Select(WritableLeaf, Gen.ULong).Sample((leaf, noise) =>
    {
        Assert.Equal(TFormat.MarkAccessed(leaf.Entry), TFormat.Clean(TFormat.MarkDirty(leaf.Entry)));
        Assert.Equal(leaf.Entry, TFormat.Clean(leaf.Entry));
        Assert.False(TFormat.IsDirty(TFormat.Clean(noise)));
        Assert.Equal(0UL, (TFormat.Clean(noise) ^ noise) & ~DirtyBits);
    });

    [Fact]
    public void An_accessed_leaf_is_the_same_leaf() => Leaf.Sample(leaf => AssertSameLeaf(leaf, TFormat.MarkAccessed(leaf.Entry)));

    [Fact]
    public void A_dirty_leaf_is_the_same_leaf() => WritableLeaf.Sample(leaf =>
    {
        AssertSameLeaf(leaf, TFormat.MarkDirty(leaf.Entry));
        AssertSameLeaf(leaf, TFormat.Clean(TFormat.MarkDirty(leaf.Entry)));
    });

    // Whoever keeps dirty: what is dirty may be written.
    [Fact]
    public void A_dirty_leaf_grants_as_much_to_hardware_that_keeps_no_dirty_bits() => WritableLeaf.Sample(leaf => AssertGrants(leaf.Permission, TFormat.PermissionOf(TFormat.MarkDirty(leaf.Entry), leaf.Level, false)));

    private static void AssertSameLeaf((int Level, int SizeLog2, ulong Address, Permission Permission, ulong Entry) leaf, ulong marked)
    {
        Assert.True(TFormat.IsPresent(marked, leaf.Level));
        Assert.True(TFormat.IsLeaf(marked, leaf.Level));
        Assert.False(TFormat.HasReservedBits(marked, leaf.Level));
        Assert.Equal(leaf.Address, TFormat.LeafAddress(marked, leaf.Level));
        Assert.Equal(leaf.SizeLog2, TFormat.LeafSizeLog2(marked, leaf.Level));
        AssertGrants(leaf.Permission, TFormat.PermissionOf(marked, leaf.Level, true));
    }

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
