using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Devices with translations of their own, and page requests. IHI 0070 §3.9, §3.13.7, §4.5, chapter 8; hardware.md 3.3, 3.5.</summary>
public sealed class AtsTests
{
    private const ulong Page = 0x5000;
    private static readonly uint Nic = SmmuMachine.Nic.Value;

    private static SmmuMachine Machine(string model = "smmu")
    {
        SmmuMachine m = new(new() { Model = model, DeviceTlbEntries = 16 });
        m.Map(Page, 0x9000, 0x2000, largest: 12);
        return m;
    }

    [Fact]
    public void A_grant_for_writing_makes_the_page_dirty_and_for_reading_leaves_it_clean()
    {
        using SmmuMachine m = Machine();
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
        Assert.False(m.IsDirty(Page));
        Assert.Equal(TranslationSource.DeviceTlb, m.Read(Page).Source);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.True(m.IsDirty(Page));
        Assert.Equal(TranslationSource.DeviceTlb, m.Write(Page).Source);
    }

    [Theory]
    [InlineData("smmu")]
    [InlineData("smmu-s2")]
    public void Clearing_without_ATC_INV_loses_all_later_writes_of_the_device(string model)
    {
        using SmmuMachine m = Machine(model);
        m.Hardware.Diagnose = true;
        m.Write(Page);
        Assert.Single(m.Scan(clear: true));
        m.Submit(SmmuCommand.TlbiNsnhAll(), SmmuCommand.Sync());
        Assert.True(m.Write(Page).Swallowed);
        Assert.Empty(m.Scan(clear: true));
        m.Submit(SmmuCommand.AtcInvalidate(Nic, Page, 12), SmmuCommand.Sync());
        Assert.False(m.Write(Page).Swallowed);
        Assert.Single(m.Scan(clear: true));
    }

    [Theory]
    [InlineData("smmu")]
    [InlineData("smmu-s2")]
    public void The_driver_invalidates_devices_too_after_its_first_sync(string model)
    {
        using SmmuMachine m = Machine(model);
        m.Write(Page);
        InvalidationGather gather = new();
        m.Scan(clear: true, gather);
        Assert.Equal(4, m.Driver.Invalidate(m.Domain, gather)); // TLBI, SYNC, ATC_INV, SYNC
        Assert.Equal(TranslationSource.Walk, m.Write(Page).Source);
        Assert.Single(m.Scan(clear: true));
        ulong[] words = new ulong[8];
        Assert.True(m.Memory.TryRead(new(m.Unit.CommandQueue.Value + (((m.Unit.CommandConsumer - 4) & 255) * 16)), words));
        Assert.Equal([model == "smmu" ? SmmuOpcode.TlbiNhVa : SmmuOpcode.TlbiS2Ipa, SmmuOpcode.Sync, SmmuOpcode.AtcInvalidate, SmmuOpcode.Sync],
            new[] { 0, 2, 4, 6 }.Select(i => SmmuCommand.Read(words.AsSpan(i)).Opcode));
    }

    public static TheoryData<string, SmmuCommand, bool, bool> AtcCommands => new()
    {
        { "the page", SmmuCommand.AtcInvalidate(Nic, Page, 12), true, false },
        { "the page behind", SmmuCommand.AtcInvalidate(Nic, Page + 0x1000, 12), false, true },
        { "16 KiB from 4 KiB times 4", SmmuCommand.AtcInvalidate(Nic, 0x4000, 14), true, true },
        { "everything", SmmuCommand.AtcInvalidate(Nic, 0, 64), true, true },
        { "another device", SmmuCommand.AtcInvalidate(SmmuMachine.Disk.Value, 0, 64), false, false },
        { "another PASID", SmmuCommand.AtcInvalidate(Nic, 0, 64, new Pasid(1)), false, false },
        { "every PASID", SmmuCommand.AtcInvalidate(Nic, 0, 64, new Pasid(1), everyPasid: true), true, true },
        { "a stream beyond 16 bits", SmmuCommand.AtcInvalidate(0x1_0000 | Nic, 0, 64), false, false },
    };

    [Theory]
    [MemberData(nameof(AtcCommands))]
    public void ATC_INV_drops_what_it_names(string name, SmmuCommand command, bool page, bool behind)
    {
        Assert.NotEmpty(name);
        using SmmuMachine m = Machine();
        m.Read(Page);
        m.Read(Page + 0x1000);
        m.Submit(command);
        Assert.Equal((!page, !behind), (m.Read(Page).Source == TranslationSource.DeviceTlb, m.Read(Page + 0x1000).Source == TranslationSource.DeviceTlb));
    }

