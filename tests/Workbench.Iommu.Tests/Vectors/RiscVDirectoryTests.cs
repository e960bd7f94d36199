using CsCheck;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>The ways to a device context and a process context. RISC-V IOMMU, "Device-Directory-Table", "Process-Directory-Table", "Process to translate an IOVA".</summary>
public sealed class RiscVDirectoryTests
{
    [Fact]
    public void Entries_have_these_words()
    {
        Assert.Equal(0x48D1_5801UL, new RiscVDeviceDirectoryEntry { IsValid = true, Table = new(0x1_2345_6000) }.Word);
        Assert.Equal(0x48D1_5801UL, new RiscVProcessDirectoryEntry { IsValid = true, Table = 0x1_2345_6000 }.Word);
        Assert.Equal(0x003F_FFFF_FFFF_FC01UL, new RiscVDeviceDirectoryEntry { IsValid = true, Table = new(0x00FF_FFFF_FFFF_F000) }.Word);
    }

    [Fact]
    public void The_directory_pointer_has_these_words()
    {
        RiscVDeviceDirectoryPointer pointer = new() { Mode = RiscVDeviceDirectoryMode.ThreeLevels, Table = new(0x1_2345_6000) };
        Assert.Equal(0x48D1_5804UL, pointer.Value);
        Assert.Equal(0x48D1_5814UL, (pointer with { IsBusy = true }).Value);
        Assert.Equal(RiscVDeviceDirectoryMode.Off, default(RiscVDeviceDirectoryPointer).Mode);
        Assert.Equal(1UL, new RiscVDeviceDirectoryPointer { Mode = RiscVDeviceDirectoryMode.Bare }.Value);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(9, true)]
    [InlineData(10, false)]
    [InlineData(53, false)]
    [InlineData(54, true)]
    [InlineData(63, true)]
    public void Bits_a_non_leaf_entry_leaves_out_are_reserved(int bit, bool reserved)
    {
        Assert.Equal(reserved, new RiscVDeviceDirectoryEntry(1UL << bit).ReservedBitsSet);
        Assert.Equal(reserved, new RiscVProcessDirectoryEntry(1UL << bit).ReservedBitsSet);
    }

    // Base: 6:0, 15:7, 23:16. Extended: 5:0, 14:6, 23:15.
    [Theory]
    [InlineData(0xABCDEFu, 0x6F, 0x19B, 0xAB, 0x2F, 0x137, 0x157)]
    [InlineData(0xFFFFFFu, 0x7F, 0x1FF, 0xFF, 0x3F, 0x1FF, 0x1FF)]
    [InlineData(0x000080u, 0, 1, 0, 0, 2, 0)]
    [InlineData(0x008000u, 0, 0x100, 0, 0, 0, 1)]
    [InlineData(0x000008u, 8, 0, 0, 8, 0, 0)]
    public void A_device_id_is_split_by_format(uint device, int base0, int base1, int base2, int extended0, int extended1, int extended2)
    {
        int[] found = [.. from isExtended in new[] { false, true } from level in Enumerable.Range(0, 3) select RiscVDeviceDirectory.IndexOf(new(device), level, isExtended)];
        Assert.Equal([base0, base1, base2, extended0, extended1, extended2], found);
    }

    [Theory]
    [InlineData(0xABCDEu, 0xDE, 0xBC, 5)]
    [InlineData(0xFFFFFu, 0xFF, 0x1FF, 7)]
    [InlineData(0x00100u, 0, 1, 0)]
    [InlineData(0x20000u, 0, 0, 1)]
    public void A_process_id_is_split(uint process, int index0, int index1, int index2) =>
        Assert.Equal([index0, index1, index2], Enumerable.Range(0, 3).Select(level => RiscVProcessDirectory.IndexOf(new(process), level)));

    [Fact]
    public void Offsets_stay_within_a_page()
    {
        Assert.Equal(0x6FUL * 32, RiscVDeviceDirectory.OffsetOf(new(0xABCDEF), 0, isExtended: false));
        Assert.Equal(0x2FUL * 64, RiscVDeviceDirectory.OffsetOf(new(0xABCDEF), 0, isExtended: true));
        Assert.Equal(0x19BUL * 8, RiscVDeviceDirectory.OffsetOf(new(0xABCDEF), 1, isExtended: false));
        Assert.Equal(0xDEUL * 16, RiscVProcessDirectory.OffsetOf(new(0xABCDE), 0));
        Assert.Equal(0xBCUL * 8, RiscVProcessDirectory.OffsetOf(new(0xABCDE), 1));
        Gen.Select(Gen.UInt, Gen.Int[0, 2], Gen.Bool).Sample((id, level, isExtended) =>
        {
            Assert.InRange(RiscVDeviceDirectory.OffsetOf(new(id), level, isExtended), 0UL, 4088UL);
            Assert.InRange(RiscVProcessDirectory.OffsetOf(new(id), level), 0UL, 4088UL);
        }, iter: 2_000);
    }

