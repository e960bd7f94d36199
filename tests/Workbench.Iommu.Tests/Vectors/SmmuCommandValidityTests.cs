using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Command queue entries: ranges and CERROR_ILL. IHI 0070 §4.1.3 to §4.1.7, §4.4.1.1, §4.5, §4.7.</summary>
public sealed class SmmuCommandValidityTests
{
    private static readonly SmmuFeatures Features = SmmuFeatures.Default;
    private static readonly SmmuFeatures Everything = Features with
    {
        SupportsAts = true,
        SupportsPageRequests = true,
        StallModel = SmmuStallModel.StallOrTerminate,
    };
    private static readonly SmmuFeatures NoRange = Features with { SupportsRangeInvalidation = false };
    private static readonly SmmuFeatures Large = Features with { SupportsLargeAddresses = true, VirtualAddressCode = 1 };

    public static TheoryData<string, ulong, ulong, SmmuFeatures, SmmuCommandError> Rules => new()
    {
        { "opcode 0", 0x00, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode 8", 0x08, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode 14", 0x14, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode 19", 0x19, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode 29", 0x29, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode 42", 0x42, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode 80, implementation defined", 0x80, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "opcode FF", 0xFF, 0, Everything, SmmuCommandError.UnknownOpcode },
        { "4.4.2.5", 0x18, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.4.2.6", 0x1A, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.4.2.11", 0x50, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.4.2.13", 0x53, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.4.3.4", 0x58, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.4.3.3", 0x5A, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.4.4.2", 0x60, 0, Everything, SmmuCommandError.SecureOpcode },
        { "4.3.5 MPAM", 0x07, 0, Everything, SmmuCommandError.FeatureUnsupported },
        { "4.6.1 DPT", 0x70, 0, Everything, SmmuCommandError.FeatureUnsupported },
        { "4.6.2 DPT", 0x73, 0, Everything, SmmuCommandError.FeatureUnsupported },
        { "SSec CFGI_STE", 0x403, 0, Everything, SmmuCommandError.SecureStream },
        { "SSec RESUME", 0x444, 0, Everything, SmmuCommandError.SecureStream },
        { "no SSec in ATC_INV", 0x440, 0, Everything, SmmuCommandError.ReservedBits },
        { "CFGI_CD without stage 1", 0x05, 0, Features with { SupportsStage1 = false }, SmmuCommandError.Stage1Unsupported },
        { "CFGI_CD_ALL without stage 1", 0x06, 0, Features with { SupportsStage1 = false }, SmmuCommandError.Stage1Unsupported },
        { "NH_ALL without stage 1", 0x10, 0, Features with { SupportsStage1 = false }, SmmuCommandError.Stage1Unsupported },
        { "NH_VAA without stage 1", 0x13, 0, Features with { SupportsStage1 = false }, SmmuCommandError.Stage1Unsupported },
        { "EL2_ALL without stage 1", 0x20, 0, Features with { SupportsStage1 = false }, SmmuCommandError.Stage1Unsupported },
        { "EL2_ALL without Hyp", 0x20, 0, Features with { SupportsEl2 = false }, SmmuCommandError.El2Unsupported },
        { "EL2_VAA without Hyp", 0x23, 0, Features with { SupportsEl2 = false }, SmmuCommandError.El2Unsupported },
        { "S12_VMALL without stage 2", 0x28, 0, Features with { SupportsStage2 = false }, SmmuCommandError.Stage2Unsupported },
        { "S2_IPA without stage 2", 0x2A, 0, Features with { SupportsStage2 = false }, SmmuCommandError.Stage2Unsupported },
        { "NSNH_ALL needs no stage", 0x30, 0, default, SmmuCommandError.None },
        { "CFGI_STE needs no stage", 0x03, 0, default, SmmuCommandError.None },
        { "ATC_INV without ATS", 0x40, 0, Features, SmmuCommandError.AtsUnsupported },
        { "PRI_RESP without PRI", 0x41, 0, Features, SmmuCommandError.PageRequestsUnsupported },
        { "RESUME never", 0x44, 0, Features, SmmuCommandError.StallUnsupported },
        { "STALL_TERM never", 0x45, 0, Features, SmmuCommandError.StallUnsupported },
        { "RESUME always", 0x44, 0, Features with { StallModel = SmmuStallModel.StallOnly }, SmmuCommandError.None },
        { "PRI_RESP 3", 0x41, 0x3000, Everything, SmmuCommandError.ResponseReserved },
        { "SYNC 3", 0x3046, 0, Everything, SmmuCommandError.SignalReserved },
        { "ATC_INV 52", 0x40, 52, Everything, SmmuCommandError.None },
        { "ATC_INV 53", 0x40, 53, Everything, SmmuCommandError.AtcSizeTooLarge },
        { "TG alone 4K", 0x12, 0x400, Features, SmmuCommandError.GranuleAlone },
        { "TG alone 16K", 0x13, 0x800, Features, SmmuCommandError.GranuleAlone },
        { "TG alone 64K", 0x2A, 0xC00, Features, SmmuCommandError.GranuleAlone },
        { "TG with TTL", 0x12, 0x700, Features, SmmuCommandError.None },
        { "TG with NUM", 0x1012, 0x400, Features, SmmuCommandError.None },
        { "TG with SCALE", 0x10_0012, 0x400, Features, SmmuCommandError.None },
        { "16K TTL 1 counts as 0", 0x12, 0x900, Features, SmmuCommandError.GranuleAlone },
        { "16K TTL 1 with NUM", 0x1012, 0x900, Features, SmmuCommandError.None },
        { "16K TTL 1 with DS", 0x12, 0x900, Large, SmmuCommandError.None },
        { "SCALE without TG", 0x10_0012, 0, Features, SmmuCommandError.ReservedBits },
        { "NUM without TG", 0x1012, 0, Features, SmmuCommandError.ReservedBits },
        { "TTL without TG", 0x12, 0x300, Features, SmmuCommandError.ReservedBits },
        { "TTL128", 0x12, 0x780, Features, SmmuCommandError.ReservedBits },
        { "SCALE 32 without DS", 0x200_0012, 0x400, Features, SmmuCommandError.ReservedBits },
        { "SCALE 32 with DS", 0x200_0012, 0x400, Large, SmmuCommandError.None },
        { "TG without RIL", 0x12, 0x400, NoRange, SmmuCommandError.ReservedBits },
        { "SCALE without RIL", 0x10_0022, 0x400, NoRange, SmmuCommandError.ReservedBits },
        { "no range without RIL", 0x12, 0x1001, NoRange, SmmuCommandError.None },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_command_is_judged(string rule, ulong word0, ulong word1, SmmuFeatures features, SmmuCommandError error)
    {
        Assert.NotEmpty(rule);
        Assert.Equal(error, new SmmuCommand(word0, word1).Check(features));
    }

    // Every bit outside the fields, one at a time: the fields are those of chapter 4 for the Non-secure queue.
    [Theory]
    [InlineData(0x01UL, 0xFFFF_FFFF_FFFF_FCFFUL, 0x0UL)]
    [InlineData(0x02UL, 0xFFFF_FFFF_FFFF_FCFFUL, 0xFFFF_FFFF_FFFF_F3FFUL)]
    [InlineData(0x03UL, 0xFFFF_FFFF_0000_04FFUL, 0x1UL)]
    [InlineData(0x04UL, 0xFFFF_FFFF_0000_04FFUL, 0x1FUL)]
    [InlineData(0x05UL, 0xFFFF_FFFF_FFFF_F4FFUL, 0x1UL)]
    [InlineData(0x06UL, 0xFFFF_FFFF_0000_04FFUL, 0x0UL)]
    [InlineData(0x10UL, 0x0000_FFFF_0000_00FFUL, 0x0UL)]
    [InlineData(0x11UL, 0xFFFF_FFFF_0000_00FFUL, 0x0UL)]
    [InlineData(0x12UL, 0xFFFF_FFFF_0000_00FFUL, 0xFFFF_FFFF_FFFF_FC01UL)]
    [InlineData(0x13UL, 0x0000_FFFF_0000_00FFUL, 0xFFFF_FFFF_FFFF_FC01UL)]
    [InlineData(0x20UL, 0x0000_0000_0000_00FFUL, 0x0UL)]
    [InlineData(0x21UL, 0xFFFF_0000_0000_00FFUL, 0x0UL)]
    [InlineData(0x22UL, 0xFFFF_0000_0000_00FFUL, 0xFFFF_FFFF_FFFF_FC01UL)]
    [InlineData(0x23UL, 0x0000_0000_0000_00FFUL, 0xFFFF_FFFF_FFFF_FC01UL)]
    [InlineData(0x28UL, 0x0000_FFFF_0000_00FFUL, 0x0UL)]
    [InlineData(0x2AUL, 0x0000_FFFF_0000_00FFUL, 0x00FF_FFFF_FFFF_FC01UL)]
    [InlineData(0x30UL, 0x0000_0000_0000_00FFUL, 0x0UL)]
    [InlineData(0x40UL, 0xFFFF_FFFF_FFFF_FAFFUL, 0xFFFF_FFFF_FFFF_F03FUL)]
    [InlineData(0x41UL, 0xFFFF_FFFF_FFFF_F8FFUL, 0x31FFUL)]
    [InlineData(0x44UL, 0xFFFF_FFFF_0000_34FFUL, 0xFFFFUL)]
    [InlineData(0x45UL, 0xFFFF_FFFF_0000_04FFUL, 0x0UL)]
    [InlineData(0x46UL, 0xFFFF_FFFF_0FC0_30FFUL, 0x00FF_FFFF_FFFF_FFFCUL)]
    public void A_bit_outside_the_fields_is_reserved(ulong opcode, ulong fields0, ulong fields1)
    {
        for (int bit = 8; bit < 128; bit++)
        {
            ulong word0 = bit < 64 ? 1UL << bit : 0;
            ulong word1 = bit < 64 ? 0 : 1UL << (bit - 64);
            SmmuCommand command = new(opcode | word0, word1);
            bool isField = ((word0 & fields0) | (word1 & fields1)) != 0;
            Assert.True(isField == (command.Check(Everything) != SmmuCommandError.ReservedBits), $"bit {bit}");
            Assert.NotEqual(SmmuCommandError.ReservedBits, command.Check(Everything, checksReserved: false));
        }
    }

    [Fact]
    public void A_part_that_ignores_reserved_fields_takes_a_range_for_one_address()
    {
        SmmuCommand range = SmmuCommand.TlbiNhVa(0, 1, SmmuTlbiRange.Of(0xFFE0_0000, SmmuGranule.Size4K, 31, 19, 2), leafOnly: true);
        Assert.Equal(SmmuCommandError.None, range.Check(NoRange, checksReserved: false));
        SmmuCommand seen = range.AsReadBy(NoRange);
        Assert.Equal(SmmuCommand.TlbiNhVa(0, 1, SmmuTlbiRange.Single(0xFFE0_0000), leafOnly: true), seen);
        Assert.Equal((0xFFE0_0000UL, 0xFFE0_0FFFUL), (seen.FirstByte, seen.LastByte));
        Assert.Equal(0x30_0012UL, new SmmuCommand(0x230_0012, 0x400).AsReadBy(Features).Word0);
        Assert.Equal(0x401UL, new SmmuCommand(0x12, 0x481).AsReadBy(Features).Word1);
    }

    // §4.4.1.1: (NUM+1) · 2^SCALE · granule, no wrap, SCALE above 39 is 39.
    [Theory]
    [InlineData(0x12UL, 0xFFE7_4000UL, 0xFFE7_4000UL, 0xFFE7_4FFFUL)]
    [InlineData(0x12UL, 0x1700UL, 0x1000UL, 0x1FFFUL)]
    [InlineData(0x1012UL, 0x1400UL, 0x1000UL, 0x2FFFUL)]
    [InlineData(0x2013UL, 0x1400UL, 0x1000UL, 0x3FFFUL)]
    [InlineData(0x90_0022UL, 0x20_0400UL, 0x20_0000UL, 0x3F_FFFFUL)]
    [InlineData(0x10_2023UL, 0x4800UL, 0x4000UL, 0x1_BFFFUL)]
    [InlineData(0x1F_F02AUL, 0x1_0C00UL, 0x1_0000UL, 0x40_FFFFUL)]
    [InlineData(0x271_F012UL, 0xC00UL, 0UL, 0x0FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0x3F1_F012UL, 0xC00UL, 0UL, 0x0FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0x1012UL, 0xFFFF_FFFF_FFFF_F400UL, 0xFFFF_FFFF_FFFF_F000UL, ulong.MaxValue)]
    [InlineData(0x12UL, 0xFFFF_FFFF_FFFF_F000UL, 0xFFFF_FFFF_FFFF_F000UL, ulong.MaxValue)]
    [InlineData(0x11UL, 0x1000UL, 0UL, ulong.MaxValue)]
    [InlineData(0x40UL, 0xFFE7_5002UL, 0xFFE7_4000UL, 0xFFE7_7FFFUL)]
    [InlineData(0x40UL, 0xFFE7_5034UL, 0UL, ulong.MaxValue)]
    [InlineData(0x40UL, 0xFFE7_503FUL, 0UL, ulong.MaxValue)]
    public void A_range_has_these_bytes(ulong word0, ulong word1, ulong first, ulong last)
    {
        SmmuCommand command = new(word0, word1);
        Assert.Equal((first, last), (command.FirstByte, command.LastByte));
    }

    // §4.4.1.1, the lists of address bits that must be 0.
    [Theory]
    [InlineData(SmmuGranule.Size4K, 1, 29)]
    [InlineData(SmmuGranule.Size4K, 2, 20)]
    [InlineData(SmmuGranule.Size16K, 1, 35)]
    [InlineData(SmmuGranule.Size16K, 2, 24)]
    [InlineData(SmmuGranule.Size16K, 3, 13)]
    [InlineData(SmmuGranule.Size16K, 0, 13)]
    [InlineData(SmmuGranule.Size64K, 1, 41)]
    [InlineData(SmmuGranule.Size64K, 2, 28)]
    [InlineData(SmmuGranule.Size64K, 3, 15)]
    [InlineData(SmmuGranule.Size64K, 0, 15)]
    public void A_hint_wants_an_aligned_address(SmmuGranule granule, int hint, int highBit)
    {
        ulong word1 = ((ulong)granule << 10) | ((ulong)hint << 8);
        Assert.True(new SmmuCommand(0x1012, word1 | (1UL << highBit)).RangeIsUnpredictable);
        Assert.True(new SmmuCommand(0x1012, word1 | 0x1000).RangeIsUnpredictable);
        Assert.False(new SmmuCommand(0x1012, word1 | (1UL << (highBit + 1))).RangeIsUnpredictable);
        Assert.False(new SmmuCommand(0x1011, word1 | 0x1000).RangeIsUnpredictable);
        Assert.Equal(hint == 0 ? null : 3 - hint, new SmmuCommand(0x1012, word1).HintedLevel);
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Of(1UL << highBit, granule, 1, 0, hint));
    }

