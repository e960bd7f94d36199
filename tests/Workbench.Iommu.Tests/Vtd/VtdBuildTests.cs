using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Memory;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>What is not supported is refused when the machine is built or asked, by name. style.md rule 20.</summary>
public sealed class VtdBuildTests
{
    [Fact]
    public void A_part_without_dirty_bits_refuses_tracking_by_name()
    {
        using VtdMachine m = new(new() { SupportsDirtyTracking = false });
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => m.Driver.SetDirtyTracking(m.Domain, enable: true));
        Assert.Contains("ECAP.SSADS", refused.Message, StringComparison.Ordinal);
        Assert.False(m.Domain.TracksDirty);
    }

    [Fact]
    public void A_part_without_dirty_bits_translates_all_the_same_and_sets_none()
    {
        using VtdMachine m = new(new() { SupportsDirtyTracking = false });
        m.Map(0x5000, 0x9000);
        Assert.Equal(0x9000UL, m.Write(0x5000).Physical);
        Assert.Equal(0x9003UL, m.Leaf(0x5000));
        m.Driver.SetDirtyTracking(m.Domain, enable: false); // turning off what is off is no request
    }

    // Without the capability SSADE is a reserved bit: VtdPasidTableEntry, [R].
    [Fact]
    public void SSADE_on_a_part_without_dirty_bits_is_a_reserved_bit()
    {
        using VtdMachine m = new(new() { SupportsDirtyTracking = false });
        m.Map(0x5000, 0x9000);
        m.PasidEntry(VtdMachine.Nic) |= 0x200;
        Assert.Equal(Faults.FaultKind.PasidReservedBits, m.Write(0x5000).Fault);
    }

    [Fact]
    public void Legacy_mode_is_refused_by_name()
    {
        using PhysicalMemory memory = new();
        VtdExtendedCapability legacy = new() { SupportsQueuedInvalidation = true };
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new VtdUnit(memory, VtdCapability.Default, legacy));
        foreach (string part in new[] { "legacy mode (ECAP.SMTS = 0)", "no SSADE", "legacy mode has no dirty bits" }) Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Legacy_mode_with_dirty_bits_is_a_contradiction_told_by_name()
    {
        using PhysicalMemory memory = new();
        VtdExtendedCapability legacy = VtdExtendedCapability.Default with { SupportsScalableMode = false };
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new VtdUnit(memory, VtdCapability.Default, legacy));
        Assert.Contains("ECAP.SSADS needs SMTS: legacy mode has no SSADE bit.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(39)]
    [InlineData(47)]
    [InlineData(64)]
    public void A_width_the_first_stage_does_not_have_is_refused(int bits)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => VtdIommu.Build(VtdMachine.FirstStage with { AddressBits = bits }));
        Assert.Contains($"{bits} address bits: the VT-d first stage has 48 (FSPM 0) or 57 (FSPM 1).", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_of_a_first_stage_are_told_at_once()
    {
        IommuSpec spec = VtdMachine.FirstStage with
        {
            AddressBits = 39, LargestLeafLog2 = 12, SupportsDirtyTracking = false, DeviceTlbEntries = 65537, Profile = new() { Name = "smmu", Shape = InvalidationShape.ScaledRanges },
        };
        string message = Assert.Throws<ArgumentException>(() => VtdIommu.Build(spec)).Message;
        foreach (string part in new[] { "39 address bits", "2^12 bytes", "CAP.FS1GP", "ECAP.SSADS", "65537 device TLB entries", "ECAP.DT", "'smmu'" }) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_vendor_is_refused_with_the_names_there_are()
    {
        string message = Assert.Throws<ArgumentException>(() => VtdIommu.Build(new() { Model = "smmu" })).Message;
        foreach (string part in new[] { "'smmu'", "'vtd'", "'vtd-fs'" }) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    [InlineData(65536, true)]
    public void Device_TLBs_have_1_to_65536_entries(int entries, bool isBuilt)
    {
        if (isBuilt) VtdIommu.Build(new() { DeviceTlbEntries = entries }).Dispose();
        else Assert.Throws<ArgumentException>(() => VtdIommu.Build(new() { DeviceTlbEntries = entries }));
    }

    [Theory]
    [InlineData(VtdAddressWidth.Bits39, true, true, "39")]
    [InlineData(VtdAddressWidth.Bits57, true, false, "CAP.FS5LP")]
    [InlineData(VtdAddressWidth.Bits48, false, true, "ECAP.FLTS")]
    public void A_first_stage_the_part_does_not_have_is_refused(VtdAddressWidth width, bool hasFirstStage, bool hasFiveLevels, string name)
    {
        using PhysicalMemory memory = new();
        VtdUnit unit = new(memory, VtdCapability.Default with { SupportsFirstStage5Level = hasFiveLevels }, VtdExtendedCapability.Default with { SupportsFirstStage = hasFirstStage });
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new VtdProtocol(memory, unit, width, DriverProfile.Linux, usesFirstStage: true)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(47)]
    [InlineData(64)]
    public void A_width_the_second_stage_does_not_have_is_refused(int bits)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => VtdIommu.Build(new() { AddressBits = bits }));
        Assert.Contains($"{bits} address bits: the VT-d second stage has 39, 48 or 57.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        IommuSpec spec = new() { AddressBits = 40, LargestLeafLog2 = 16, LargestInvalidationMask = 53, Iotlb = new IotlbGeometry { Sets = 3, Ways = 0 } };
        string message = Assert.Throws<ArgumentException>(() => VtdIommu.Build(spec)).Message;
        foreach (string part in new[] { "40 address bits", "2^16 bytes", "MAMV 53", "3 sets", "0 ways" }) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(9, true)]
    [InlineData(52, true)]
    [InlineData(53, false)]
    public void MAMV_lies_between_9_and_52(int mask, bool isBuilt)
    {
        if (isBuilt) VtdIommu.Build(new() { LargestInvalidationMask = mask }).Dispose();
        else Assert.Throws<ArgumentException>(() => VtdIommu.Build(new() { LargestInvalidationMask = mask }));
    }

    [Fact]
    public void A_contradiction_in_the_capabilities_is_refused()
    {
        using PhysicalMemory memory = new();
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new VtdUnit(memory, VtdCapability.Default, VtdExtendedCapability.Default with { SupportsSnoopedPageWalk = false }));
        Assert.Contains("SSADS needs SMPWCS", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_width_CAP_does_not_offer_is_refused()
    {
        using PhysicalMemory memory = new();
        VtdUnit unit = new(memory, VtdCapability.Default, VtdExtendedCapability.Default);
        using VtdMachine any = new();
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new VtdProtocol(memory, unit, VtdAddressWidth.Bits39, DriverProfile.Linux));
        Assert.Contains("CAP.SAGAW", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_model_is_refused_with_the_names_there_are()
    {
        string message = Assert.Throws<ArgumentException>(() => IommuCatalogue.Build(new() { Model = "powerpc" })).Message;
        Assert.Contains("'powerpc'", message, StringComparison.Ordinal);
        Assert.Contains("vtd", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_catalogue_builds_every_model_it_names() =>
        Assert.All(IommuCatalogue.Models, model => IommuCatalogue.Build(new() { Model = model.Name }).Dispose());

    [Fact]
    public void The_capabilities_are_what_the_specification_asks_for()
    {
        using VtdMachine m = new(new() { CachesNotPresent = true, LargestInvalidationMask = 18, LargestLeafLog2 = 21 });
        Assert.Equal((true, 18, 1, 8), (m.Unit.Capability.CachesNotPresent, m.Unit.Capability.MaximumAddressMask, m.Unit.Capability.SecondStageLargePages, m.Unit.Capability.FaultRecordCount));
    }

    // Both kinds of cache behind the same interface.
    [Theory]
    [InlineData("16x4:lru:hash")]
    [InlineData("1x64:fifo")]
    [InlineData("1x1")]
    [InlineData("qemu-vtd")]
    public void Any_geometry_translates(string geometry)
    {
        Assert.True(IotlbGeometry.TryParse(geometry, out IotlbGeometry parsed, out _));
        using VtdMachine m = new(new() { Iotlb = parsed });
        m.Map(0, 0x10_0000, 0x10000);
        for (ulong page = 0; page < 16; page++) Assert.Equal(0x10_0000 + (page << 12), m.Read(page << 12).Physical);
        Assert.Equal(TranslationSource.Iotlb, m.Read(0xF000).Source);
    }
}
