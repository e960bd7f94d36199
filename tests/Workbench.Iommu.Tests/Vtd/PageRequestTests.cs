using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Page requests: queue in memory, PRE, answers by type 9. hardware.md §2i; layout as Linux reads and writes it [L].</summary>
public sealed class PageRequestTests
{
    private const ulong Page = 0x5000;
    private static readonly IommuSpec Ats = new() { DeviceTlbEntries = 16 };

    private static VtdMachine Machine(Func<PageRequest, PageResponse> answer)
    {
        VtdMachine m = new(Ats, onPageRequest: answer);
        return m;
    }

    [Fact]
    public void Software_maps_the_page_and_the_device_goes_on()
    {
        VtdMachine? machine = null;
        List<PageRequest> asked = [];
        using VtdMachine m = Machine(request =>
        {
            asked.Add(request);
            machine!.Map(request.Page.Value, 0x9000);
            return PageResponse.Success;
        });
        machine = m;
        Assert.Equal(0x9678UL, m.Write(Page + 0x678).Physical);
        Assert.Equal([new PageRequest(VtdMachine.Nic, null, new(Page), true, 0)], asked);
        Assert.Equal(1, m.Counters.PageRequests);
        Assert.Equal(0, m.Unit.PendingFaults);
        Assert.Equal(16UL, m.ContextEntry(VtdMachine.Nic) & 16);
    }

