using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>The stream table: its registers, its first level, where an entry is. IHI 0070 §5.1, §6.3.24, §6.3.25.</summary>
public sealed class SmmuStreamTableTests
{
    [Fact]
    public void Registers_have_these_words()
    {
        Assert.Equal(new SmmuStreamTable(0x1_0000_0000, 0x10), SmmuStreamTable.Linear(new(0x1_0000_0000), 16));
        SmmuStreamTable twoLevel = SmmuStreamTable.TwoLevel(new(0x1_0000_0000), 16, 8) with { AllocatesOnRead = true };
        Assert.Equal(new SmmuStreamTable(0x4000_0001_0000_0000, 0x1_0210), twoLevel);
        Assert.Equal(new Spa(0x1_0000_0000), twoLevel.Table);
        Assert.Equal((16, 8, 1), (twoLevel.Log2Size, twoLevel.SplitCode, twoLevel.FormatCode));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuStreamTable.TwoLevel(default, 16, 7));
    }

    [Theory]
    [InlineData(6, 0x48Du, 5u, 0x1_0000_0000UL + (0x48D * 8), 0x2000UL)]
    [InlineData(8, 0x123u, 0x45u, 0x1_0000_0000UL + (0x123 * 8), 0x800UL)]
    [InlineData(10, 0x48u, 0x345u, 0x1_0000_0000UL + (0x48 * 8), 0x200UL)]
    public void A_stream_splits_into_level_1_and_leaf_index(int split, uint level1, uint leaf, ulong address, ulong sizeBytes)
    {
        SmmuStreamTable table = SmmuStreamTable.TwoLevel(new(0x1_0000_0000), 16, split);
        Assert.True(table.IsTwoLevel);
        Assert.Equal(split, table.Split);
        Assert.Equal((level1, leaf), (table.Level1IndexOf(0x1_2345), table.LeafIndexOf(0x1_2345)));
        Assert.Equal(address, table.Level1EntryOf(0x1_2345).Value);
        Assert.Equal(sizeBytes, table.SizeBytes);
    }

    [Fact]
    public void A_linear_table_is_one_array_aligned_to_its_size()
    {
        SmmuStreamTable table = SmmuStreamTable.Linear(new(0x1_0000_1000), 8);
        Assert.Equal(0x4000UL, table.SizeBytes);
        Assert.Equal(0x1_0000_0000UL, table.AlignedTable.Value);
        Assert.Equal((0u, 0x45u), (table.Level1IndexOf(0x45), table.LeafIndexOf(0x45)));
        Assert.Equal(0x1_0000_1140UL, table.LinearEntryOf(0x45).Value);
        Assert.True(table.Covers(0xFF));
        Assert.False(table.Covers(0x100));
    }

    [Fact]
    public void A_small_first_level_is_aligned_to_64_bytes() =>
        Assert.Equal(0x1040UL, SmmuStreamTable.TwoLevel(new(0x1040), 7, 6).AlignedTable.Value);

    // §6.3.25: other FMT values behave as 0, other SPLIT values as 6.
    [Fact]
    public void Reserved_codes_behave_as_linear_and_6()
    {
        Assert.False(new SmmuStreamTable(0, 0x2_0000).IsTwoLevel);
        Assert.False(new SmmuStreamTable(0, 0x3_0000).IsTwoLevel);
        Assert.Equal(6, new SmmuStreamTable(0, 0x1_01D0).Split);
        Assert.Equal(7, new SmmuStreamTable(0, 0x1_01D0).SplitCode);
    }

    [Theory]
    [InlineData(31, 0x7FFF_FFFFu, true)]
    [InlineData(31, 0x8000_0000u, false)]
    [InlineData(32, 0xFFFF_FFFFu, true)]
    [InlineData(63, 0xFFFF_FFFFu, true)]
    [InlineData(0, 1u, false)]
    public void A_table_covers_its_streams(int log2Size, uint stream, bool covered) =>
        Assert.Equal(covered, SmmuStreamTable.Linear(default, log2Size).Covers(stream));

    // §5.1: Span 4:0, L2Ptr 55:6; a span of n+1 is 2^n entries.
    [Fact]
    public void A_first_level_descriptor_has_this_word()
    {
        SmmuStreamLevel1 descriptor = SmmuStreamLevel1.Of(new(0x8_7654_4000), 8);
        Assert.Equal(0x8_7654_4009UL, descriptor.Word);
        Assert.Equal(256, descriptor.LeafEntries);
        Assert.Equal(0x8_7654_4000UL + (5 * 64), descriptor.EntryAt(5).Value);
        Assert.Equal(0x00FF_FFFF_FFFF_FFC0UL, new SmmuStreamLevel1(ulong.MaxValue).LeafTable.Value);
        Assert.Equal(0x8_7654_0000UL, SmmuStreamLevel1.Of(new(0x8_7654_4000), 10).AlignedLeafTable.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuStreamLevel1.Of(default, 11));
    }

    [Theory]
    [InlineData(0, 0u, 6, false)]
    [InlineData(1, 0u, 6, true)]
    [InlineData(1, 1u, 6, false)]
    [InlineData(7, 63u, 6, true)]
    [InlineData(8, 0u, 6, false)]
    [InlineData(8, 64u, 8, true)]
    [InlineData(11, 1023u, 10, true)]
    [InlineData(12, 0u, 10, false)]
    [InlineData(31, 0u, 10, false)]
    public void A_span_reaches_its_entries(int span, uint index, int split, bool reached) =>
        Assert.Equal(reached, new SmmuStreamLevel1 { Span = span }.Reaches(index, split));

    [Fact]
    public void Any_words_can_be_read() =>
        Gen.Select(Gen.ULong, Gen.UInt, Gen.UInt).Sample((word, config, stream) =>
        {
            SmmuStreamTable table = new(word, config);
            _ = (table.Table, table.AlignedTable, table.SizeBytes, table.Covers(stream), table.Level1EntryOf(stream), table.LinearEntryOf(stream));
            Assert.True(table.LeafIndexOf(stream) < 1024 || !table.IsTwoLevel);
            SmmuStreamLevel1 descriptor = new(word);
            _ = (descriptor.LeafEntries, descriptor.AlignedLeafTable, descriptor.EntryAt(stream), descriptor.Reaches(stream, table.Split));
            SmmuStreamTable changed = table with { Log2Size = 5, SplitCode = 10, FormatCode = 1 };
            Assert.Equal(0u, (changed.ConfigRegister ^ table.ConfigRegister) & ~0x3_07FFu);
            Assert.Equal(table.BaseRegister, changed.BaseRegister);
        }, iter: 20_000);
}
