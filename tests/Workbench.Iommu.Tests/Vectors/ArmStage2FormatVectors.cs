using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Stage-2 descriptors in hex. Arm DDI 0487 D8.3, D8.5, D8.7.1; IHI 0070 §3.13.3.1; hardware.md 3.1.</summary>
public sealed class ArmStage2FormatVectors
{
    private static void Check<TGranule>(ulong word, int level, ulong address, int sizeLog2, Permission permission) where TGranule : struct, IArmGranule
    {
        Assert.Equal(word, ArmStage2Format<TGranule>.EncodeLeaf(address, level, sizeLog2, permission));
        Assert.True(ArmStage2Format<TGranule>.IsPresent(word, level));
        Assert.True(ArmStage2Format<TGranule>.IsLeaf(word, level));
        Assert.Equal(address & ~Bits.Mask(sizeLog2), ArmStage2Format<TGranule>.LeafAddress(word, level));
        Assert.Equal(sizeLog2, ArmStage2Format<TGranule>.LeafSizeLog2(word, level));
        Assert.Equal(permission, ArmStage2Format<TGranule>.PermissionOf(word, level, true));
        Assert.Equal(permission & Permission.Read, ArmStage2Format<TGranule>.PermissionOf(word, level, false));
        Assert.False(ArmStage2Format<TGranule>.IsAccessed(word) || ArmStage2Format<TGranule>.IsDirty(word));
    }

    [Theory]
    [InlineData(0x0048_0000_0280_037FUL, 0, 0x0280_0000UL, 12, Permission.ReadWrite)]
    [InlineData(0x0040_0000_0280_137FUL, 0, 0x0280_1000UL, 12, Permission.Read)]
    [InlineData(0x0048_0000_0280_133FUL, 0, 0x0280_1000UL, 12, Permission.Write)]
    [InlineData(0x0048_0000_0280_037DUL, 1, 0x0280_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0058_0000_0281_337FUL, 0, 0x0281_3000UL, 16, Permission.ReadWrite)]
    [InlineData(0x0050_0004_4000_037DUL, 2, 0x4_4000_0000UL, 34, Permission.Read)]
    public void Words_with_4_KiB_pages(ulong word, int level, ulong address, int sizeLog2, Permission permission) => Check<Granule4K>(word, level, address, sizeLog2, permission);

    [Theory]
    [InlineData(0x0048_0000_0280_437FUL, 0, 0x0280_4000UL, 14, Permission.ReadWrite)]
    [InlineData(0x0040_0000_0200_037DUL, 1, 0x0200_0000UL, 25, Permission.Read)]
    [InlineData(0x0058_0000_003F_C37FUL, 0, 0x003F_C000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0058_0000_7E00_037DUL, 1, 0x7E00_0000UL, 30, Permission.ReadWrite)]
    public void Words_with_16_KiB_pages(ulong word, int level, ulong address, int sizeLog2, Permission permission) => Check<Granule16K>(word, level, address, sizeLog2, permission);

    [Theory]
    [InlineData(0x0048_0000_0281_037FUL, 0, 0x0281_0000UL, 16, Permission.ReadWrite)]
    [InlineData(0x0040_0000_2000_037DUL, 1, 0x2000_0000UL, 29, Permission.Read)]
    [InlineData(0x0058_0000_003F_037FUL, 0, 0x003F_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0048_0000_0001_F37FUL, 0, 0x000F_0000_0001_0000UL, 16, Permission.ReadWrite)]
    public void Words_with_64_KiB_pages(ulong word, int level, ulong address, int sizeLog2, Permission permission) => Check<Granule64K>(word, level, address, sizeLog2, permission);

    // AF is bit 10, dirty is S2AP[1] = 1 with DBM.
    [Theory]
    [InlineData(0x0048_0000_0280_037FUL, 0x0048_0000_0280_077FUL, 0x0048_0000_0280_07FFUL)]
    [InlineData(0x0058_0000_0281_337FUL, 0x0058_0000_0281_377FUL, 0x0058_0000_0281_37FFUL)]
    public void Dirty_is_a_set_write_bit(ulong clean, ulong accessed, ulong dirty)
    {
        Assert.Equal(accessed, ArmStage2Format<Granule4K>.MarkAccessed(clean));
        Assert.Equal(dirty, ArmStage2Format<Granule4K>.MarkDirty(clean));
        Assert.Equal(accessed, ArmStage2Format<Granule4K>.Clean(dirty));
        Assert.Equal((false, true), (ArmStage2Format<Granule4K>.IsDirty(accessed), ArmStage2Format<Granule4K>.IsDirty(dirty)));
        Assert.Equal((Permission.Read, Permission.ReadWrite), (ArmStage2Format<Granule4K>.PermissionOf(accessed, 0, false), ArmStage2Format<Granule4K>.PermissionOf(dirty, 0, false)));
    }

    [Theory]
    [InlineData(0x0040_0000_0280_037FUL, 0x0040_0000_0280_077FUL, Permission.Read)]
    [InlineData(0x0040_0000_0280_03FFUL, 0x0040_0000_0280_07FFUL, Permission.ReadWrite)]
    public void A_leaf_without_DBM_is_never_dirty(ulong word, ulong marked, Permission permission)
    {
        Assert.Equal(marked, ArmStage2Format<Granule4K>.MarkDirty(word));
        Assert.Equal(marked, ArmStage2Format<Granule4K>.Clean(marked));
        Assert.False(ArmStage2Format<Granule4K>.IsDirty(marked));
        Assert.Equal(permission, ArmStage2Format<Granule4K>.PermissionOf(word, 0, true));
    }

    // Bits 62:59 are limits in stage-1 tables only.
    [Fact]
    public void Tables_limit_nothing() => Assert.Equal(Permission.ReadWrite, ArmStage2Format<Granule4K>.PermissionOf(0x7800_8000_1000_0003, 1, true));

    [Fact]
    public void A_table_of_64_KiB_can_lie_at_52_bits() =>
        Assert.Equal((0x0000_8000_0001_5003UL, 0x0005_8000_0001_0000UL),
            (ArmStage2Format<Granule64K>.EncodeTable(0x0005_8000_0001_0000, 1), ArmStage2Format<Granule64K>.TableAddress(0x0000_8000_0001_5003)));
}
