using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Page-table entries in hex. Privileged architecture, "Sv39", "Svnapot", "Svpbmt"; hardware.md 4.1: V0 R1 W2 X3 U4 G5 A6 D7, PPN 53:10, PBMT 62:61, N 63.</summary>
public sealed class RiscVFormatVectors
{
    [Theory]
    [InlineData(0x0000_0000_0000_2417UL, 0, 0x9000UL, 12, Permission.ReadWrite)]
    [InlineData(0x0000_0000_0000_2413UL, 0, 0x9000UL, 12, Permission.Read)]
    [InlineData(0x0000_0000_0000_24F7UL, 0, 0x9000UL, 12, Permission.ReadWrite)] // A, D and G change nothing
    [InlineData(0x0000_0000_0000_2419UL, 0, 0x9000UL, 12, Permission.None)] // X alone: a leaf that may not be read
    [InlineData(0x0000_0000_0000_2407UL, 0, 0x9000UL, 12, Permission.None)] // without U
    [InlineData(0x8000_0000_0000_6017UL, 0, 0x1_0000UL, 16, Permission.ReadWrite)] // PPN 0x18: the run at 0x10000
    [InlineData(0x0000_0000_0008_0017UL, 1, 0x20_0000UL, 21, Permission.ReadWrite)]
    [InlineData(0x0000_0000_1000_0017UL, 2, 0x4000_0000UL, 30, Permission.ReadWrite)]
    [InlineData(0x0000_0020_0000_0017UL, 3, 0x80_0000_0000UL, 39, Permission.ReadWrite)]
    [InlineData(0x003F_C000_0000_0017UL, 4, 0xFF_0000_0000_0000UL, 48, Permission.ReadWrite)]
    public void Leaves(ulong entry, int level, ulong address, int log2, Permission permission)
    {
        Assert.True(RiscVFirstStageFormat.IsPresent(entry, level) && RiscVFirstStageFormat.IsLeaf(entry, level));
        Assert.False(RiscVFirstStageFormat.HasReservedBits(entry, level) || RiscVSecondStageFormat.HasReservedBits(entry, level));
        Assert.Equal((address, log2, permission), (RiscVFirstStageFormat.LeafAddress(entry, level), RiscVFirstStageFormat.LeafSizeLog2(entry, level), RiscVFirstStageFormat.PermissionOf(entry, level, true)));
        Assert.Equal((address, log2, permission), (RiscVSecondStageFormat.LeafAddress(entry, level), RiscVSecondStageFormat.LeafSizeLog2(entry, level), RiscVSecondStageFormat.PermissionOf(entry, level, true)));
    }

    [Theory]
    [InlineData(0x9000UL, 0, 12, Permission.ReadWrite, 0x2417UL)]
    [InlineData(0x9000UL, 0, 12, Permission.Read, 0x2413UL)]
    [InlineData(0x9000UL, 0, 12, Permission.Write, 0x2417UL)]
    [InlineData(0x1_0000UL, 0, 16, Permission.ReadWrite, 0x8000_0000_0000_6017UL)]
    [InlineData(0x1_3000UL, 0, 16, Permission.ReadWrite, 0x8000_0000_0000_6017UL)] // every member of the run holds the same
    [InlineData(0x1_F000UL, 0, 16, Permission.ReadWrite, 0x8000_0000_0000_6017UL)]
    [InlineData(0x20_0000UL, 1, 21, Permission.ReadWrite, 0x8_0017UL)]
    public void Leaves_as_the_driver_writes_them(ulong address, int level, int log2, Permission permission, ulong entry)
    {
        Assert.Equal(entry, RiscVFirstStageFormat.EncodeLeaf(address, level, log2, permission));
        Assert.Equal(entry, RiscVSecondStageFormat.EncodeLeaf(address, level, log2, permission));
    }

    [Fact]
    public void A_pointer_is_V_and_an_address()
    {
        Assert.Equal(0x003F_FFFF_FFFF_FC01UL, RiscVFirstStageFormat.EncodeTable(0xFF_FFFF_FFFF_F000, 1));
        Assert.Equal(0x1_2345_6000UL, RiscVSecondStageFormat.TableAddress(0x48D1_5801));
        Assert.False(RiscVFirstStageFormat.IsLeaf(0x48D1_5801, 1));
    }

    // A leaf and a pointer with one thing wrong each.
    [Theory]
    [InlineData(0x2415UL, 0, true)] // W without R
    [InlineData(0x241DUL, 0, true)] // W and X without R
    [InlineData(0x241FUL, 0, false)]
    [InlineData(0x6000_0000_0000_2417UL, 0, true)] // PBMT 3
    [InlineData(0x4000_0000_0000_2417UL, 0, false)] // PBMT 2: the part decides (MustBeZero)
    [InlineData(0x1800_0000_0000_2417UL, 0, false)] // Svrsw60t59b: the part decides
    [InlineData(0x0040_0000_0000_2417UL, 0, true)] // bit 54
    [InlineData(0x0400_0000_0000_2417UL, 0, true)] // bit 58
    [InlineData(0x8000_0000_0000_6017UL, 0, false)]
    [InlineData(0x8000_0000_0000_4017UL, 0, true)] // PPN[3:0] = 0000
    [InlineData(0x8000_0000_0000_5017UL, 0, true)] // 0100, 32 KiB: reserved
    [InlineData(0x8000_0000_0000_6417UL, 0, true)] // 1001
    [InlineData(0x8000_0000_0008_0017UL, 1, true)] // N above level 0
    [InlineData(0x8_0417UL, 1, true)] // misaligned 2 MiB
    [InlineData(0x4_0017UL, 1, true)]
    [InlineData(0x8_0017UL, 1, false)]
    [InlineData(0x8_0017UL, 2, true)] // misaligned 1 GiB
    [InlineData(0x1000_0017UL, 3, true)]
    [InlineData(0x20_0000_0017UL, 4, true)]
    [InlineData(0x2401UL, 1, false)] // a pointer
    [InlineData(0x2421UL, 1, false)] // G in a pointer is legal
    [InlineData(0x2701UL, 1, false)] // RSW too
    [InlineData(0x2411UL, 1, true)] // U
    [InlineData(0x2441UL, 1, true)] // A
    [InlineData(0x2481UL, 1, true)] // D
    [InlineData(0x2000_0000_0000_2401UL, 1, true)] // PBMT
    [InlineData(0x8000_0000_0000_2401UL, 1, true)] // N
    [InlineData(0x0040_0000_0000_2401UL, 1, true)]
    public void Reserved_bits(ulong entry, int level, bool isReserved)
    {
        Assert.Equal(isReserved, RiscVFirstStageFormat.HasReservedBits(entry, level));
        Assert.Equal(isReserved, RiscVSecondStageFormat.HasReservedBits(entry, level));
    }

    [Fact]
    public void A_is_bit_6_and_D_is_bit_7()
    {
        Assert.Equal(0x2457UL, RiscVFirstStageFormat.MarkAccessed(0x2417));
        Assert.Equal(0x24D7UL, RiscVSecondStageFormat.MarkDirty(0x2417));
        Assert.Equal(0x2457UL, RiscVFirstStageFormat.Clean(0x24D7));
    }
}
