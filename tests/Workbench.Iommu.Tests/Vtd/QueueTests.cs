using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>The invalidation queue: fetch, wait, stop. hardware.md §2f [L].</summary>
public sealed class QueueTests
{
    private const ulong Page = 0x5000;

    private static readonly DomainId Other = new(9);

    [Theory]
    [InlineData(0UL, 0x1111_1111_DEAD_BEEFUL)]
    [InlineData(4UL, 0xDEAD_BEEF_1111_1111UL)]
    public void A_wait_writes_its_four_bytes_and_no_others(ulong offset, ulong expected)
    {
        using VtdMachine m = new();
        Spa status = m.Memory.AllocateFrame();
        m.Memory.Word(status) = 0x1111_1111_1111_1111;
        m.Submit(VtdDescriptor.WaitWithStatus(new(status.Value + offset), 0xDEAD_BEEF));
        Assert.Equal(expected, m.Memory.Word(status));
        Assert.Equal(0UL, m.Memory.Word(new(status.Value + 8)));
    }

    [Fact]
    public void Nothing_happens_before_the_tail_is_written()
    {
        using VtdMachine m = new();
        Spa status = m.Memory.AllocateFrame();
        int tail = m.Enqueue(VtdDescriptor.WaitWithStatus(status, 1));
        Assert.Equal(0UL, m.Memory.Word(status));
        m.Unit.WriteQueueTail(tail);
        Assert.Equal((1UL, tail), (m.Memory.Word(status), m.Unit.QueueHead));
    }

    [Fact]
    public void A_wait_without_status_writes_nothing()
    {
        using VtdMachine m = new();
        Spa status = m.Memory.AllocateFrame();
        VtdDescriptor wait = VtdDescriptor.WaitWithStatus(status, 5);
        m.Submit(wait with { Word0 = wait.Word0 & ~(1UL << 5) });
        Assert.Equal(0UL, m.Memory.Word(status));
    }

    // The queue of the driver has 128 places; the default MAMV is 45.
    private static VtdDescriptor Bad(string what) => what switch
    {
        "AM above MAMV" => new(0x32, 46),
        "unaligned" => new(0x32, 0x1000 | 1),
        "type 0" => new(0, 0),
        "type 10" => new(0xA, 0),
        "type with bits 11:9" => new(0x202, 0),
        "page-group response" => new(0x9, 0),
        "reserved bit of an IOTLB descriptor" => new(0x12 | (1UL << 8), 0),
        "reserved bit of the upper half" => new(0x12, 0, 1, 0),
        "IOTLB granularity 0" => new(0x2, 0),
        "context-cache granularity 0" => new(0x1, 0),
        "PASID-cache granularity 2" => new(0x27, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    [Theory]
    [InlineData("AM above MAMV", VtdDescriptorError.AddressMaskTooLarge)]
    [InlineData("unaligned", VtdDescriptorError.UnalignedAddress)]
    [InlineData("type 0", VtdDescriptorError.UnknownType)]
    [InlineData("type 10", VtdDescriptorError.UnknownType)]
    [InlineData("type with bits 11:9", VtdDescriptorError.UnknownType)]
    [InlineData("page-group response", VtdDescriptorError.UnsupportedType)]
    [InlineData("reserved bit of an IOTLB descriptor", VtdDescriptorError.ReservedBits)]
    [InlineData("reserved bit of the upper half", VtdDescriptorError.ReservedBits)]
    [InlineData("IOTLB granularity 0", VtdDescriptorError.ReservedGranularity)]
    [InlineData("context-cache granularity 0", VtdDescriptorError.ReservedGranularity)]
    [InlineData("PASID-cache granularity 2", VtdDescriptorError.ReservedGranularity)]
    public void A_bad_descriptor_stops_the_queue_at_itself(string what, VtdDescriptorError error)
    {
        using VtdMachine m = new();
        Spa before = m.Memory.AllocateFrame(), after = m.Memory.AllocateFrame();
        int start = m.Unit.QueueHead;
        int tail = m.Enqueue(VtdDescriptor.WaitWithStatus(before, 1), Bad(what), VtdDescriptor.WaitWithStatus(after, 1));
        m.Unit.WriteQueueTail(tail);
        Assert.Equal((error, start + 1), (m.Unit.QueueError, m.Unit.QueueHead));
        Assert.Equal((1UL, 0UL), (m.Memory.Word(before), m.Memory.Word(after)));
        m.Unit.WriteQueueTail(tail); // stopped is stopped
        Assert.Equal((start + 1, 0UL), (m.Unit.QueueHead, m.Memory.Word(after)));
    }

    [Fact]
    public void A_bad_descriptor_invalidates_nothing()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.Unit.WriteQueueTail(m.Enqueue(Bad("unaligned")));
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
        Assert.Equal(0, m.Counters.Invalidations);
    }

    [Fact]
    public void The_driver_says_so_when_the_queue_has_stopped()
    {
        using VtdMachine m = new();
        m.Unit.WriteQueueTail(m.Enqueue(Bad("type 0")));
        Exception thrown = Assert.ThrowsAny<Exception>(() => m.Driver.InvalidateAll());
        Assert.Contains("UnknownType", thrown.Message, StringComparison.Ordinal);
    }

    // Without the refusal hardware would go round for ever: no place of the queue is the tail.
    [Theory]
    [InlineData(128)]
    [InlineData(-1)]
    public void A_tail_outside_the_queue_is_refused(int tail)
    {
        using VtdMachine m = new();
        m.Submit(VtdDescriptor.WaitWithInterrupt());
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.WriteQueueTail(tail));
    }

