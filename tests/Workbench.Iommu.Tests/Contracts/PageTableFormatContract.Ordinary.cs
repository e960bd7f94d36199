using CsCheck;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>What a walk concludes from a pattern alone is what the format's own answers say.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    // Random words hardly ever match: what the pattern asks for is forced, and one of its bits sometimes flipped back.
    private static Gen<(int Level, ulong Word)> Near(Func<int, EntryPattern> pattern) =>
        AnyWord.Select(Gen.Int[-40, 63], (any, flip) => (any.Level, ((any.Word & ~pattern(any.Level).Mask) | pattern(any.Level).Value) ^ (flip < 0 ? 0 : 1UL << flip)));

    [Fact]
    public void An_ordinary_table_points_to_a_table_that_allows_everything()
    {
        int matched = 0;
        Near(TFormat.OrdinaryTable).Where(any => any.Level > 0).Sample((level, word) =>
        {
            if (!TFormat.OrdinaryTable(level).Matches(word)) return;
            matched++;
            Assert.True(TFormat.IsPresent(word, level) && !TFormat.IsLeaf(word, level) && !TFormat.HasReservedBits(word, level));
            Assert.Equal((Permission.ReadWrite, Permission.ReadWrite), (TFormat.PermissionOf(word, level, hardwareKeepsDirty: true), TFormat.PermissionOf(word, level, hardwareKeepsDirty: false)));
        }, iter: 4000, threads: 1);
        Assert.True(matched > 1000);
        Table.Sample(table => Assert.True(TFormat.OrdinaryTable(table.Level).Matches(table.Entry)));
    }

    [Fact]
    public void An_ordinary_leaf_is_a_leaf_of_one_entry_that_may_be_read_and_cached()
    {
        int matched = 0;
        Near(TFormat.OrdinaryLeaf).Sample((level, word) =>
        {
            if (!TFormat.OrdinaryLeaf(level).Matches(word)) return;
            matched++;
            Assert.True(TFormat.IsPresent(word, level) && TFormat.IsLeaf(word, level) && !TFormat.HasReservedBits(word, level));
            Assert.Equal(TFormat.Shift(level), TFormat.LeafSizeLog2(word, level));
            Assert.NotEqual(Permission.None, TFormat.PermissionOf(word, level, hardwareKeepsDirty: false) & Permission.Read);
            Assert.Equal(0UL, word & TFormat.NonTranslatingBit(level));
        }, iter: 4000, threads: 1);
        Assert.True(matched > 1000);
        Leaf.Sample(leaf =>
        {
            bool isOne = leaf.SizeLog2 == TFormat.Shift(leaf.Level) && (TFormat.PermissionOf(leaf.Entry, leaf.Level, hardwareKeepsDirty: true) & Permission.Read) != 0;
            if (isOne) Assert.True(TFormat.OrdinaryLeaf(leaf.Level).Matches(leaf.Entry) && TFormat.OrdinaryLeaf(leaf.Level).Matches(TFormat.MarkDirty(leaf.Entry)));
        });
    }
}
