using CsCheck;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Commands and what hardware checks in them. RISC-V IOMMU, "Command-Queue" and "IOMMU Extensions"; hardware.md 4.5.</summary>
public sealed class RiscVCommandTests
{
    private static readonly RiscVCapabilities Part = RiscVCapabilities.Default with { SupportsAts = true };

    // "IOMMU Page-Table cache invalidation commands"
    [Fact]
    public void First_stage_invalidations_have_these_words()
    {
        Assert.Equal(new RiscVCommand(0x1, 0), RiscVCommand.IotinvalVma());
        RiscVCommand process = RiscVCommand.IotinvalVma(pscid: 0xABCDE, gscid: 0x1234);
        Assert.Equal(new RiscVCommand(0x0123_4003_ABCD_E001, 0), process);
        Assert.Equal(RiscVCommandType.IotinvalVma, process.Type);
        Assert.Equal((0xABCDEu, 0x1234), (process.Pscid, (int)process.Gscid));
        Assert.True(process.HasPscid && process.HasGscid);
        Assert.False(process.HasAddress || process.DropsNonLeaf);
        RiscVCommand page = RiscVCommand.IotinvalVmaRange(0x1234_5000, 12);
        Assert.Equal(new RiscVCommand(0x401, 0x048D_1400), page);
        Assert.False(page.IsRange);
        RiscVCommand range = RiscVCommand.IotinvalVmaRange(0x1_0000, 16, pscid: 0, nonLeaf: true);
        Assert.Equal(new RiscVCommand(0x5_0000_0401, 0x5E00), range);
        Assert.True(range.IsRange && range.DropsNonLeaf);
        Assert.Equal(0x1_7000UL, range.Address);
    }

    [Fact]
    public void Second_stage_invalidations_have_these_words()
    {
        Assert.Equal(new RiscVCommand(0x81, 0), RiscVCommand.IotinvalGvma());
        Assert.Equal(new RiscVCommand(0x0000_7002_0000_0081, 0), RiscVCommand.IotinvalGvma(7));
        RiscVCommand page = RiscVCommand.IotinvalGvmaRange(7, 0x1234_5000, 12, nonLeaf: true);
        Assert.Equal(new RiscVCommand(0x0000_7006_0000_0481, 0x048D_1400), page);
        Assert.Equal((1, 1), (page.Opcode, page.Function));
    }

    // "IOMMU Command-queue Fence commands"; the address is stored divided by 4.
    [Fact]
    public void Fences_have_these_words()
    {
        Assert.Equal(new RiscVCommand(0x3002, 0), RiscVCommand.IofenceC());
        Assert.Equal(new RiscVCommand(0x0802, 0), RiscVCommand.IofenceC(ordersReads: false, ordersWrites: false, interrupt: true));
        RiscVCommand fence = RiscVCommand.IofenceC(new(0x8000_0004), 0xDEAD_BEEF);
        Assert.Equal(new RiscVCommand(0xDEAD_BEEF_0000_3402, 0x2000_0001), fence);
        Assert.True(fence.HasAddress && fence.OrdersReads && fence.OrdersWrites);
        Assert.Equal((0x8000_0004UL, 0xDEAD_BEEFu), (fence.StatusAddress.Value, fence.StatusData));
        Assert.Equal(0x2402UL, RiscVCommand.IofenceC(new(0), 0, ordersReads: false).Word0);
        Assert.Equal(0x1C02UL, RiscVCommand.IofenceC(new(0), 0, ordersWrites: false, interrupt: true).Word0);
    }

    // "IOMMU directory cache invalidation commands"
    [Fact]
    public void Directory_invalidations_have_these_words()
    {
        Assert.Equal(new RiscVCommand(0x3, 0), RiscVCommand.IodirInvalDdt());
        RiscVCommand device = RiscVCommand.IodirInvalDdt(new RiscVDeviceId(0xABCDEF));
        Assert.Equal(new RiscVCommand(0xABCD_EF02_0000_0003, 0), device);
        Assert.True(device.HasDevice);
        RiscVCommand process = RiscVCommand.IodirInvalPdt(new(0xABCDEF), new(0xABCDE));
        Assert.Equal(new RiscVCommand(0xABCD_EF02_ABCD_E083, 0), process);
        Assert.Equal((0xABCDEFu, 0xABCDEu), (process.DeviceId.Value, process.ProcessId.Value));
    }