    [Fact]
    public void A_stream_without_EATS_is_F_BAD_ATS_TREQ()
    {
        using SmmuMachine m = Machine();
        m.StreamWord(SmmuMachine.Nic, 1) &= ~(3UL << 28);
        m.Submit(SmmuCommand.CfgiSte(Nic));
        Assert.Equal(FaultKind.TranslationRequestBlocked, m.Read(Page).Fault);
        Assert.Equal(new SmmuEvent(((ulong)Nic << 32) | 5, 1UL << 35, Page), m.TakeEvent());
    }

    // §3.9.1.2: answered, not recorded.
    [Fact]
    public void Refused_translation_requests_are_no_events()
    {
        using SmmuMachine m = Machine();
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Read(0x7000).Fault);
        m.Read(1UL << 50);
        m.ContextWord(SmmuMachine.Nic) &= ~(1UL << 31);
        m.Submit(SmmuCommand.CfgiCd(Nic));
        Assert.Equal(FaultKind.PasidNotPresent, m.Read(0x8000).Fault);
        Assert.False(m.Unit.TryTakeEvent(out _));
    }

    [Fact]
    public void What_a_device_holds_goes_when_it_is_attached_elsewhere()
    {
        using SmmuMachine m = Machine();
        m.Read(Page);
        Domain other = m.Driver.CreateDomain(new(8));
        m.Map(Page, 0xA000, 0x1000, domain: other);
        m.Driver.Attach(SmmuMachine.Nic, null, other);
        Assert.Equal(0xA000UL, m.Read(Page).Physical);
    }

    [Theory]
    [InlineData(SmmuPageResponse.Success, FaultKind.None)]
    [InlineData(SmmuPageResponse.Invalid, FaultKind.DeviceTranslationRefused)]
    [InlineData(SmmuPageResponse.Failure, FaultKind.DeviceTranslationRefused)]
    public void A_page_request_is_queued_and_answered_by_PRI_RESP(SmmuPageResponse response, FaultKind outcome)
    {
        using NestedMachine m = Priable();
        List<SmmuPageRequest> seen = [];
        m.Unit.PageInterrupt = () =>
        {
            Assert.True(m.Unit.TryTakePageRequest(out SmmuPageRequest request));
            seen.Add(request);
            m.Map(0x7000, 0x9_0000);
            m.Execute(SmmuCommand.RespondToPages(request.StreamId, request.Group, response));
        };
        DeviceTlbs device = new(m.Engine, 4, m.Unit.RequestPage);
        device.Translate(new DmaRequest(NestedMachine.Device, 0x7123, isWrite: true), out Translation translation);
        Assert.Equal(outcome, translation.Fault);
        // StreamID 8, R 60, W 61, Last 62; group 0, page.
        Assert.Equal([new SmmuPageRequest(0x7000_0000_0000_0008, 0x7000)], seen);
    }

    [Fact]
    public void A_page_request_that_finds_the_queue_full_is_answered_at_once_and_told_of()
    {
        using NestedMachine m = Priable();
        PageRequest request = new(NestedMachine.Device, new Pasid(3), new(0x7000), ToWrite: false, Group: 5);
        Assert.Equal(PageResponse.Failure, m.Unit.RequestPage(request)); // nobody answers
        Assert.Equal(PageResponse.Success, m.Unit.RequestPage(request)); // one entry only
        Assert.Equal(1u << 31, m.Unit.PageProducer & (1u << 31));
        Assert.True(m.Unit.TryTakePageRequest(out SmmuPageRequest queued));
        Assert.Equal(new SmmuPageRequest(0xD000_0003_0000_0008, 0x7005), queued);
        Assert.Equal(m.Unit.PageProducer >> 31, m.Unit.PageConsumer >> 31);
        m.Unit.WriteControl(SmmuUnit.EnableBit | SmmuUnit.CommandQueueBit);
        Assert.Equal(PageResponse.Failure, m.Unit.RequestPage(request));
        Assert.False(m.Unit.TryTakePageRequest(out _));
    }

    private static NestedMachine Priable()
    {
        NestedMachine m = new(SmmuFeatures.Default with { SupportsHierarchyDisable = false, SupportsAts = true, LacksSplitStageAts = true, SupportsPageRequests = true });
        m.Write(m.Stage1Entry.Over(m.Stage2Entry) with { AtsMode = SmmuAtsMode.Full }, m.Descriptor);
        return m;
    }
}
