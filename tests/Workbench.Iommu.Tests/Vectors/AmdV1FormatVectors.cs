using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Host table entries in hex. hardware.md §1.1 (bits), §1.3 (sizes), §1.4 (replicas); levels count from 0.</summary>
public sealed class AmdV1FormatVectors
{
    // §1.3: size code = ones from bit 12 up, NextLevel 7; a level's own size has NextLevel 0 and no code.
    [Theory]
    [InlineData(0x6000_0000_1234_5001UL, 0, 0x1234_5000UL, 12, Permission.ReadWrite)]
    [InlineData(0x2000_0000_1234_5001UL, 0, 0x1234_5000UL, 12, Permission.Read)]
    [InlineData(0x4000_0000_1234_5001UL, 0, 0x1234_5000UL, 12, Permission.Write)]
    [InlineData(0x0000_0000_1234_5001UL, 0, 0x1234_5000UL, 12, Permission.None)]
    [InlineData(0x6000_0000_1234_4E01UL, 0, 0x1234_4000UL, 13, Permission.ReadWrite)] // 8 KiB: bit 12 = 0
    [InlineData(0x6000_0000_1234_5E01UL, 0, 0x1234_4000UL, 14, Permission.ReadWrite)] // 16 KiB: 01
    [InlineData(0x6000_0000_1234_3E01UL, 0, 0x1234_0000UL, 15, Permission.ReadWrite)] // 32 KiB: 011
    [InlineData(0x6000_0000_1234_7E01UL, 0, 0x1234_0000UL, 16, Permission.ReadWrite)] // 64 KiB: 0111
    [InlineData(0x6000_0000_1237_FE01UL, 0, 0x1230_0000UL, 20, Permission.ReadWrite)] // 1 MiB: 0 and seven ones
    [InlineData(0x6000_0000_1220_0001UL, 1, 0x1220_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x6000_0000_121F_FE01UL, 1, 0x1200_0000UL, 22, Permission.ReadWrite)] // 4 MiB
    [InlineData(0x6000_0000_0FFF_FE01UL, 1, 0x0000_0000UL, 29, Permission.ReadWrite)] // 512 MiB
    [InlineData(0x6000_0001_4000_0001UL, 2, 0x1_4000_0000UL, 30, Permission.ReadWrite)] // 1 GiB
    [InlineData(0x6000_0001_3FFF_FE01UL, 2, 0x1_0000_0000UL, 31, Permission.ReadWrite)] // 2 GiB
    [InlineData(0x6000_017F_FFFF_FE01UL, 3, 0x100_0000_0000UL, 40, Permission.ReadWrite)] // 1 TiB
    [InlineData(0x6001_0000_0000_0001UL, 4, 0x1_0000_0000_0000UL, 48, Permission.ReadWrite)]
    [InlineData(0x600B_FFFF_FFFF_FE01UL, 4, 0x8_0000_0000_0000UL, 51, Permission.ReadWrite)] // 2^51
    public void A_leaf_word_means_this_page(ulong word, int level, ulong address, int sizeLog2, Permission permission)
    {
        Assert.True(AmdV1Format.IsPresent(word, level));
        Assert.True(AmdV1Format.IsLeaf(word, level));
        Assert.False(AmdV1Format.HasReservedBits(word, level));
        Assert.Equal(sizeLog2, AmdV1Format.LeafSizeLog2(word, level));
        Assert.Equal(address, AmdV1Format.LeafAddress(word, level));
        Assert.Equal(permission, AmdV1Format.PermissionOf(word, level, true));
        Assert.False(AmdV1Format.IsAccessed(word) || AmdV1Format.IsDirty(word));
        Assert.Equal(word, AmdV1Format.EncodeLeaf(address, level, sizeLog2, permission));
    }

    // §1.3: every member of a run holds the same word, whichever part of the page it stands for.
    [Theory]
    [InlineData(0, 16, 0x1234_0000UL, 16, 0x6000_0000_1234_7E01UL)]
    [InlineData(1, 29, 0x2000_0000UL, 256, 0x6000_0000_2FFF_FE01UL)]
    [InlineData(4, 51, 0x8_0000_0000_0000UL, 8, 0x600B_FFFF_FFFF_FE01UL)]
    public void Members_of_a_run_are_alike(int level, int sizeLog2, ulong address, int members, ulong word)
    {
        Assert.Equal(members, 1 << (sizeLog2 - AmdV1Format.Shift(level)));
        for (ulong member = 0; member < (ulong)members; member++)
            Assert.Equal(word, AmdV1Format.EncodeLeaf(address + (member << AmdV1Format.Shift(level)), level, sizeLog2, Permission.ReadWrite));
    }