    // "IOMMU PCIe ATS commands"
    [Fact]
    public void Ats_commands_have_these_words()
    {
        RiscVCommand page = RiscVCommand.AtsInval(new(0x0108), 0x5000, 12, process: new(1), segment: 2);
        Assert.Equal(new RiscVCommand(0x0201_0803_0000_1004, 0x5000), page);
        Assert.Equal((0x0108, 1u, 2), (page.Requester.Value, page.ProcessId.Value, page.Segment));
        Assert.True(page.HasProcessId && page.HasSegment);
        RiscVCommand range = RiscVCommand.AtsInval(new(0x0108), 0x1_0000, 16, everyProcess: true);
        Assert.Equal(new RiscVCommand(0x0001_0800_0000_0004, 0x1_7801), range);
        Assert.True(range.IsForEveryProcess && range.IsRange);
        Assert.Equal((0x1_0000UL, 0x1_FFFFUL), (range.FirstByte, range.LastByte));
        RiscVCommand response = RiscVCommand.AtsPrgr(new(0x0108), 0x1FF, RiscVPageResponse.Failure, process: new(0xABCDE));
        Assert.Equal(new RiscVCommand(0x0001_0801_ABCD_E084, 0x0000_F1FF_0000_0000), response);
        Assert.Equal((0x1FF, RiscVPageResponse.Failure), (response.Group, response.Response));
        Assert.Equal(0x0000_1000_0000_0000UL, RiscVCommand.AtsPrgr(default, 0, RiscVPageResponse.InvalidRequest).Word1);
        Assert.Equal(0UL, RiscVCommand.AtsPrgr(default, 0, RiscVPageResponse.Success).Word1);
    }