    [Fact]
    public void No_granule_means_no_hint()
    {
        Assert.Null(new SmmuCommand(0x12, 0x300).HintedLevel);
        Assert.False(new SmmuCommand(0x12, 0x1300).RangeIsUnpredictable);
    }

    [Fact]
    public void An_aligned_power_of_two_is_one_command() =>
        Gen.Select(Gen.Enum<SmmuGranule>(), Gen.Int[0, 31], Gen.ULong, Gen.UShort).Sample((granule, scale, address, tag) =>
        {
            if (granule == SmmuGranule.None) return;
            int sizeLog2 = granule.SizeLog2 + scale;
            ulong first = address & ~Bits.Mask(sizeLog2);
            SmmuTlbiRange range = SmmuTlbiRange.OfPowerOfTwo(first, sizeLog2, granule);
            SmmuCommand command = SmmuCommand.TlbiNhVa(tag, tag, range);
            Assert.Equal(SmmuCommandError.None, command.Check(Features));
            Assert.Equal(first, command.FirstByte);
            Assert.Equal(scale == 0 ? first | 0xFFF : first | Bits.Mask(sizeLog2), command.LastByte);
            Assert.Equal((tag, tag), (command.Vmid, command.Asid));
            Assert.False(command.RangeIsUnpredictable);
        }, iter: 5_000);