    [Fact]
    public void Indices_put_the_id_together_again() =>
        Gen.UInt[0, RiscVDeviceId.MaxValue].Sample(id =>
        {
            RiscVDeviceId device = new(id);
            Assert.Equal(id, (uint)(RiscVDeviceDirectory.IndexOf(device, 0, false) | RiscVDeviceDirectory.IndexOf(device, 1, false) << 7 | RiscVDeviceDirectory.IndexOf(device, 2, false) << 16));
            Assert.Equal(id, (uint)(RiscVDeviceDirectory.IndexOf(device, 0, true) | RiscVDeviceDirectory.IndexOf(device, 1, true) << 6 | RiscVDeviceDirectory.IndexOf(device, 2, true) << 15));
            Pasid process = new(id & Pasid.MaxValue);
            Assert.Equal(process.Value, (uint)(RiscVProcessDirectory.IndexOf(process, 0) | RiscVProcessDirectory.IndexOf(process, 1) << 8 | RiscVProcessDirectory.IndexOf(process, 2) << 17));
        }, iter: 2_000);

    [Theory]
    [InlineData(RiscVDeviceDirectoryMode.OneLevel, false, 0x7Fu)]
    [InlineData(RiscVDeviceDirectoryMode.OneLevel, true, 0x3Fu)]
    [InlineData(RiscVDeviceDirectoryMode.TwoLevels, false, 0xFFFFu)]
    [InlineData(RiscVDeviceDirectoryMode.TwoLevels, true, 0x7FFFu)]
    [InlineData(RiscVDeviceDirectoryMode.ThreeLevels, false, 0xFF_FFFFu)]
    [InlineData(RiscVDeviceDirectoryMode.ThreeLevels, true, 0xFF_FFFFu)]
    public void A_device_directory_reaches_so_far(RiscVDeviceDirectoryMode mode, bool isExtended, uint last)
    {
        Assert.True(RiscVDeviceDirectory.Covers(new(last), mode, isExtended));
        Assert.False(RiscVDeviceDirectory.Covers(new(last + 1), mode, isExtended));
    }

    [Theory]
    [InlineData(RiscVProcessDirectoryMode.PD8, 0xFFu)]
    [InlineData(RiscVProcessDirectoryMode.PD17, 0x1_FFFFu)]
    [InlineData(RiscVProcessDirectoryMode.PD20, 0xF_FFFFu)]
    public void A_process_directory_reaches_so_far(RiscVProcessDirectoryMode mode, uint last)
    {
        Assert.True(RiscVProcessDirectory.Covers(new(last), mode));
        Assert.False(RiscVProcessDirectory.Covers(new(last + 1), mode));
    }

    [Fact]
    public void Modes_without_a_directory_reach_nothing()
    {
        Assert.False(RiscVDeviceDirectory.Covers(default, RiscVDeviceDirectoryMode.Off, false));
        Assert.False(RiscVDeviceDirectory.Covers(default, RiscVDeviceDirectoryMode.Bare, false));
        Assert.False(RiscVProcessDirectory.Covers(default, RiscVProcessDirectoryMode.Bare));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_level_that_is_none_is_refused(int level)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVDeviceDirectory.IndexOf(default, level, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVProcessDirectory.IndexOf(default, level));
    }

    [Fact]
    public void A_device_id_is_a_segment_above_a_requester()
    {
        RiscVDeviceId device = RiscVDeviceId.Of(RequesterId.Of(0xCD, 0x1D, 7), segment: 0xAB);
        Assert.Equal(0xABCDEFu, device.Value);
        Assert.Equal(0xAB, device.Segment);
        Assert.Equal(RequesterId.Of(0xCD, 0x1D, 7), device.Requester);
        Assert.Equal("0xabcdef", device.ToString());
    }

    [Fact]
    public void A_table_off_its_page_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVDeviceDirectoryEntry { Table = new(0x1800) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVProcessDirectoryEntry { Table = 1UL << 56 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVDeviceDirectoryPointer { Table = new(0x1) });
    }
}