    // §1.1: A is bit 5, D is bit 6.
    [Fact]
    public void Accessed_and_dirty_are_bits_5_and_6()
    {
        const ulong Clean = 0x6000_0000_1234_7E01;
        Assert.Equal(Clean | 0x20, AmdV1Format.MarkAccessed(Clean));
        Assert.Equal(Clean | 0x60, AmdV1Format.MarkDirty(Clean));
        Assert.Equal(Clean | 0x20, AmdV1Format.Clean(Clean | 0x60));
        Assert.True(AmdV1Format.IsDirty(Clean | 0x60));
        Assert.False(AmdV1Format.IsDirty(Clean | 0x20));
    }

    // §1.1: the next table's level, counted from 1, stands in bits 11:9, which is this table's level counted from 0.
    [Theory]
    [InlineData(1, 0x6000_2000_0012_3201UL)]
    [InlineData(2, 0x6000_2000_0012_3401UL)]
    [InlineData(3, 0x6000_2000_0012_3601UL)]
    [InlineData(4, 0x6000_2000_0012_3801UL)]
    [InlineData(5, 0x6000_2000_0012_3A01UL)]
    public void A_table_word_names_the_level_of_the_next_table(int level, ulong word)
    {
        Assert.Equal(word, AmdV1Format.EncodeTable(0x2000_0012_3000, level));
        Assert.False(AmdV1Format.IsLeaf(word, level));
        Assert.False(AmdV1Format.HasReservedBits(word, level));
        Assert.Equal(0x2000_0012_3000UL, AmdV1Format.TableAddress(word));
        // A table of any other level would skip levels, or go up.
        for (int other = 1; other <= 5; other++)
            if (other != level) Assert.True(AmdV1Format.HasReservedBits(word, other));
    }

    // §1.2, §1.3: what does not fit a level.
    [Theory]
    [InlineData(0x6000_0000_001F_FE01UL, 0)] // 4 MiB at the lowest level
    [InlineData(0x6000_0000_0000_7E01UL, 1)] // 64 KiB at the second
    [InlineData(0x6000_0000_1FFF_FE01UL, 1)] // 1 GiB at the second
    [InlineData(0x600F_FFFF_FFFF_FE01UL, 4)] // 2^53: all ones
    [InlineData(0x6007_FFFF_FFFF_FE01UL, 4)] // 2^52
    [InlineData(0x6000_0000_0020_0001UL, 2)] // 1 GiB at 2 MiB
    [InlineData(0x6010_0000_0020_0001UL, 1)] // bit 52
    [InlineData(0x6100_0000_0020_0001UL, 1)] // bit 56
    [InlineData(0x6000_0000_0000_0C01UL, 1)] // a table of the sixth level
    public void What_does_not_fit_has_reserved_bits(ulong word, int level) => Assert.True(AmdV1Format.HasReservedBits(word, level));

    // §1.3: 512 GiB is legal by the specification, but parts get it wrong, so the driver never makes one.
    [Theory]
    [InlineData(0x6000_0080_0000_0001UL)]
    [InlineData(0x6000_00BF_FFFF_FE01UL)]
    public void The_defective_size_is_a_leaf_that_the_driver_does_not_make(ulong word)
    {
        Assert.Equal((true, false, 39), (AmdV1Format.IsLeaf(word, 3), AmdV1Format.HasReservedBits(word, 3), AmdV1Format.LeafSizeLog2(word, 3)));
        Assert.Equal(0UL, AmdV1Format.LeafSizes(3) & (1UL << 39));
    }

    // §1.1 "Linux treatment": at the lowest level NextLevel 1 to 6 changes nothing.
    [Fact]
    public void At_the_lowest_level_any_present_entry_is_a_leaf()
    {
        for (ulong next = 1; next <= 6; next++)
        {
            ulong word = 0x6000_0000_1234_5001UL | (next << 9);
            Assert.True(AmdV1Format.IsLeaf(word, 0));
            Assert.Equal((0x1234_5000UL, 12, false), (AmdV1Format.LeafAddress(word, 0), AmdV1Format.LeafSizeLog2(word, 0), AmdV1Format.HasReservedBits(word, 0)));
        }
    }

    // §1.1: bits 4:1, 8:7 and 63 are software's; 58:57, U (59) and FC (60) are not acted upon.
    [Fact]
    public void Bits_that_mean_nothing_here_are_ignored()
    {
        const ulong Word = 0xFE00_0000_1220_019F;
        Assert.Equal((false, 0x1220_0000UL, Permission.ReadWrite), (AmdV1Format.HasReservedBits(Word, 1), AmdV1Format.LeafAddress(Word, 1), AmdV1Format.PermissionOf(Word, 1, true)));
        Assert.False(AmdV1Format.IsAccessed(Word) || AmdV1Format.IsDirty(Word));
    }
}
