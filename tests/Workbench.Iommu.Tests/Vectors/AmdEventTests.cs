using CsCheck;
using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Event log and page request log entries. AMD IOMMU §2.5 and 2.6; hardware.md 1.8.</summary>
public sealed class AmdEventTests
{
    // As kernels print it: IO_PAGE_FAULT device=01:00.0 domain=0x000a address=0xdf8 flags=0x0020, flags being bits 59:48.
    [Fact]
    public void A_write_to_a_page_that_is_not_present_has_these_words()
    {
        AmdEvent fault = new()
        {
            Code = AmdEventCode.IOPageFault,
            DeviceId = RequesterId.Of(1, 0, 0),
            DomainId = new(0xA),
            IsWrite = true,
            Address = 0xDF8,
        };
        Assert.Equal(new AmdEvent(0x2020_000A_0000_0100, 0xDF8), fault);
        Assert.Equal(0x2070_000A_0000_0100UL, (fault with { IsPresent = true, IsPermissionDenied = true }).Word0);
    }

    [Fact]
    public void A_guest_fault_carries_the_pasid_in_two_pieces()
    {
        AmdEvent fault = new()
        {
            Code = AmdEventCode.IOPageFault,
            Pasid = new(0xABCDE),
            IsGuest = true,
            IsNoExecute = true,
            IsUser = true,
            IsTranslationRequest = true,
        };
        Assert.Equal(0x2107_BCDE_000A_0000UL, fault.Word0);
        Assert.Equal(0xABCDEU, fault.Pasid.Value);
    }

    [Fact]
    public void Other_events_have_these_words()
    {
        AmdEvent entry = new() { Code = AmdEventCode.IllegalDeviceTableEntry, DeviceId = new(0xFFFF), HasReservedBits = true, Address = 0x1000 };
        Assert.Equal(new AmdEvent(0x1080_0000_0000_FFFF, 0x1000), entry);
        AmdEvent table = new() { Code = AmdEventCode.PageTableHardwareError, HardwareErrorType = 2, IsInterrupt = true, Address = 0x1_0000_0010 };
        Assert.Equal(new AmdEvent(0x4408_0000_0000_0000, 0x1_0000_0010), table);
        AmdEvent request = new() { Code = AmdEventCode.InvalidDeviceRequest, InvalidRequestType = 5 };
        Assert.Equal(0x8A00_0000_0000_0000UL, request.Word0);
    }

    [Theory]
    [InlineData(AmdEventCode.IllegalDeviceTableEntry, 0x1)]
    [InlineData(AmdEventCode.IOPageFault, 0x2)]
    [InlineData(AmdEventCode.DeviceTableHardwareError, 0x3)]
    [InlineData(AmdEventCode.PageTableHardwareError, 0x4)]
    [InlineData(AmdEventCode.IllegalCommandError, 0x5)]
    [InlineData(AmdEventCode.CommandHardwareError, 0x6)]
    [InlineData(AmdEventCode.DeviceTlbInvalidationTimeout, 0x7)]
    [InlineData(AmdEventCode.InvalidDeviceRequest, 0x8)]
    [InlineData(AmdEventCode.InvalidPageRequest, 0x9)]
    [InlineData(AmdEventCode.EventCounterZero, 0xA)]
    [InlineData(AmdEventCode.GuestEventFault, 0xB)]
    [InlineData(AmdEventCode.RmpPageFault, 0xD)]
    [InlineData(AmdEventCode.RmpHardwareError, 0xE)]
    public void Codes_have_these_numbers(AmdEventCode code, int number) =>
        Assert.Equal((ulong)number << 60, new AmdEvent { Code = code }.Word0);

    [Fact]
    public void A_page_request_has_these_words()
    {
        AmdPageRequest request = new()
        {
            Code = AmdPageRequest.PageServiceRequest,
            DeviceId = new(0x0100),
            Pasid = new(0xABCDE),
            IsGuest = true,
            Group = 0x1A5,
            IsLastOfGroup = true,
            WantsRead = true,
            WantsWrite = true,
            IsUser = true,
            Page = new(0x7FFF_1234_5000),
        };
        Assert.Equal(new AmdPageRequest(0x1164_2BA5_BCDE_0100, 0x7FFF_1234_5000), request);
        Assert.Equal((0xABCDEU, 0x1A5), (request.Pasid.Value, request.Group));
        Assert.Equal(0x0082_0000_0000_0000UL, new AmdPageRequest { WantsExecute = true, HasReservedBits = true }.Word0);
        Assert.Equal(0x5000UL, new AmdPageRequest(0, 0x5FFF).Page.Value);
    }

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new AmdPageRequest { Page = new(0x5800) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AmdPageRequest { Group = 512 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AmdPageRequest { Pasid = new(Pasid.MaxValue + 1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AmdEvent { Pasid = new(Pasid.MaxValue + 1) });
        Assert.Throws<ArgumentException>(() => AmdEvent.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => default(AmdEvent).Write(new ulong[1]));
        Assert.Throws<ArgumentException>(() => AmdPageRequest.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => default(AmdPageRequest).Write(new ulong[1]));
    }

    [Fact]
    public void Any_words_can_be_read_and_written_back() =>
        Gen.ULong.Array[2].Sample(words =>
        {
            ulong[] back = new ulong[2];
            AmdEvent.Read(words).Write(back);
            Assert.Equal(words, back);
            back.AsSpan().Clear();
            AmdPageRequest.Read(words).Write(back);
            Assert.Equal(words, back);
        }, iter: 5_000);
}
