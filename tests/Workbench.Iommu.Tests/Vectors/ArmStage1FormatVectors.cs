using Workbench.Iommu.Faults;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Stage-1 descriptors in hex. Arm DDI 0487 D8.3, D8.5, D8.7.1; IHI 0070 §3.13.3.1; hardware.md 3.1.</summary>
public sealed class ArmStage1FormatVectors
{
    private static void Check<TGranule>(ulong word, int level, ulong address, int sizeLog2, Permission permission) where TGranule : struct, IArmGranule
    {
        Assert.Equal(word, ArmStage1Format<TGranule>.EncodeLeaf(address, level, sizeLog2, permission));
        Assert.True(ArmStage1Format<TGranule>.IsPresent(word, level));
        Assert.True(ArmStage1Format<TGranule>.IsLeaf(word, level));
        Assert.Equal(address & ~Bits.Mask(sizeLog2), ArmStage1Format<TGranule>.LeafAddress(word, level));
        Assert.Equal(sizeLog2, ArmStage1Format<TGranule>.LeafSizeLog2(word, level));
        Assert.Equal(permission, ArmStage1Format<TGranule>.PermissionOf(word, level, true));
        Assert.Equal(Permission.Read, ArmStage1Format<TGranule>.PermissionOf(word, level, false));
        Assert.False(ArmStage1Format<TGranule>.IsAccessed(word) || ArmStage1Format<TGranule>.IsDirty(word));
    }

    [Theory]
    [InlineData(0x0068_0000_0280_0BC7UL, 0, 0x0280_0000UL, 12, Permission.ReadWrite)]
    [InlineData(0x0060_0000_0280_1BC7UL, 0, 0x0280_1000UL, 12, Permission.Read)]
    [InlineData(0x0068_0000_0280_0BC5UL, 1, 0x0280_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0060_0001_4000_0BC5UL, 2, 0x1_4000_0000UL, 30, Permission.Read)]
    [InlineData(0x0068_FFFF_FFFF_FBC7UL, 0, 0xFFFF_FFFF_F000UL, 12, Permission.ReadWrite)]
    [InlineData(0x0078_0000_0281_3BC7UL, 0, 0x0281_3000UL, 16, Permission.ReadWrite)] // member 3 of 16
    [InlineData(0x0078_0000_0620_0BC5UL, 1, 0x0620_0000UL, 25, Permission.ReadWrite)] // member 1 of 16
    [InlineData(0x0070_0004_4000_0BC5UL, 2, 0x4_4000_0000UL, 34, Permission.Read)]
    public void Words_with_4_KiB_pages(ulong word, int level, ulong address, int sizeLog2, Permission permission) => Check<Granule4K>(word, level, address, sizeLog2, permission);

    [Theory]
    [InlineData(0x0068_0000_0280_4BC7UL, 0, 0x0280_4000UL, 14, Permission.ReadWrite)]
    [InlineData(0x0060_0000_0200_0BC5UL, 1, 0x0200_0000UL, 25, Permission.Read)]
    [InlineData(0x0078_0000_003F_CBC7UL, 0, 0x003F_C000UL, 21, Permission.ReadWrite)] // the last of 128
    [InlineData(0x0078_0000_7E00_0BC5UL, 1, 0x7E00_0000UL, 30, Permission.ReadWrite)] // the last of 32
    public void Words_with_16_KiB_pages(ulong word, int level, ulong address, int sizeLog2, Permission permission) => Check<Granule16K>(word, level, address, sizeLog2, permission);

    [Theory]
    [InlineData(0x0068_0000_0281_0BC7UL, 0, 0x0281_0000UL, 16, Permission.ReadWrite)]
    [InlineData(0x0060_0000_2000_0BC5UL, 1, 0x2000_0000UL, 29, Permission.Read)]
    [InlineData(0x0078_0000_003F_0BC7UL, 0, 0x003F_0000UL, 21, Permission.ReadWrite)] // the last of 32
    [InlineData(0x0078_0007_E000_0BC5UL, 1, 0x7_E000_0000UL, 34, Permission.ReadWrite)] // the last of 32
    [InlineData(0x0068_0000_0001_FBC7UL, 0, 0x000F_0000_0001_0000UL, 16, Permission.ReadWrite)] // OA[51:48] in bits 15:12
    [InlineData(0x0060_FFFF_E000_ABC5UL, 1, 0x000A_FFFF_E000_0000UL, 29, Permission.Read)]
    public void Words_with_64_KiB_pages(ulong word, int level, ulong address, int sizeLog2, Permission permission) => Check<Granule64K>(word, level, address, sizeLog2, permission);

