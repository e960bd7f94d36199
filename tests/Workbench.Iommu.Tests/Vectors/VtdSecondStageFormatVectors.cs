using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Second-stage entries in hex, the first three as a recorded machine's driver wrote them. hardware.md 2a.</summary>
public sealed class VtdSecondStageFormatVectors
{
    [Theory]
    [InlineData(0x0280_0083UL, 1, 0x0280_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0d7c_0003UL, 0, 0x0d7c_0000UL, 12, Permission.ReadWrite)]
    [InlineData(0x7d87_3001UL, 0, 0x7d87_3000UL, 12, Permission.Read)]
    [InlineData(0x7d87_3002UL, 0, 0x7d87_3000UL, 12, Permission.Write)]
    [InlineData(0x4000_0083UL, 2, 0x4000_0000UL, 30, Permission.ReadWrite)]
    [InlineData(0x000F_FFFF_FFFF_F003UL, 0, 0x000F_FFFF_FFFF_F000UL, 12, Permission.ReadWrite)]
    [InlineData(0x000F_FFFF_C000_0081UL, 2, 0x000F_FFFF_C000_0000UL, 30, Permission.Read)]
    public void A_leaf_word_means_this_page(ulong word, int level, ulong address, int sizeLog2, Permission permission)
    {
        Assert.True(VtdSecondStageFormat.IsPresent(word, 0));
        Assert.True(VtdSecondStageFormat.IsLeaf(word, level));
        Assert.False(VtdSecondStageFormat.HasReservedBits(word, level));
        Assert.Equal(address, VtdSecondStageFormat.LeafAddress(word, level));
        Assert.Equal(sizeLog2, VtdSecondStageFormat.LeafSizeLog2(word, level));
        Assert.Equal(permission, VtdSecondStageFormat.PermissionOf(word, level, true));
        Assert.False(VtdSecondStageFormat.IsAccessed(word) || VtdSecondStageFormat.IsDirty(word));
        Assert.Equal(word, VtdSecondStageFormat.EncodeLeaf(address, level, sizeLog2, permission));
    }

    // A is bit 8, D is bit 9.
    [Theory]
    [InlineData(0x0280_0083UL, 0x0280_0183UL, 0x0280_0383UL)]
    [InlineData(0x0d7c_0003UL, 0x0d7c_0103UL, 0x0d7c_0303UL)]
    public void Accessed_and_dirty_are_bits_8_and_9(ulong clean, ulong accessed, ulong dirty)
    {
        Assert.Equal(accessed, VtdSecondStageFormat.MarkAccessed(clean));
        Assert.Equal(dirty, VtdSecondStageFormat.MarkDirty(clean));
        Assert.Equal(accessed, VtdSecondStageFormat.Clean(dirty));
        Assert.True(VtdSecondStageFormat.IsDirty(dirty));
        Assert.False(VtdSecondStageFormat.IsDirty(accessed));
    }

    [Theory]
    [InlineData(0x0000_2000_0012_3003UL, 0x0000_2000_0012_3000UL)]
    [InlineData(0x0000_2000_0012_3103UL, 0x0000_2000_0012_3000UL)]
    public void A_table_word_points_here_with_or_without_accessed(ulong word, ulong address)
    {
        Assert.False(VtdSecondStageFormat.IsLeaf(word, 1));
        Assert.Equal(address, VtdSecondStageFormat.TableAddress(word));
        Assert.Equal(0x0000_2000_0012_3003UL, VtdSecondStageFormat.EncodeTable(address, 1));
    }

    // R = W = 0 is not present, whatever else is set (X, A, D, the page).
    [Theory]
    [InlineData(0x0UL)]
    [InlineData(0x4UL)]
    [InlineData(0x0280_0380UL)]
    public void A_word_without_permission_is_not_present(ulong word) => Assert.False(VtdSecondStageFormat.IsPresent(word, 0));

    // Bits 10, 60:52 and 63 are software's: they change nothing that hardware reads.
    [Fact]
    public void Software_bits_are_ignored()
    {
        const ulong Word = 0x9FF0_0000_0280_0483;
        Assert.Equal(0x0280_0000UL, VtdSecondStageFormat.LeafAddress(Word, 1));
        Assert.Equal(Permission.ReadWrite, VtdSecondStageFormat.PermissionOf(Word, 1, true));
        Assert.False(VtdSecondStageFormat.HasReservedBits(Word, 1));
        Assert.False(VtdSecondStageFormat.IsAccessed(Word) || VtdSecondStageFormat.IsDirty(Word));
        Assert.Equal(Word | 0x300, VtdSecondStageFormat.MarkDirty(Word));
    }
}
