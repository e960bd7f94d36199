using CsCheck;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>The capabilities register and the modes it offers. RISC-V IOMMU, "IOMMU capabilities"; hardware.md 4.</summary>
public sealed class RiscVCapabilitiesTests
{
    private static readonly RiscVCapabilities Part = RiscVCapabilities.Default;

    [Fact]
    public void The_default_part_has_this_word_and_is_legal()
    {
        Assert.Equal(0x0000_0DF8_010E_0E10UL, Part.Value);
        Assert.Empty(Part.Problems());
        Assert.True(Part.SupportsAccessedDirtyUpdate);
        Assert.False(Part.SupportsAts || Part.SupportsMsiTable || Part.SupportsBothEndians);
    }

    // Put together by hand from the figure: all 64-bit schemes, MSI tables and files, ATS, T2GPA, PAS 56, PD8 to PD20.
    [Fact]
    public void A_word_decodes()
    {
        RiscVCapabilities part = new(0x0000_01F8_06CE_0E10);
        Assert.Equal(0x10, part.Version);
        Assert.True(part.SupportsSv39 && part.SupportsSv48 && part.SupportsSv57);
        Assert.True(part.SupportsSv39x4 && part.SupportsSv48x4 && part.SupportsSv57x4);
        Assert.True(part.SupportsMsiTable && part.SupportsInterruptFiles && part.SupportsAts && part.SupportsAtsGuestAddress);
        Assert.True(part.SupportsPD8 && part.SupportsPD17 && part.SupportsPD20);
        Assert.False(part.SupportsAccessedDirtyUpdate || part.SupportsRangeInvalidation || part.SupportsNonLeafInvalidation);
        Assert.Equal(56, part.PhysicalAddressBits);
        Assert.Equal(8, part.DeviceContextWords);
        Assert.Empty(part.Problems());
    }

    [Theory]
    [InlineData(0x0000_0DF8_010E_0E20UL, "capabilities.version")]
    [InlineData(0x0000_0DF8_010E_0410UL, "capabilities.Sv48")]
    [InlineData(0x0000_0DF8_010E_0A10UL, "capabilities.Sv57")]
    [InlineData(0x0000_0DF8_310E_0E10UL, "capabilities.IGS")]
    [InlineData(0x0000_0DF8_050E_0E10UL, "capabilities.T2GPA")]
    [InlineData(0x0000_0DF8_018E_0E10UL, "capabilities.MSI_MRIF")]
    [InlineData(0x0000_0DF8_016E_0E10UL, "capabilities.AMO_MRIF")]
    [InlineData(0x0000_0DF9_010E_0E10UL, "capabilities.PAS")]
    [InlineData(0x0000_0DCB_010E_0E10UL, "capabilities.PAS")]
    [InlineData(0x0000_0DF8_011E_0E10UL, "reserved bits 0x100000")]
    [InlineData(0x0000_0DF8_010E_1E10UL, "reserved bits 0x1000")]
    [InlineData(0x0080_0DF8_010E_0E10UL, "reserved bits 0x80000000000000")]
    public void An_illegal_combination_is_named(ulong word, string problem) =>
        Assert.Contains(problem, Assert.Single(new RiscVCapabilities(word).Problems()), StringComparison.Ordinal);

    [Fact]
    public void Custom_bits_are_no_problem() => Assert.Empty(new RiscVCapabilities(Part.Value | 0xFF00_0000_0000_0000).Problems());

    [Theory]
    [InlineData(RiscVFirstStageMode.Bare, 0, 0)]
    [InlineData(RiscVFirstStageMode.Sv39, 3, 39)]
    [InlineData(RiscVFirstStageMode.Sv48, 4, 48)]
    [InlineData(RiscVFirstStageMode.Sv57, 5, 57)]
    [InlineData((RiscVFirstStageMode)7, 0, 0)]
    [InlineData((RiscVFirstStageMode)11, 0, 0)]
    public void First_stage_modes_have_these_sizes(RiscVFirstStageMode mode, int levels, int bits) =>
        Assert.Equal((levels, bits), (mode.Levels, mode.AddressBits));

    [Theory]
    [InlineData(RiscVSecondStageMode.Bare, 0, 0)]
    [InlineData(RiscVSecondStageMode.Sv39x4, 3, 41)]
    [InlineData(RiscVSecondStageMode.Sv48x4, 4, 50)]
    [InlineData(RiscVSecondStageMode.Sv57x4, 5, 59)]
    [InlineData((RiscVSecondStageMode)7, 0, 0)]
    [InlineData((RiscVSecondStageMode)11, 0, 0)]
    public void Second_stage_modes_have_these_sizes(RiscVSecondStageMode mode, int levels, int bits) =>
        Assert.Equal((levels, bits), (mode.Levels, mode.AddressBits));

    [Theory]
    [InlineData(RiscVProcessDirectoryMode.Bare, 0, 0)]
    [InlineData(RiscVProcessDirectoryMode.PD8, 1, 8)]
    [InlineData(RiscVProcessDirectoryMode.PD17, 2, 17)]
    [InlineData(RiscVProcessDirectoryMode.PD20, 3, 20)]
    [InlineData((RiscVProcessDirectoryMode)4, 0, 0)]
    public void Process_directory_modes_have_these_sizes(RiscVProcessDirectoryMode mode, int levels, int bits) =>
        Assert.Equal((levels, bits), (mode.Levels, mode.ProcessIdBits));

