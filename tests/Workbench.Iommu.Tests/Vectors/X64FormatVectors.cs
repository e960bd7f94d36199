using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>x86-64 entries in hex. hardware.md §2b; Intel SDM volume 3, 4.5; the large leaf with PAT at bit 12.</summary>
public sealed class X64FormatVectors
{
    [Theory]
    [InlineData(0x0000_0000_0d7c_0007UL, 0, 0x0d7c_0000UL, 12, Permission.ReadWrite)]
    [InlineData(0x0000_0000_7d87_3005UL, 0, 0x7d87_3000UL, 12, Permission.Read)]
    [InlineData(0x0000_0000_0280_0087UL, 1, 0x0280_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0000_0000_0280_0085UL, 1, 0x0280_0000UL, 21, Permission.Read)]
    [InlineData(0x0000_0000_4000_0087UL, 2, 0x4000_0000UL, 30, Permission.ReadWrite)]
    [InlineData(0x000F_FFFF_FFFF_F007UL, 0, 0x000F_FFFF_FFFF_F000UL, 12, Permission.ReadWrite)]
    [InlineData(0x000F_FFFF_FFE0_0087UL, 1, 0x000F_FFFF_FFE0_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x000F_FFFF_C000_0085UL, 2, 0x000F_FFFF_C000_0000UL, 30, Permission.Read)]
    public void A_leaf_word_means_this_page(ulong word, int level, ulong address, int sizeLog2, Permission permission)
    {
        Assert.True(X64Format.IsPresent(word, level));
        Assert.True(X64Format.IsLeaf(word, level));
        Assert.False(X64Format.HasReservedBits(word, level));
        Assert.Equal(address, X64Format.LeafAddress(word, level));
        Assert.Equal(sizeLog2, X64Format.LeafSizeLog2(word, level));
        Assert.Equal(permission, X64Format.PermissionOf(word, level, true));
        Assert.Equal(word, X64Format.EncodeLeaf(address, level, sizeLog2, permission));
    }

    // There is no write-only page.
    [Fact]
    public void What_may_be_written_may_be_read() => Assert.Equal(0x9007UL, X64Format.EncodeLeaf(0x9000, 0, 12, Permission.Write));

    // A is bit 5, D is bit 6.
    [Theory]
    [InlineData(0x0280_0087UL, 0x0280_00A7UL, 0x0280_00E7UL)]
    [InlineData(0x0d7c_0007UL, 0x0d7c_0027UL, 0x0d7c_0067UL)]
    public void Accessed_and_dirty_are_bits_5_and_6(ulong clean, ulong accessed, ulong dirty)
    {
        Assert.Equal(accessed, X64Format.MarkAccessed(clean));
        Assert.Equal(dirty, X64Format.MarkDirty(clean));
        Assert.Equal(accessed, X64Format.Clean(dirty));
        Assert.True(X64Format.IsDirty(dirty) && X64Format.IsAccessed(dirty));
        Assert.False(X64Format.IsDirty(accessed));
    }

    [Theory]
    [InlineData(0x0000_2000_0012_3007UL)]
    [InlineData(0x0000_2000_0012_3027UL)]
    [InlineData(0x0000_2000_0012_3427UL)] // extended accessed
    [InlineData(0x8000_2000_0012_3007UL)] // XD
    public void A_table_word_points_here_with_or_without_marks(ulong word)
    {
        for (int level = 1; level < 5; level++)
        {
            Assert.False(X64Format.IsLeaf(word, level));
            Assert.False(X64Format.HasReservedBits(word, level));
        }
        Assert.Equal(0x0000_2000_0012_3000UL, X64Format.TableAddress(word));
        Assert.Equal(0x0000_2000_0012_3007UL, X64Format.EncodeTable(0x0000_2000_0012_3000, 1));
    }

    // P = 0: not present, whatever else is set.
    [Theory]
    [InlineData(0UL)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFEUL)]
    public void A_word_without_P_is_not_present(ulong word) => Assert.False(X64Format.IsPresent(word, 0));

    // PAT is bit 12 of a large leaf and bit 7 of a small one: neither is address or size.
    [Theory]
    [InlineData(0x0280_1087UL, 1, 0x0280_0000UL)]
    [InlineData(0x4000_1087UL, 2, 0x4000_0000UL)]
    [InlineData(0x0d7c_0087UL, 0, 0x0d7c_0000UL)]
    public void PAT_is_no_address(ulong word, int level, ulong address)
    {
        Assert.False(X64Format.HasReservedBits(word, level));
        Assert.True(X64Format.IsLeaf(word, level));
        Assert.Equal(address, X64Format.LeafAddress(word, level));
        Assert.Equal(X64Format.Shift(level), X64Format.LeafSizeLog2(word, level));
    }

    // U/S = 0 allows a user nothing, R/W = 0 only reading.
    [Theory]
    [InlineData(0x9001UL, Permission.None)]
    [InlineData(0x9003UL, Permission.None)]
    [InlineData(0x9005UL, Permission.Read)]
    [InlineData(0x9007UL, Permission.ReadWrite)]
    public void User_and_write_bits_give_this_permission(ulong word, Permission permission) => Assert.Equal(permission, X64Format.PermissionOf(word, 0, true));

    [Theory]
    [InlineData(0x9003UL, true, FaultKind.SupervisorOnly)]
    [InlineData(0x9001UL, false, FaultKind.SupervisorOnly)]
    [InlineData(0x9005UL, true, FaultKind.NoWritePermission)]
    public void A_refusal_says_why(ulong word, bool isWrite, FaultKind kind) => Assert.Equal(kind, X64Format.RefusalOf(word, 0, isWrite));

    // Software's bits (9, 11, 62:52) and PWT, PCD, G, XD change nothing that a device's access reads.
    [Fact]
    public void Bits_of_others_are_ignored()
    {
        const ulong Word = 0xFFF0_0000_0280_0B9F;
        Assert.Equal(0x0280_0000UL, X64Format.LeafAddress(Word, 1));
        Assert.Equal(Permission.ReadWrite, X64Format.PermissionOf(Word, 1, true));
        Assert.False(X64Format.HasReservedBits(Word, 1));
        Assert.False(X64Format.IsAccessed(Word) || X64Format.IsDirty(Word));
        Assert.Equal(Word | 0x60, X64Format.MarkDirty(Word));
    }
}