    [Theory]
    [InlineData(true, DmaRequest.NoPasid, 0x0008_0001UL, 0x5007UL)]
    [InlineData(false, DmaRequest.NoPasid, 0x0008_0001UL, 0x5005UL)]
    [InlineData(true, 0xABCDEu, 0x000A_BCDE_0008_0101UL, 0x5007UL)]
    public void The_request_lies_in_memory_as_these_words(bool isWrite, uint pasid, ulong word0, ulong word1)
    {
        using VtdMachine m = Machine(_ => PageResponse.InvalidRequest);
        if (pasid != DmaRequest.NoPasid) m.Driver.Attach(VtdMachine.Nic, new Pasid(pasid), m.Domain);
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Access(Page + 0x10, isWrite, pasid: pasid).Fault);
        ulong at = m.Unit.PageRequestBase.Value;
        Assert.Equal((word0, word1, 0UL, 0UL), (m.Memory.Word(new(at)), m.Memory.Word(new(at + 8)), m.Memory.Word(new(at + 16)), m.Memory.Word(new(at + 24))));
        Assert.Equal((1, 1), (m.Unit.PageRequestHead, m.Unit.PageRequestTail));
        m.Access(Page + 0x1000, isWrite, pasid: pasid);
        Assert.Equal((word1 & 0xFFF) | 8 | 0x6000, m.Memory.Word(new(at + 32 + 8))); // the next group
    }

    [Theory]
    [InlineData(PageResponse.Success, 0UL)]
    [InlineData(PageResponse.InvalidRequest, 1UL)]
    [InlineData(PageResponse.Failure, 15UL)]
    public void An_answer_has_these_words(PageResponse response, ulong code)
    {
        VtdDescriptor d = VtdDescriptor.PageGroupResponse(RequesterId.Of(0xaa, 0, 1), new Pasid(0x12345), 0x1F3, response);
        Assert.Equal(new VtdDescriptor(0x0001_2345_AA01_0019 | (code << 12), 0xF98), d);
        Assert.Equal((VtdDescriptorType.PageGroupResponse, 0x1F3, (int)code, true), (d.Type, d.PageRequestGroup, d.ResponseCode, d.AnswersPasid));
        Assert.Equal((0xAA01, 0x12345u), ((int)d.AnsweredId.Value, d.Pasid.Value));
        Assert.Equal(0x0000_0000_AA01_0009UL | (code << 12), VtdDescriptor.PageGroupResponse(RequesterId.Of(0xaa, 0, 1), null, 0, response).Word0);
    }

    [Theory]
    [InlineData(0x29UL, 0UL)]
    [InlineData(0x9UL, 1UL)]
    [InlineData(0x9UL, 0x1000UL)]
    [InlineData(0x0010_0000_0000_0009UL, 0UL)]
    public void An_answer_with_a_reserved_bit_stops_the_queue(ulong word0, ulong word1)
    {
        using VtdMachine m = Machine(_ => PageResponse.Success);
        m.Unit.WriteQueueTail(m.Enqueue(new VtdDescriptor(word0, word1)));
        Assert.Equal(VtdDescriptorError.ReservedBits, m.Unit.QueueError);
    }

    [Fact]
    public void An_answer_on_a_part_without_page_requests_stops_the_queue()
    {
        using VtdMachine m = new(Ats);
        m.Unit.WriteQueueTail(m.Enqueue(VtdDescriptor.PageGroupResponse(VtdMachine.Nic, null, 0, PageResponse.Success)));
        Assert.Equal(VtdDescriptorError.UnsupportedType, m.Unit.QueueError);
    }

    // Type PageRequest is T2 (bit 92) alone.
    [Fact]
    public void A_request_with_PRE_clear_is_recorded_with_0x47_and_reaches_nobody()
    {
        using VtdMachine m = Machine(_ => throw new Xunit.Sdk.XunitException("nobody is asked"));
        m.ContextEntry(VtdMachine.Nic) &= ~16UL;
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Write(Page).Fault);
        VtdFaultRecord record = m.TakeFault();
        Assert.Equal((Page, (1UL << 63) | (1UL << 28) | (0x47UL << 32) | VtdMachine.Nic.Value), (record.Word0, record.Word1));
        Assert.Equal(0, m.Unit.PageRequestTail);
    }

    [Fact]
    public void FPD_of_the_context_entry_hides_that_record()
    {
        using VtdMachine m = Machine(_ => PageResponse.Success);
        m.ContextEntry(VtdMachine.Nic) = (m.ContextEntry(VtdMachine.Nic) & ~16UL) | 2;
        m.Write(Page);
        Assert.Equal(0, m.Unit.PendingFaults);
    }

    [Fact]
    public void A_request_by_a_device_without_entry_is_recorded()
    {
        using VtdMachine m = Machine(_ => PageResponse.Success);
        Assert.Equal(PageResponse.InvalidRequest, m.Unit.AskForPage(new(VtdMachine.Disk, null, new(Page), true, 0)));
        Assert.Equal(VtdFaultReason.ContextEntryNotPresent, m.TakeFault().Reason);
    }

    // Software that does not read its queue: 127 requests fit 128 places. PRS.PRO.
    [Fact]
    public void A_full_queue_overflows_and_tells_devices_to_ask_again()
    {
        using VtdMachine m = Machine(_ => PageResponse.Success);
        int interrupts = 0;
        m.Unit.SetPageRequestQueue(m.Memory.AllocateFrame(), 128, () => interrupts++);
        for (int i = 0; i < 127; i++) Assert.Equal(PageResponse.Failure, m.Unit.AskForPage(new(VtdMachine.Nic, null, new(Page), true, i)));
        Assert.False(m.Unit.PageRequestOverflow);
        Assert.Equal(PageResponse.Success, m.Unit.AskForPage(new(VtdMachine.Nic, null, new(Page), true, 127)));
        Assert.Equal((true, 127, 127), (m.Unit.PageRequestOverflow, m.Unit.PageRequestTail, interrupts));
        m.Unit.WritePageRequestHead(50); // room alone does not end the overflow
        Assert.Equal(PageResponse.Success, m.Unit.AskForPage(new(VtdMachine.Nic, null, new(Page), true, 1)));
        m.Unit.WritePageRequestHead(127, clearOverflow: true);
        Assert.Equal(PageResponse.Failure, m.Unit.AskForPage(new(VtdMachine.Nic, null, new(Page), true, 1)));
        Assert.Equal((0, 128), (m.Unit.PageRequestTail, interrupts));
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.WritePageRequestHead(128));
    }

    // The answer has to name requester, PASID and group; reserved codes are failures.
    [Theory]
    [InlineData(0, 0, PageResponse.Success)]
    [InlineData(0, 1, PageResponse.InvalidRequest)]
    [InlineData(0, 15, PageResponse.Failure)]
    [InlineData(0, 7, PageResponse.Failure)]
    [InlineData(1, 0, PageResponse.Failure)]
    public void Only_the_answer_to_this_group_counts(int group, int code, PageResponse expected)
    {
        using VtdMachine m = Machine(_ => PageResponse.Success);
        VtdDescriptor answer = VtdDescriptor.PageGroupResponse(VtdMachine.Nic, null, group, PageResponse.Success);
        m.Unit.SetPageRequestQueue(m.Memory.AllocateFrame(), 128, () => m.Submit(answer with { Word0 = answer.Word0 | ((ulong)code << 12) }));
        Assert.Equal(expected, m.Unit.AskForPage(new(VtdMachine.Nic, null, new(Page), true, 0)));
        m.Submit(answer); // nobody waits any more
    }

    [Fact]
    public void Page_requests_need_ATS()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new VtdMachine(new(), onPageRequest: _ => PageResponse.Success));
        Assert.Contains("ECAP.PRS", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ECAP.DT", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_queue_devices_have_no_PRI()
    {
        using VtdMachine m = new(Ats);
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Write(Page).Fault);
        Assert.Equal((0L, 0), (m.Counters.PageRequests, m.Unit.PendingFaults));
        Assert.Equal(PageResponse.InvalidRequest, m.Unit.AskForPage(new(VtdMachine.Nic, null, new(Page), true, 0)));
    }
}