    // Clean, accessed, dirty: AF is bit 10, dirty is AP[2] = 0 with DBM.
    [Theory]
    [InlineData(0x0068_0000_0280_0BC7UL, 0x0068_0000_0280_0FC7UL, 0x0068_0000_0280_0F47UL)]
    [InlineData(0x0078_0000_0620_0BC5UL, 0x0078_0000_0620_0FC5UL, 0x0078_0000_0620_0F45UL)]
    public void Dirty_is_a_cleared_read_only_bit(ulong clean, ulong accessed, ulong dirty)
    {
        Assert.Equal(accessed, ArmStage1Format<Granule4K>.MarkAccessed(clean));
        Assert.Equal(dirty, ArmStage1Format<Granule4K>.MarkDirty(clean));
        Assert.Equal(accessed, ArmStage1Format<Granule4K>.Clean(dirty));
        Assert.Equal((false, true), (ArmStage1Format<Granule4K>.IsDirty(accessed), ArmStage1Format<Granule4K>.IsDirty(dirty)));
        Assert.Equal((Permission.Read, Permission.ReadWrite), (ArmStage1Format<Granule4K>.PermissionOf(accessed, 0, false), ArmStage1Format<Granule4K>.PermissionOf(dirty, 0, false)));
    }

    // Without DBM a leaf is what it says, and marking sets AF alone.
    [Theory]
    [InlineData(0x0060_0000_0280_0BC7UL, 0x0060_0000_0280_0FC7UL, Permission.Read)]
    [InlineData(0x0060_0000_0280_0B47UL, 0x0060_0000_0280_0F47UL, Permission.ReadWrite)]
    public void A_leaf_without_DBM_is_never_dirty(ulong word, ulong marked, Permission permission)
    {
        Assert.Equal(marked, ArmStage1Format<Granule4K>.MarkDirty(word));
        Assert.Equal(marked, ArmStage1Format<Granule4K>.Clean(marked));
        Assert.False(ArmStage1Format<Granule4K>.IsDirty(marked));
        Assert.Equal((permission, permission), (ArmStage1Format<Granule4K>.PermissionOf(word, 0, true), ArmStage1Format<Granule4K>.PermissionOf(word, 0, false)));
    }

    // 01 is a block where the granule has some, and nothing elsewhere.
    [Fact]
    public void A_block_is_present_only_where_the_granule_has_blocks()
    {
        Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(level => ArmStage1Format<Granule4K>.IsPresent(0x401, level)));
        Assert.Equal([false, true, false, false], Enumerable.Range(0, 4).Select(level => ArmStage1Format<Granule16K>.IsPresent(0x401, level)));
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(level => ArmStage1Format<Granule64K>.IsPresent(0x401, level)));
        Assert.All(Enumerable.Range(0, 4), level => Assert.False(ArmStage1Format<Granule4K>.IsPresent(0x402, level)));
    }

    [Theory]
    [InlineData(0x0000_8000_1000_0003UL, Permission.ReadWrite)]
    [InlineData(0x4000_8000_1000_0003UL, Permission.Read)] // APTable[1]
    [InlineData(0x2000_8000_1000_0003UL, Permission.None)] // APTable[0]
    [InlineData(0x6000_8000_1000_0003UL, Permission.None)]
    public void Tables_take_permission_away(ulong word, Permission left)
    {
        Assert.False(ArmStage1Format<Granule4K>.IsLeaf(word, 1));
        Assert.Equal(0x8000_1000_0000UL, ArmStage1Format<Granule4K>.TableAddress(word));
        Assert.Equal((left, left), (ArmStage1Format<Granule4K>.PermissionOf(word, 1, true), ArmStage1Format<Granule4K>.PermissionOf(word, 1, false)));
    }

    [Fact]
    public void A_table_of_64_KiB_can_lie_at_52_bits()
    {
        Assert.Equal(0x0000_8000_0001_5003UL, ArmStage1Format<Granule64K>.EncodeTable(0x0005_8000_0001_0000, 1));
        Assert.Equal(0x0005_8000_0001_0000UL, ArmStage1Format<Granule64K>.TableAddress(0x0000_8000_0001_5003));
    }

    [Fact]
    public void A_privileged_leaf_refuses_a_device()
    {
        Assert.Equal(Permission.None, ArmStage1Format<Granule4K>.PermissionOf(0x0068_0000_0280_0F07, 0, true));
        Assert.Equal(FaultKind.SupervisorOnly, ArmStage1Format<Granule4K>.RefusalOf(0x0068_0000_0280_0F07, 0, true));
        Assert.Equal(FaultKind.NoWritePermission, ArmStage1Format<Granule4K>.RefusalOf(0x0060_0000_0280_0FC7, 0, true));
    }
}