    [Theory]
    [InlineData(RiscVDeviceDirectoryMode.Off, 0, 24, 24)]
    [InlineData(RiscVDeviceDirectoryMode.Bare, 0, 24, 24)]
    [InlineData(RiscVDeviceDirectoryMode.OneLevel, 1, 7, 6)]
    [InlineData(RiscVDeviceDirectoryMode.TwoLevels, 2, 16, 15)]
    [InlineData(RiscVDeviceDirectoryMode.ThreeLevels, 3, 24, 24)]
    [InlineData((RiscVDeviceDirectoryMode)5, 0, 24, 24)]
    public void Device_directory_modes_have_these_sizes(RiscVDeviceDirectoryMode mode, int levels, int baseBits, int extendedBits)
    {
        Assert.Equal((levels, baseBits, extendedBits), (mode.Levels, mode.DeviceIdBits(false), mode.DeviceIdBits(true)));
        Assert.Equal((int)mode == 5, mode.IsReserved);
    }

    [Fact]
    public void Each_mode_has_its_bit()
    {
        RiscVCapabilities none = default;
        Assert.True(none.Supports(RiscVFirstStageMode.Bare) && none.Supports(RiscVSecondStageMode.Bare) && none.Supports(RiscVProcessDirectoryMode.Bare));
        Assert.Equal([8], Codes(none with { SupportsSv39 = true }, (c, m) => c.Supports((RiscVFirstStageMode)m)));
        Assert.Equal([9], Codes(none with { SupportsSv48 = true }, (c, m) => c.Supports((RiscVFirstStageMode)m)));
        Assert.Equal([10], Codes(none with { SupportsSv57 = true }, (c, m) => c.Supports((RiscVFirstStageMode)m)));
        Assert.Equal([8], Codes(none with { SupportsSv39x4 = true }, (c, m) => c.Supports((RiscVSecondStageMode)m)));
        Assert.Equal([9], Codes(none with { SupportsSv48x4 = true }, (c, m) => c.Supports((RiscVSecondStageMode)m)));
        Assert.Equal([10], Codes(none with { SupportsSv57x4 = true }, (c, m) => c.Supports((RiscVSecondStageMode)m)));
        Assert.Equal([1], Codes(none with { SupportsPD8 = true }, (c, m) => c.Supports((RiscVProcessDirectoryMode)m)));
        Assert.Equal([2], Codes(none with { SupportsPD17 = true }, (c, m) => c.Supports((RiscVProcessDirectoryMode)m)));
        Assert.Equal([3], Codes(none with { SupportsPD20 = true }, (c, m) => c.Supports((RiscVProcessDirectoryMode)m)));
    }

    // "Encodings of iosatp.MODE field when DC.tc.SXL=1" and of iohgatp.MODE when fctl.GXL=1: 8 is Sv32 and Sv32x4, nothing else.
    [Fact]
    public void A_32_bit_width_has_one_mode()
    {
        Assert.Empty(Codes(Part, (c, m) => c.Supports((RiscVFirstStageMode)m, is32Bit: true)));
        Assert.Empty(Codes(Part, (c, m) => c.Supports((RiscVSecondStageMode)m, is32Bit: true)));
        RiscVCapabilities part = Part with { SupportsSv32 = true, SupportsSv32x4 = true };
        Assert.Equal([8], Codes(part, (c, m) => c.Supports((RiscVFirstStageMode)m, is32Bit: true)));
        Assert.Equal([8], Codes(part, (c, m) => c.Supports((RiscVSecondStageMode)m, is32Bit: true)));
    }

    [Fact]
    public void Widths_follow_the_widest_offer()
    {
        Assert.Equal(59, Part.GuestAddressBits);
        Assert.Equal(50, (Part with { SupportsSv57x4 = false }).GuestAddressBits);
        Assert.Equal(41, (Part with { SupportsSv57x4 = false, SupportsSv48x4 = false }).GuestAddressBits);
        Assert.Equal(34, new RiscVCapabilities { SupportsSv32x4 = true, PhysicalAddressBits = 40 }.GuestAddressBits);
        Assert.Equal(40, new RiscVCapabilities { PhysicalAddressBits = 40 }.GuestAddressBits);
        Assert.Equal(20, Part.ProcessIdBits);
        Assert.Equal(17, (Part with { SupportsPD20 = false }).ProcessIdBits);
        Assert.Equal(8, (Part with { SupportsPD20 = false, SupportsPD17 = false }).ProcessIdBits);
        Assert.Equal(0, default(RiscVCapabilities).ProcessIdBits);
        Assert.Equal(4, Part.DeviceContextWords);
    }

    [Fact]
    public void Any_word_can_be_judged() =>
        Gen.ULong.Sample(word =>
        {
            RiscVCapabilities part = new(word);
            _ = part.Problems();
            _ = part.GuestAddressBits + part.ProcessIdBits + part.DeviceContextWords;
        }, iter: 2_000);

    private static IEnumerable<int> Codes(RiscVCapabilities part, Func<RiscVCapabilities, int, bool> supports) =>
        Enumerable.Range(1, 15).Where(code => supports(part, code));
}