    // "Address Range Invalidation Extension": first 0 at X gives 2^(X+1) pages; all ones below a 0 on top is everything.
    [Theory]
    [InlineData(0x0000_2000UL, 12, 0x800UL, 0x2000UL, 0x2FFFUL)]
    [InlineData(0x0000_2000UL, 13, 0xA00UL, 0x2000UL, 0x3FFFUL)]
    [InlineData(0x0000_4000UL, 14, 0x1600UL, 0x4000UL, 0x7FFFUL)]
    [InlineData(0x0020_0000UL, 21, 0xB_FE00UL, 0x20_0000UL, 0x3F_FFFFUL)]
    [InlineData(0x8000_0000_0000_0000UL, 63, 0x2FFF_FFFF_FFFF_FE00UL, 0x8000_0000_0000_0000UL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0UL, 64, 0x1FFF_FFFF_FFFF_FE00UL, 0UL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    public void A_range_is_coded_in_its_address(ulong firstByte, int sizeLog2, ulong word1, ulong first, ulong last)
    {
        foreach (RiscVCommand command in new[] { RiscVCommand.IotinvalVmaRange(firstByte, sizeLog2), RiscVCommand.IotinvalGvmaRange(1, firstByte, sizeLog2) })
        {
            Assert.Equal(word1, command.Word1);
            Assert.Equal((first, last), (command.FirstByte, command.LastByte));
            Assert.Equal(RiscVCommandError.None, command.Check(Part));
        }
    }

    [Fact]
    public void Ranges_round_trip() =>
        Gen.Select(Gen.ULong, Gen.Int[12, 64]).Sample((address, sizeLog2) =>
        {
            ulong offset = Bits.Mask(sizeLog2);
            foreach (RiscVCommand command in new[] { RiscVCommand.IotinvalVmaRange(address & ~offset, sizeLog2), RiscVCommand.AtsInval(default, address & ~offset, sizeLog2) })
            {
                Assert.Equal((address & ~offset, address | offset), (command.FirstByte, command.LastByte));
                Assert.Equal(RiscVCommandError.None, command.Check(Part));
            }
        }, iter: 5_000);

    [Theory]
    [InlineData(0x1UL)] // VMA without AV
    [InlineData(0x481UL)] // GVMA with AV but without GV, which ignores AV
    [InlineData(0x2_0000_0081UL)] // GVMA with GV but without AV
    public void Without_a_valid_address_everything_is_meant(ulong word0)
    {
        RiscVCommand command = new(word0, 0x048D_1400);
        Assert.Equal((0UL, ulong.MaxValue), (command.FirstByte, command.LastByte));
        Assert.Equal(RiscVCommandError.None, (command with { Word1 = 0x3FFF_FFFF_FFFF_FE00 }).Check(Part));
    }

    [Theory]
    [InlineData(0x401UL, 0x3FFF_FFFF_FFFF_FE00UL)]
    [InlineData(0x2_0000_0481UL, 0x3FFF_FFFF_FFFF_FE00UL)]
    [InlineData(0x4UL, 0xFFFF_FFFF_FFFF_F800UL)]
    public void All_ones_is_no_range(ulong word0, ulong word1)
    {
        RiscVCommand command = new(word0, word1);
        Assert.Equal(RiscVCommandError.UnspecifiedRange, command.Check(Part));
        Assert.Equal((0UL, ulong.MaxValue), (command.FirstByte, command.LastByte));
    }

    [Theory]
    [InlineData(0x0UL, RiscVCommandError.UnknownOpcode)]
    [InlineData(0x5UL, RiscVCommandError.UnknownOpcode)]
    [InlineData(0x3FUL, RiscVCommandError.UnknownOpcode)]
    [InlineData(0x40UL, RiscVCommandError.UnknownOpcode)]
    [InlineData(0x7FUL, RiscVCommandError.UnknownOpcode)]
    [InlineData(0x101UL, RiscVCommandError.UnknownFunction)]
    [InlineData(0x381UL, RiscVCommandError.UnknownFunction)]
    [InlineData(0x82UL, RiscVCommandError.UnknownFunction)]
    [InlineData(0x103UL, RiscVCommandError.UnknownFunction)]
    [InlineData(0x104UL, RiscVCommandError.UnknownFunction)]
    [InlineData(0x1UL, RiscVCommandError.None)]
    [InlineData(0x81UL, RiscVCommandError.None)]
    [InlineData(0x2UL, RiscVCommandError.None)]
    [InlineData(0x3UL, RiscVCommandError.None)]
    [InlineData(0x4UL, RiscVCommandError.None)]
    [InlineData(0x84UL, RiscVCommandError.None)]
    [InlineData(0x83UL, RiscVCommandError.DeviceMissing)]
    [InlineData(0x1_0000_0081UL, RiscVCommandError.PscidInSecondStage)]
    [InlineData(0x802UL, RiscVCommandError.WireInterruptsDisabled)]
    public void A_first_word_is_judged(ulong word0, RiscVCommandError error)
    {
        RiscVCommand command = new(word0, 0);
        Assert.Equal(error, command.Check(Part));
        Assert.Equal(error == RiscVCommandError.None, command.IsValid(Part, out string reason));
        Assert.Equal(command.Describe(error), reason);
    }

    // The gaps of each figure, both edges of each; PID of INVAL_DDT too.
    [Theory]
    [InlineData(0x01UL, new[] { 11, 35, 43, 60, 63, 64, 72, 126, 127 })]
    [InlineData(0x81UL, new[] { 11, 35, 43, 60, 63, 64, 72, 126, 127 })]
    [InlineData(0x02UL, new[] { 14, 31, 126, 127 })]
    [InlineData(0x03UL, new[] { 10, 11, 12, 31, 32, 34, 39, 64, 127 })]
    [InlineData(0x2_0000_0083UL, new[] { 10, 11, 32, 34, 39, 64, 127 })]
    [InlineData(0x04UL, new[] { 10, 11, 34, 39 })]
    [InlineData(0x84UL, new[] { 10, 11, 34, 39 })]
    public void Bits_a_command_leaves_out_are_reserved(ulong word0, int[] bits)
    {
        Assert.Equal(RiscVCommandError.None, new RiscVCommand(word0, 0).Check(Part));
        foreach (int bit in bits)
        {
            RiscVCommand command = new(bit < 64 ? word0 | 1UL << bit : word0, bit < 64 ? 0 : 1UL << (bit - 64));
            Assert.Equal(RiscVCommandError.ReservedBits, command.Check(Part));
        }
    }

    [Theory]
    [InlineData(0x0FFF_F007_FFFF_F401UL, 0x1FFF_FFFF_FFFF_FE00UL)]
    [InlineData(0x0FFF_F006_FFFF_F481UL, 0x1FFF_FFFF_FFFF_FE00UL)]
    [InlineData(0xFFFF_FFFF_0000_3402UL, 0x3FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0xFFFF_FF02_0000_0003UL, 0UL)]
    [InlineData(0xFFFF_FF02_FFFF_F083UL, 0UL)]
    [InlineData(0xFFFF_FF03_FFFF_F004UL, 0x7FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0xFFFF_FF03_FFFF_F084UL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    public void Every_bit_a_command_has_may_be_set(ulong word0, ulong word1) =>
        Assert.Equal(RiscVCommandError.None, new RiscVCommand(word0, word1).Check(Part));

    [Fact]
    public void Extensions_need_their_capability()
    {
        RiscVCommand leaf = RiscVCommand.IotinvalVmaRange(0, 12, nonLeaf: true);
        RiscVCommand range = RiscVCommand.IotinvalGvmaRange(0, 0, 13);
        RiscVCapabilities plain = Part with { SupportsNonLeafInvalidation = false, SupportsRangeInvalidation = false };
        Assert.Equal(RiscVCommandError.NonLeafUnsupported, leaf.Check(plain));
        Assert.Equal(RiscVCommandError.RangeUnsupported, range.Check(plain));
        Assert.Equal(RiscVCommandError.NonLeafUnsupported, leaf.Check(plain with { SupportsRangeInvalidation = true }));
        Assert.Equal(RiscVCommandError.RangeUnsupported, range.Check(plain with { SupportsNonLeafInvalidation = true }));
        Assert.Equal(RiscVCommandError.RangeUnsupported, new RiscVCommand(0x1, 0x200).Check(plain)); // reserved even where AV ignores it
        Assert.Equal(RiscVCommandError.None, RiscVCommand.IotinvalVmaRange(0, 12).Check(plain));
        Assert.Equal(RiscVCommandError.AtsUnsupported, RiscVCommand.AtsInval(default, 0, 12).Check(RiscVCapabilities.Default));
        Assert.Equal(RiscVCommandError.AtsUnsupported, RiscVCommand.AtsPrgr(default, 0, 0).Check(RiscVCapabilities.Default));
    }

    [Fact]
    public void Wire_interrupts_must_be_enabled()
    {
        RiscVCommand fence = RiscVCommand.IofenceC(interrupt: true);
        Assert.Equal(RiscVCommandError.WireInterruptsDisabled, fence.Check(Part));
        Assert.Equal(RiscVCommandError.None, fence.Check(Part, new() { UsesWireInterrupts = true }));
    }

    [Theory]
    [InlineData(0xFFFFu, 16, true)]
    [InlineData(0x1_0000u, 16, false)]
    [InlineData(0x3Fu, 6, true)]
    [InlineData(0x40u, 6, false)]
    [InlineData(0xFF_FFFFu, 24, true)]
    public void A_device_id_must_fit_the_directory(uint device, int deviceIdBits, bool valid)
    {
        RiscVCommandError expected = valid ? RiscVCommandError.None : RiscVCommandError.DeviceIdTooWide;
        Assert.Equal(expected, RiscVCommand.IodirInvalDdt(new RiscVDeviceId(device)).Check(Part, deviceIdBits: deviceIdBits));
        Assert.Equal(expected, RiscVCommand.IodirInvalPdt(new(device), default).Check(Part, deviceIdBits: deviceIdBits));
        Assert.Equal(RiscVCommandError.None, (RiscVCommand.IodirInvalDdt() with { DeviceId = new(device) }).Check(Part, deviceIdBits: deviceIdBits));
    }

    [Theory]
    [InlineData(true, true, 0xF_FFFFu, true)]
    [InlineData(false, true, 0x1_FFFFu, true)]
    [InlineData(false, true, 0x2_0000u, false)]
    [InlineData(false, false, 0xFFu, true)]
    [InlineData(false, false, 0x100u, false)]
    public void A_process_id_must_fit_the_part(bool pd20, bool pd17, uint process, bool valid) =>
        Assert.Equal(
            valid ? RiscVCommandError.None : RiscVCommandError.ProcessIdTooWide,
            RiscVCommand.IodirInvalPdt(default, new(process)).Check(Part with { SupportsPD20 = pd20, SupportsPD17 = pd17 }));

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.IotinvalVmaRange(0x800, 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.IotinvalVmaRange(0x1000, 13));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.IotinvalVmaRange(0, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.AtsInval(default, 0, 65));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.IotinvalVma(pscid: 0x10_0000));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.IofenceC(new(2), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RiscVCommand.AtsPrgr(default, 512, 0));
        Assert.Throws<ArgumentException>(() => RiscVCommand.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => default(RiscVCommand).Write(new ulong[1]));
    }

    [Fact]
    public void Any_words_can_be_judged_and_every_error_has_a_sentence() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 0x1FF], Gen.ULong, Gen.UInt).Sample((word0, word1, head, part, control) =>
        {
            foreach (RiscVCommand command in new RiscVCommand[] { new(word0, word1), new((word0 & ~0x3FFUL) | (uint)head % 6 | (uint)head & 0x80, word1) })
            {
                Assert.True(command.FirstByte <= command.LastByte);
                Assert.InRange(command.Opcode + command.Function, 0, 134);
                RiscVCommandError error = command.Check(new(part), new(control), head % 25);
                Assert.Equal(error == RiscVCommandError.None, command.IsValid(new(part), out string reason, new(control), head % 25));
                Assert.Equal(error == RiscVCommandError.None, reason.Length == 0);
                foreach (RiscVCommandError any in Enum.GetValues<RiscVCommandError>())
                    Assert.Equal(any == RiscVCommandError.None, command.Describe(any).Length == 0);
            }
        }, iter: 2_000);
}
