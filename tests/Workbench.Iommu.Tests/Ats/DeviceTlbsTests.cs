using Workbench.Iommu.Ats;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Ats;

/// <summary>Named examples of devices that keep translations themselves. PCIe 6.0 §10.2 to §10.4.</summary>
public sealed class DeviceTlbsTests
{
    private const ulong Iova = 0x5000, Target = 0x77_0000;

    private static readonly RequesterId One = RequesterId.Of(0, 1, 0), Other = RequesterId.Of(0, 2, 0);

    private static AtsRig Mapped(Permission permission = Permission.ReadWrite, BitKeeping keeps = BitKeeping.ByHardware)
    {
        AtsRig rig = new(entries: 16) { Keeps = keeps };
        for (int space = 0; space < AtsRig.Spaces; space++) rig.Map(space, Iova, Target, 0x1000, permission);
        return rig;
    }

    [Fact]
    public void A_page_becomes_dirty_when_its_translation_is_granted_for_writing()
    {
        using AtsRig rig = Mapped();
        Translation first = rig.Access(One, 0, Iova + 0x10, isWrite: true);
        Assert.Equal((FaultKind.None, Target + 0x10, TranslationSource.Walk), (first.Fault, first.Physical, first.Source));
        Assert.True(rig.IsDirty(0, Iova));
        // From here on the IOMMU does not hear of the device's writes.
        Translation second = rig.Access(One, 0, Iova + 0x20, isWrite: true);
        Assert.Equal((FaultKind.None, Target + 0x20, TranslationSource.DeviceTlb), (second.Fault, second.Physical, second.Source));
        Assert.Equal((1, 1), (rig.Devices.Counters.TranslationRequests, rig.Devices.Counters.DeviceTlbHits));
    }

    [Fact]
    public void Clearing_without_telling_the_device_loses_its_next_write()
    {
        using AtsRig rig = Mapped();
        rig.Access(One, 0, Iova, isWrite: true);
        Assert.Equal(1, rig.Harvest(0));
        Assert.True(rig.Access(One, 0, Iova, isWrite: true).Swallowed);
        Assert.Equal(0, rig.Harvest(0));
    }

    [Fact]
    public void Clearing_with_an_invalidation_of_the_device_loses_none()
    {
        using AtsRig rig = Mapped();
        rig.Access(One, 0, Iova, isWrite: true);
        Assert.Equal(1, rig.Harvest(0));
        rig.FlushDevice(One, null, Iova, Iova + 0xFFF);
        Assert.False(rig.Access(One, 0, Iova, isWrite: true).Swallowed);
        Assert.Equal(1, rig.Harvest(0));
    }

    // The device asks again at once, so the IOTLB must have forgotten the page by then.
    [Fact]
    public void Telling_the_device_before_the_iotlb_loses_a_write()
    {
        using AtsRig rig = Mapped();
        rig.Access(One, 0, Iova, isWrite: true);
        rig.Leaf(0, Iova) = VtdSecondStageFormat.Clean(rig.Leaf(0, Iova));
        rig.FlushDevice(One, null, Iova, Iova + 0xFFF);
        rig.Access(One, 0, Iova, isWrite: true);
        rig.FlushIotlb(0, Iova, Iova + 0xFFF);
        rig.Access(One, 0, Iova, isWrite: true);
        Assert.False(rig.IsDirty(0, Iova));
    }

    [Fact]
    public void A_reader_leaves_the_page_clean_and_asks_again_to_write()
    {
        using AtsRig rig = Mapped();
        Assert.Equal(FaultKind.None, rig.Access(One, 0, Iova, isWrite: false).Fault);
        Assert.False(rig.IsDirty(0, Iova));
        Assert.Equal(TranslationSource.DeviceTlb, rig.Access(One, 0, Iova, isWrite: false).Source);
        Assert.NotEqual(TranslationSource.DeviceTlb, rig.Access(One, 0, Iova, isWrite: true).Source);
        Assert.True(rig.IsDirty(0, Iova));
        Assert.Equal(TranslationSource.DeviceTlb, rig.Access(One, 0, Iova, isWrite: true).Source);
        Assert.Equal(2, rig.Devices.Counters.TranslationRequests);
    }

    // NW = 1 asks for no writing; where the page is dirty anyhow, it may be granted.
    [Fact]
    public void A_reader_of_a_dirty_page_may_write_it_without_asking_again()
    {
        using AtsRig rig = Mapped();
        rig.Access(Other, 0, Iova, isWrite: true);
        rig.Access(One, 0, Iova, isWrite: false);
        Assert.Equal(TranslationSource.DeviceTlb, rig.Access(One, 0, Iova, isWrite: true).Source);
    }

    [Fact]
    public void A_read_only_page_refuses_a_writer_and_nothing_is_recorded()
    {
        using AtsRig rig = Mapped(Permission.Read);
        Assert.Equal(FaultKind.DeviceTranslationRefused, rig.Access(One, 0, Iova, isWrite: true).Fault);
        Assert.Equal(FaultKind.None, rig.Access(One, 0, Iova, isWrite: false).Fault);
        Assert.Equal(FaultKind.DeviceTranslationRefused, rig.Access(One, 0, 0x9000, isWrite: false).Fault);
        Assert.Empty(rig.Recorded);
        Assert.Empty(rig.Devices.DrainFaults());
        Assert.False(rig.IsDirty(0, Iova));
    }

