using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Page requests: the queue, the answers, and what the unit answers itself. RISC-V IOMMU, "PCIe ATS Page Request handling" and "Page-Request-Queue".</summary>
public sealed class PageRequestTests
{
    private const ulong Page = 0x5000;

    private static PageResponse Request(RiscVMachine m, Action? software, uint? pasid = null)
    {
        m.Unit.OnPageRequest = software;
        return m.Unit.RequestPage(new(RiscVMachine.Nic, pasid is { } p ? new Pasid(p) : null, new(0x7_7000), ToWrite: true, Group: 300));
    }

    private static RiscVMachine WithPageRequests()
    {
        RiscVMachine m = new(spec: new() { DeviceTlbEntries = 16 });
        m.DeviceContext(RiscVMachine.Nic) |= 4; // EN_PRI
        m.Unit.PageRequestQueue.Set(m.Memory.AllocateFrame(), 4);
        return m;
    }

    [Fact]
    public void A_page_request_is_queued_bit_for_bit_and_answered_by_PRGR()
    {
        using RiscVMachine m = WithPageRequests();
        ulong[] words = new ulong[2];
        PageResponse response = Request(m, () =>
        {
            Assert.True(m.Unit.PageRequestQueue.TryTake(words));
            m.Submit(RiscVCommand.AtsPrgr(RiscVMachine.Nic, 300, RiscVPageResponse.Success, new Pasid(5)));
        }, pasid: 5);
        Assert.Equal(PageResponse.Success, response);
        Assert.Equal([(5UL << 12) | (1UL << 32) | (8UL << 40), 0x7_7000UL | 7 | (300UL << 3)], words);
        Assert.False(m.Unit.TryTakeFault(out _));
    }

    [Theory]
    [InlineData(RiscVPageResponse.InvalidRequest, 300, PageResponse.InvalidRequest)]
    [InlineData(RiscVPageResponse.Failure, 300, PageResponse.Failure)]
    [InlineData((RiscVPageResponse)9, 300, PageResponse.Failure)]
    [InlineData(RiscVPageResponse.Success, 301, PageResponse.Failure)] // another group: this one stays without answer
    public void The_answer_is_that_of_the_group(RiscVPageResponse answer, int group, PageResponse expected)
    {
        using RiscVMachine m = WithPageRequests();
        Assert.Equal(expected, Request(m, () => m.Submit(RiscVCommand.AtsPrgr(RiscVMachine.Nic, group, answer))));
    }

    [Fact]
    public void A_device_gets_the_page_that_software_maps()
    {
        using RiscVMachine m = WithPageRequests();
        m.Unit.OnPageRequest = () =>
        {
            ulong[] words = new ulong[2];
            m.Unit.PageRequestQueue.TryTake(words);
            RiscVPageRequest request = RiscVPageRequest.Read(words);
            m.Map(request.Page.Value, 0xC000);
            m.Submit(RiscVCommand.AtsPrgr(request.DeviceId.Requester, request.Group, RiscVPageResponse.Success));
        };
        DeviceTlbs devices = new(m.Hardware, 4, m.Unit.RequestPage);
        devices.Translate(new(RiscVMachine.Nic, 0x7_7123, true), out Translation translation);
        Assert.Equal((FaultKind.None, 0xC123UL), (translation.Fault, translation.Physical));
    }

    [Fact]
    public void A_full_queue_answers_success_and_overflows_until_cleared()
    {
        using RiscVMachine m = WithPageRequests();
        for (int i = 0; i < 3; i++) Assert.Equal(PageResponse.Failure, Request(m, null));
        Assert.Equal((PageResponse.Success, true), (Request(m, null), m.Unit.PageRequestQueue.Overflowed));
        m.Unit.PageRequestQueue.TryTake(new ulong[2]);
        Assert.Equal(PageResponse.Success, Request(m, null));
        m.Unit.PageRequestQueue.ClearErrors();
        Assert.Equal(2, m.Unit.PageRequestQueue.Count);
        Request(m, null);
        Assert.Equal(3, m.Unit.PageRequestQueue.Count);
        Assert.False(m.Unit.TryTakeFault(out _));
    }

    [Fact]
    public void A_queue_that_is_off_or_nowhere_fails_without_a_record()
    {
        using RiscVMachine m = WithPageRequests();
        m.Unit.PageRequestQueue.Set(default, 0);
        Assert.Equal(PageResponse.Failure, Request(m, null));
        m.Unit.PageRequestQueue.Set(new(0x1000), 4);
        Assert.Equal((PageResponse.Failure, true), (Request(m, null), m.Unit.PageRequestQueue.MemoryFaulted));
        Assert.False(m.Unit.TryTakeFault(out _));
    }

    // Recorded as a message, whose code 4 (Page Request) stands for the address.
    [Theory]
    [InlineData("off", 256, PageResponse.Failure)]
    [InlineData("bare", 260, PageResponse.InvalidRequest)]
    [InlineData("no EN_PRI", 260, PageResponse.InvalidRequest)]
    [InlineData("not valid", 258, PageResponse.Failure)]
    [InlineData("too wide", 260, PageResponse.InvalidRequest)]
    [InlineData("no EN_PRI, DTF", 0, PageResponse.InvalidRequest)]
    [InlineData("not valid, DTF", 258, PageResponse.Failure)]
    public void A_device_that_may_not_ask_is_answered_by_the_unit(string what, int cause, PageResponse expected)
    {
        using RiscVMachine m = WithPageRequests();
        if (what.EndsWith("DTF", StringComparison.Ordinal)) m.DeviceContext(RiscVMachine.Nic) |= 16;
        if (what.StartsWith("no EN_PRI", StringComparison.Ordinal)) m.DeviceContext(RiscVMachine.Nic) &= ~4UL;
        if (what.StartsWith("not valid", StringComparison.Ordinal)) m.DeviceContext(RiscVMachine.Nic) &= ~1UL;
        if (what == "off") m.Unit.DirectoryPointer = default;
        if (what == "bare") m.Unit.DirectoryPointer = new() { Mode = RiscVDeviceDirectoryMode.Bare };
        RequesterId device = what == "too wide" ? RequesterId.Of(1, 0, 0) : RiscVMachine.Nic;
        if (what == "too wide") m.Unit.DirectoryPointer = new() { Mode = RiscVDeviceDirectoryMode.OneLevel, Table = m.Unit.DirectoryPointer.Table };
        Assert.Equal(expected, m.Unit.RequestPage(new(device, new Pasid(5), new(Page), ToWrite: false, Group: 0)));
        Assert.Equal(cause, m.Unit.TryTakeFault(out RiscVFaultRecord record) ? (int)record.Cause : 0);
        if (cause != 0) Assert.Equal(new((uint)cause | (5UL << 12) | (1UL << 32) | (9UL << 34) | ((ulong)device.Value << 40), 0, 4, 0), record);
    }
}
