using Workbench.Iommu.Amd;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>Devices with TLBs of their own (ATS, DTE.I) and page requests (PRI, DTE.PPR). hardware.md §1.6, §1.7, §5 point 7.</summary>
public sealed class AmdDeviceTlbTests
{
    private const ulong Page = 0x5000;

    public static TheoryData<string> Models => ["amd", "amd-v2"];

    private static AmdMachine Machine(string model, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        AmdMachine m = new(new() { Model = model, DeviceTlbEntries = 16 }, tracking: true, onPageRequest);
        m.Map(Page, 0x9000);
        return m;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Entries_allow_ATS_and_a_translation_granted_for_writing_is_dirty(string model)
    {
        using AmdMachine m = Machine(model);
        Assert.True(m.EntryOf(AmdMachine.Nic).DeviceTlbIsEnabled && m.Unit.Capability.SupportsDeviceTlb);
        Assert.Equal((0x9000UL, false), (m.Read(Page).Physical, m.IsDirty(Page)));
        Assert.Equal((TranslationSource.DeviceTlb, 0x9042UL), (m.Read(Page).Source, m.Read(Page + 0x42).Physical));
        m.Write(Page);
        Assert.Equal((true, TranslationSource.DeviceTlb), (m.IsDirty(Page), m.Write(Page).Source));
    }

    // §5 point 7: clear and IOTLB flush alone lose every later write of the device.
    [Theory]
    [InlineData("amd", false)]
    [InlineData("amd", true)]
    [InlineData("amd-v2", false)]
    [InlineData("amd-v2", true)]
    public void Without_the_device_TLB_command_later_writes_are_lost(string model, bool sendsDeviceCommand)
    {
        using AmdMachine m = Machine(model);
        m.Hardware.Diagnose = true;
        m.Write(Page);
        InvalidationGather gather = new();
        m.Scan(clear: true, gather);
        if (sendsDeviceCommand) m.Driver.Invalidate(m.Domain, gather);
        else m.Submit(model == "amd" ? AmdCommand.InvalidateDomain(m.Domain.Id) : AmdCommand.InvalidateGuestPages(m.EntryOf(AmdMachine.Nic).DomainId, default, default, 64));
        Assert.Equal(!sendsDeviceCommand, m.Write(Page).Swallowed);
        Assert.Equal(sendsDeviceCommand, m.IsDirty(Page));
    }

    // IOTLB commands first, then the devices', one wait at the end.
    [Theory]
    [InlineData("amd", 0x3000_0007_0000_0000UL)]
    [InlineData("amd-v2", 0x3000_0001_0000_0000UL)]
    public void Device_commands_follow_the_IOTLB_s(string model, ulong pages)
    {
        using AmdMachine m = Machine(model);
        int head = m.Unit.CommandHead;
        Assert.Equal(3, m.Driver.InvalidateRange(m.Domain, Page, Page + 0xFFF, leafOnly: true));
        ulong[] words = [.. Enumerable.Range(head, 3).Select(i => m.Memory.Word(new(m.Unit.CommandBase.Value + ((ulong)i * 16))))];
        Assert.Equal([pages, 0x4000_0000_0000_0008], words[..2]);
        Assert.Equal(AmdCommandOpcode.CompletionWait, new AmdCommand(words[2], 0).Opcode);
    }

    [Fact]
    public void A_device_command_drops_its_device_its_range_and_its_PASID_only()
    {
        using AmdMachine m = Machine("amd-v2");
        m.Map(0x8000, 0xA000);
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        m.Driver.Attach(AmdMachine.Nic, new Pasid(3), m.Domain);
        (ulong Iova, RequesterId Device, uint Pasid)[] all = [(Page, AmdMachine.Nic, DmaRequest.NoPasid), (0x8000, AmdMachine.Nic, DmaRequest.NoPasid), (Page, AmdMachine.Disk, DmaRequest.NoPasid), (Page, AmdMachine.Nic, 3)];
        bool[] Kept() => [.. all.Select(a => m.Access(a.Iova, false, a.Device, a.Pasid).Source == TranslationSource.DeviceTlb)];
        Kept();
        Assert.Equal([true, true, true, true], Kept());
        m.Submit(AmdCommand.InvalidateDeviceTlb(AmdMachine.Nic, new(Page), 12));
        Assert.Equal([false, true, true, true], Kept());
        m.Submit(AmdCommand.InvalidateGuestDeviceTlb(AmdMachine.Nic, new(3), default, 64));
        Assert.Equal([true, true, true, false], Kept());
        // GIOV: what requests without PASID hold is PASID 0's.
        m.Submit(AmdCommand.InvalidateGuestDeviceTlb(AmdMachine.Nic, default, default, 64));
        Assert.Equal([false, false, true, true], Kept());
        m.Submit(AmdCommand.InvalidateDomain(m.EntryOf(AmdMachine.Nic).DomainId), AmdCommand.InvalidateAll());
        Assert.Equal([true, true, true, true], Kept());
        m.Driver.InvalidateAll();
        Assert.Equal([false, false, false, false], Kept());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_device_that_leaves_a_domain_takes_nothing_along(string model)
    {
        using AmdMachine m = Machine(model);
        m.Write(Page);
        m.Driver.Attach(AmdMachine.Nic, null, m.Second(Page, 0xB000));
        Assert.Equal(0xB000UL, m.Write(Page).Physical);
    }

    [Fact]
    public void What_is_not_mapped_is_refused_to_the_device_and_not_logged()
    {
        using AmdMachine m = Machine("amd");
        Assert.Equal((FaultKind.DeviceTranslationRefused, false), (m.Write(0x8000).Fault, m.Unit.TryTakeEvent(out _)));
        Assert.Equal(0, m.Counters.PageRequests);
    }

    // Page requests: logged in memory, served by software, answered by COMPLETE_PPR_REQUEST.
    [Fact]
    public void A_page_request_is_logged_served_and_the_access_goes_on()
    {
        List<PageRequest> heard = [];
        AmdMachine? machine = null;
        using AmdMachine m = Machine("amd-v2", request =>
        {
            heard.Add(request);
            machine!.Map(request.Page.Value, 0xC000);
            return PageResponse.Success;
        });
        machine = m;
        Assert.Equal(0xC123UL, m.Write(0x8123).Physical);
        Assert.Equal([new PageRequest(AmdMachine.Nic, null, new(0x8000), true, 0)], heard);
        Spa at = m.Unit.PageRequests.Base;
        Assert.Equal((1, 1), (m.Unit.PageRequests.Head, m.Unit.PageRequests.Tail));
        Assert.Equal(0UL, m.Memory.Word(at)); // taken
    }

    [Fact]
    public void The_logged_words_are_these()
    {
        using AmdMachine m = Machine("amd-v2");
        m.Driver.Attach(AmdMachine.Nic, new Pasid(0x12345), m.Domain);
        m.Unit.OnPageRequest = null; // software that does not look
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Access(0x8123, true, pasid: 0x12345).Fault);
        Assert.True(m.Unit.TryTakePageRequest(out AmdPageRequest logged));
        // code 1, GN 56, US 54, W 53, R 50, last 41, PASID 19:16 in 45:42 and 15:0 in 31:16
        Assert.Equal(new AmdPageRequest(0x1000_0000_0000_0000 | (1UL << 56) | (1UL << 54) | (1UL << 53) | (1UL << 50) | (1UL << 41) | (1UL << 42) | (0x2345UL << 16) | 8, 0x8000), logged);
    }

    [Fact]
    public void A_page_request_that_nobody_serves_ends_in_a_refusal()
    {
        using AmdMachine m = Machine("amd-v2");
        Assert.Equal((FaultKind.DeviceTranslationRefused, 1L), (m.Write(0x8000).Fault, m.Counters.PageRequests));
    }

    [Fact]
    public void A_full_page_request_log_fails_the_request_and_keeps_what_it_holds()
    {
        using AmdMachine m = Machine("amd-v2");
        m.Unit.OnPageRequest = null;
        for (ulong i = 0; i < 511; i++) m.Write(0x10_0000 + (i << 12));
        Assert.False(m.Unit.PageRequests.HasOverflowed);
        Assert.Equal((FaultKind.DeviceTranslationRefused, true), (m.Write(0x80_0000).Fault, m.Unit.PageRequests.HasOverflowed));
        for (ulong i = 0; i < 511; i++)
        {
            Assert.True(m.Unit.TryTakePageRequest(out AmdPageRequest logged));
            Assert.Equal(0x10_0000 + (i << 12), logged.Page.Value);
        }
        Assert.False(m.Unit.TryTakePageRequest(out _));
    }

    // Code 9: PPR is off for the device.
    [Fact]
    public void A_page_request_where_PPR_is_off_is_an_invalid_one()
    {
        using AmdMachine m = Machine("amd-v2", _ => PageResponse.Success);
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { PageRequestsAreEnabled = false });
        m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Write(0x8123).Fault);
        Assert.Equal(new AmdEvent(0x9000_0000_0000_0008, 0x8000), m.TakeEvent());
    }

    [Theory]
    [InlineData(AmdPageResponse.Success, PageResponse.Success)]
    [InlineData(AmdPageResponse.InvalidRequest, PageResponse.InvalidRequest)]
    [InlineData(AmdPageResponse.Failure, PageResponse.Failure)]
    public void A_completion_answers_its_device_and_group(AmdPageResponse answer, PageResponse heard)
    {
        using AmdMachine m = Machine("amd-v2");
        m.Unit.OnPageRequest = () => m.Submit(AmdCommand.CompletePageRequest(AmdMachine.Disk, 5, AmdPageResponse.Success), AmdCommand.CompletePageRequest(AmdMachine.Nic, 5, answer), AmdCommand.CompletePageRequest(AmdMachine.Nic, 6, AmdPageResponse.Failure));
        Assert.Equal(heard, m.Unit.RequestPage(new(AmdMachine.Nic, null, new(0x8000), true, 5)));
    }

    // Through the queue as hardware and software see it: with the whole protocol no write is lost, whatever the device caches.
    [Theory]
    [MemberData(nameof(Models))]
    public void With_the_whole_protocol_every_round_reports_every_written_page(string model)
    {
        using AmdMachine m = Machine(model);
        m.Map(0x10_0000, 0x20_0000, 0x8000, largest: 12);
        for (int round = 0; round < 5; round++)
        {
            for (ulong page = 0; page < 8; page++) m.Write(0x10_0000 + (page << 12));
            InvalidationGather gather = new();
            Assert.Equal(Enumerable.Range(0x100, 8).Select(p => ((ulong)p, 12)), m.Scan(clear: true, gather));
            m.Driver.Invalidate(m.Domain, gather);
        }
    }
}