    [Fact]
    public void Where_software_keeps_dirty_a_clean_page_is_granted_for_reading_only_and_nothing_is_recorded()
    {
        using AtsRig rig = Mapped(keeps: BitKeeping.Faults);
        rig.Leaf(0, Iova) = VtdSecondStageFormat.MarkAccessed(rig.Leaf(0, Iova));
        Assert.Equal(FaultKind.DeviceTranslationRefused, rig.Access(One, 0, Iova, isWrite: true).Fault);
        Assert.Equal(FaultKind.None, rig.Access(One, 0, Iova, isWrite: false).Fault);
        Assert.Empty(rig.Recorded);
        rig.Leaf(0, Iova) = VtdSecondStageFormat.MarkDirty(rig.Leaf(0, Iova));
        Assert.Equal(FaultKind.None, rig.Access(One, 0, Iova, isWrite: true).Fault);
    }

    [Fact]
    public void A_broken_table_is_recorded_as_the_fault_of_a_translation_request()
    {
        using AtsRig rig = Mapped();
        rig.Map(0, 0x20_0000, 0, 0x20_0000);
        rig.Leaf(0, 0x20_0000) |= 0x1000; // not aligned to 2 MiB
        Assert.Equal(FaultKind.ReservedBits, rig.Access(One, 0, 0x20_0000, isWrite: true).Fault);
        Fault fault = Assert.Single(rig.Recorded);
        Assert.Equal((FaultKind.ReservedBits, true, true), (fault.Kind, fault.IsTranslationRequest, fault.IsWrite));
    }

    // Found in review: the record of a blocked request named the place of an earlier fault.
    [Fact]
    public void A_device_without_ats_is_blocked_before_any_walk()
    {
        using AtsRig rig = new(entries: 4) { AllowsAts = false };
        rig.Engine.Translate(new(One, Iova, false, AtsRig.PasidOf(1)), out _);
        Assert.Equal(FaultKind.TranslationRequestBlocked, rig.Access(One, 1, Iova, isWrite: false).Fault);
        Assert.Equal([(FaultKind.NotPresent, false, new WalkFault(FaultStage.First)), (FaultKind.TranslationRequestBlocked, true, default)], rig.Recorded.Select(fault => (fault.Kind, fault.IsTranslationRequest, fault.Where)));
        Assert.Equal(1, rig.Devices.Counters.Walks);
    }

    [Fact]
    public void An_invalidation_reaches_one_device_and_one_pasid_or_all()
    {
        using AtsRig rig = Mapped();
        void fill()
        {
            foreach (RequesterId device in new[] { One, Other })
                for (int space = 0; space < AtsRig.Spaces; space++) rig.Access(device, space, Iova, isWrite: true);
        }
        int kept(RequesterId device) => Enumerable.Range(0, AtsRig.Spaces).Sum(space => rig.Access(device, space, Iova, isWrite: true).Source == TranslationSource.DeviceTlb ? 1 << space : 0);
        fill();
        rig.FlushDevice(One, 1, 0, ulong.MaxValue);
        Assert.Equal((0b101, 0b111), (kept(One), kept(Other)));
        fill();
        rig.FlushDevice(One, null, 0, ulong.MaxValue);
        Assert.Equal((0b000, 0b111), (kept(One), kept(Other)));
        fill();
        rig.FlushDevice(Other, 2, Iova + 0x1000, ulong.MaxValue);
        rig.FlushDevice(Other, 2, 0, Iova - 1);
        Assert.Equal((0b111, 0b111), (kept(One), kept(Other)));
        Assert.Equal(4, rig.Devices.Counters.DeviceTlbEntriesInvalidated);
    }

    [Fact]
    public void An_invalidation_of_the_iommu_leaves_the_devices_alone()
    {
        using AtsRig rig = Mapped();
        rig.Access(One, 0, Iova, isWrite: true);
        rig.Devices.Execute(InvalidationRequest.Everything);
        Assert.Equal(TranslationSource.DeviceTlb, rig.Access(One, 0, Iova, isWrite: true).Source);
    }

    [Theory]
    [InlineData(PageResponse.Success, true, FaultKind.None)]
    [InlineData(PageResponse.Success, false, FaultKind.DeviceTranslationRefused)]
    [InlineData(PageResponse.InvalidRequest, true, FaultKind.DeviceTranslationRefused)]
    [InlineData(PageResponse.Failure, true, FaultKind.DeviceTranslationRefused)]
    public void A_page_request_asks_software_once(PageResponse answer, bool maps, FaultKind expected)
    {
        List<PageRequest> asked = [];
        AtsRig? rig = null;
        using (rig = new(entries: 4, onPageRequest: request =>
        {
            asked.Add(request);
            if (maps) rig!.Map(1, request.Page.Value, Target, 0x1000);
            return answer;
        }))
        {
            Translation got = rig.Access(One, 1, Iova + 0x123, isWrite: true);
            Assert.Equal(expected, got.Fault);
            if (expected == FaultKind.None) Assert.Equal(Target + 0x123, got.Physical);
            Assert.Equal([new PageRequest(One, new Pasid(1), new(Iova), true, 0)], asked);
            Assert.Equal((1, answer == PageResponse.Success ? 2 : 1), (rig.Devices.Counters.PageRequests, rig.Devices.Counters.TranslationRequests));
            Assert.Empty(rig.Recorded);
        }
    }

    [Fact]
    public void Page_request_groups_are_counted_in_9_bits()
    {
        List<int> groups = [];
        using AtsRig rig = new(entries: 4, onPageRequest: request =>
        {
            groups.Add(request.Group);
            return PageResponse.Failure;
        });
        for (int i = 0; i < 514; i++) rig.Access(One, 0, Iova, isWrite: false);
        Assert.Equal(Enumerable.Range(0, 514).Select(i => i % 512), groups);
    }
}