    // The words of the descriptor before must not be taken for the one that cannot be read.
    [Fact]
    public void A_descriptor_where_there_is_no_memory_stops_the_queue()
    {
        using VtdMachine m = new();
        ulong end = Workbench.Iommu.Memory.PhysicalMemory.Base + (2UL << 20);
        Assert.False(m.Memory.Contains(new(end)));
        m.Unit.SetQueue(new(end - 32), 4);
        m.Enqueue(VtdDescriptor.IotlbGlobal());
        m.Unit.WriteQueueTail(3);
        Assert.Equal((1, VtdDescriptorError.UnknownType), (m.Unit.QueueHead, m.Unit.QueueError));
        Assert.Equal(1, m.Counters.Invalidations);
    }

    [Fact]
    public void The_driver_goes_round_the_queue_many_times()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        for (int i = 0; i < 1000; i++)
        {
            m.Read(Page);
            Assert.Equal(2, m.Driver.InvalidateDomain(m.Domain));
        }
        Assert.Equal((1000, 1000), (m.Counters.EntriesInvalidated, m.Counters.IotlbMisses));
        Assert.InRange(m.Unit.QueueHead, 0, 127);
    }

    // Accepted and without effect: nothing of their kind is cached in this unit.
    [Fact]
    public void Device_TLB_and_first_stage_descriptors_are_accepted()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        AlignedRange range = AlignedRange.Enclosing(Page, Page);
        m.Submit(VtdDescriptor.DeviceTlb(VtdMachine.Nic, range), VtdDescriptor.PasidIotlbAll(m.Domain.Id, default), VtdDescriptor.PasidDeviceTlb(VtdMachine.Nic, default, range));
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
    }

    // A context entry is changed in memory; the invalidation decides who sees it. FM = 1, 2, 3 ignore that many low function bits.
    [Theory]
    [InlineData(0, new[] { 4 })]
    [InlineData(1, new[] { 4, 5 })]
    [InlineData(2, new[] { 4, 5, 6, 7 })]
    [InlineData(3, new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    public void The_function_mask_of_a_context_cache_descriptor_reaches_the_group(int mask, int[] reached)
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        RequesterId[] functions = [.. Enumerable.Range(0, 8).Select(f => RequesterId.Of(3, 9, f))];
        foreach (RequesterId function in functions)
        {
            m.Driver.Attach(function, null, m.Domain);
            m.Read(Page, function);
            m.ContextEntry(function) &= ~1UL;
        }
        m.Submit(VtdDescriptor.ContextCacheDevice(m.Domain.Id, functions[4], mask));
        Assert.Equal(reached, Enumerable.Range(0, 8).Where(f => m.Read(Page, functions[f]).Fault != Faults.FaultKind.None));
    }

    [Fact]
    public void Context_cache_descriptors_of_a_domain_or_of_all_reach_its_devices()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.ContextEntry(VtdMachine.Nic) &= ~1UL;
        m.Submit(VtdDescriptor.ContextCacheDomain(Other));
        Assert.Equal(Faults.FaultKind.None, m.Read(Page).Fault);
        m.Submit(VtdDescriptor.ContextCacheDomain(m.Domain.Id));
        Assert.Equal(Faults.FaultKind.ContextNotPresent, m.Read(Page).Fault);
        m.ContextEntry(VtdMachine.Nic) |= 1;
        m.Read(Page);
        m.ContextEntry(VtdMachine.Nic) &= ~1UL;
        m.Submit(VtdDescriptor.ContextCacheGlobal());
        Assert.Equal(Faults.FaultKind.ContextNotPresent, m.Read(Page).Fault);
    }
}