    [Fact]
    public void An_atc_range_reads_back() =>
        Gen.Select(Gen.ULong, Gen.Int[12, 64], Gen.UInt).Sample((address, sizeLog2, stream) =>
        {
            ulong first = address & ~Bits.Mask(sizeLog2);
            SmmuCommand command = SmmuCommand.AtcInvalidate(stream, first, sizeLog2);
            Assert.Equal((first, first | Bits.Mask(sizeLog2), stream), (command.FirstByte, command.LastByte, command.StreamId));
            Assert.Equal(SmmuCommandError.None, command.Check(Everything));
        }, iter: 5_000);

    [Fact]
    public void Wrong_ranges_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Single(0x800));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Of(0, SmmuGranule.None, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 32, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 0, 40));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 1, 0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.OfPowerOfTwo(0x1000, 13, SmmuGranule.Size4K));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.OfPowerOfTwo(0, 12, SmmuGranule.Size64K));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuTlbiRange.OfPowerOfTwo(0, 52, SmmuGranule.Size4K));
    }

    [Theory]
    [InlineData(0x0000_FFFF_0000_0003UL, false)]
    [InlineData(0x0001_0000_0000_0003UL, true)]
    [InlineData(0x0001_0000_0000_0004UL, false)]
    [InlineData(0x0000_0000_0100_0005UL, true)]
    [InlineData(0x0000_0000_00FF_F005UL, false)]
    [InlineData(0x0000_0000_0100_0040UL, false)]
    [InlineData(0x0000_0000_0100_0840UL, true)]
    [InlineData(0x0000_00FF_0000_0010UL, false)]
    [InlineData(0x0000_0100_0000_0010UL, true)]
    [InlineData(0x0000_0100_0000_002AUL, true)]
    [InlineData(0x00FF_0000_0000_0011UL, false)]
    [InlineData(0x0100_0000_0000_0011UL, true)]
    [InlineData(0x0100_0000_0000_0022UL, true)]
    [InlineData(0x0100_0000_0000_0013UL, false)]
    public void A_parameter_can_be_out_of_range_without_error(ulong word0, bool outOfRange)
    {
        SmmuFeatures small = Everything with { SubstreamIdBits = 12, Supports16BitAsid = false, Supports16BitVmid = false };
        Assert.Equal(outOfRange, new SmmuCommand(word0, 0).HasParameterOutOfRange(small));
    }

    // §4.4.2: without stage 2 the VMID is RES0 and need not be checked.
    [Fact]
    public void Without_stage_2_the_only_vmid_is_0()
    {
        SmmuFeatures stage1 = Features with { SupportsStage2 = false };
        Assert.True(SmmuCommand.TlbiNhAll(1).HasParameterOutOfRange(stage1));
        Assert.False(SmmuCommand.TlbiNhAll(0).HasParameterOutOfRange(stage1));
        Assert.Equal(SmmuCommandError.None, SmmuCommand.TlbiNhAll(1).Check(stage1));
    }
}
