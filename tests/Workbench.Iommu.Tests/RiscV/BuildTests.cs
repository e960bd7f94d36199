using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>What is not supported is refused when the machine is built or asked, by name. style.md rule 20.</summary>
public sealed class BuildTests
{
    private static readonly DriverProfile Scaled = new() { Name = "scaled", Shape = InvalidationShape.ScaledRanges };

    public static TheoryData<IommuSpec, string> Refusals => new()
    {
        { new() { Model = "vtd" }, "Model 'vtd'" },
        { new() { AddressBits = 47 }, "47 address bits" },
        { new() { AddressBits = 50 }, "50 address bits" },
        { new() { GranuleLog2 = 14 }, "granule of 2^14" },
        { new() { DirtyMayLag = true }, "DirtyMayLag" },
        { new() { CachesNotPresent = true }, "CachesNotPresent" },
        { new() { LargestLeafLog2 = 13 }, "Leaves of 2^13" },
        { new() { LargestLeafLog2 = 11 }, "Leaves of 2^11" },
        { new() { AddressBits = 39, LargestLeafLog2 = 39 }, "Leaves of 2^39" },
        { new() { AddressBits = 48, LargestLeafLog2 = 48 }, "Leaves of 2^48" },
        { new() { DeviceTlbEntries = -1 }, "Device TLBs of -1" },
        { new() { DeviceTlbEntries = 65537 }, "Device TLBs of 65537" },
        { new() { Profile = Scaled }, "'scaled'" },
        { new() { Iotlb = new IotlbGeometry { Sets = 3, Ways = 0 } }, "3 sets" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_the_model_does_not_have_is_refused_by_name(IommuSpec spec, string part)
    {
        IommuSpec of = spec.Model == "vtd" && part[0] != 'M' ? spec with { Model = "riscv" } : spec;
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => RiscVIommu.Build(of)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        string message = Assert.Throws<ArgumentException>(() => RiscVIommu.Build(new() { Model = "riscv-g", AddressBits = 40, GranuleLog2 = 16, DirtyMayLag = true, CachesNotPresent = true })).Message;
        foreach (string part in new[] { "40 address bits", "2^16", "DirtyMayLag", "CachesNotPresent" }) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("riscv", 39, 0, 30)]
    [InlineData("riscv", 48, 0, 39)]
    [InlineData("riscv-g", 57, 0, 48)]
    [InlineData("riscv", 57, 16, 16)]
    [InlineData("riscv-g", 39, 21, 21)]
    public void The_largest_leaf_is_all_of_the_scheme_or_what_is_asked(string model, int bits, int asked, int largest)
    {
        using RiscVMachine m = new(model, new() { AddressBits = bits, LargestLeafLog2 = asked });
        Assert.Equal(largest, m.Driver.LargestLeafLog2);
        m.Map(1UL << largest, 1UL << largest, 1UL << largest);
        Assert.Equal(largest, m.Read(1UL << largest).PageLog2);
    }

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void A_part_without_updates_refuses_tracking_by_name_and_maps_dirty(string model)
    {
        using RiscVMachine m = new(model, new() { SupportsDirtyTracking = false });
        Assert.Contains("capabilities.AMO_HWAD", Assert.Throws<NotSupportedException>(() => m.Driver.SetDirtyTracking(m.Domain, enable: true)).Message, StringComparison.Ordinal);
        m.Map(0x5000, 0x9000);
        m.Map(0x6000, 0xA000, permission: Permission.Read);
        Assert.Equal((0x24D7UL, 0x2853UL), (m.Leaf(0x5000), m.Leaf(0x6000)));
        Assert.Equal((0x9000UL, 0xA000UL), (m.Write(0x5000).Physical, m.Read(0x6000).Physical));
    }

    [Fact]
    public void A_driver_that_maps_dirty_sets_A_and_D()
    {
        using RiscVMachine m = new(spec: new() { Profile = DriverProfile.Linux with { MapsDirty = true } });
        m.Map(0x5000, 0x9000);
        Assert.Equal(0x24D7UL, m.Leaf(0x5000));
    }

    [Fact]
    public void The_capabilities_are_what_the_specification_asks_for()
    {
        using RiscVMachine all = new(spec: new() { DeviceTlbEntries = 8 }), none = new(spec: new() { SupportsDirtyTracking = false, SupportsRangeInvalidation = false });
        Assert.True(all.Unit.Capabilities is { SupportsAts: true, SupportsAccessedDirtyUpdate: true, SupportsRangeInvalidation: true, SupportsNonLeafInvalidation: true });
        Assert.True(none.Unit.Capabilities is { SupportsAts: false, SupportsAccessedDirtyUpdate: false, SupportsRangeInvalidation: false, SupportsNonLeafInvalidation: true });
        Assert.Equal((3UL, 1UL), (all.DeviceContext(RiscVMachine.Nic) & 3, none.DeviceContext(RiscVMachine.Nic) & 3)); // EN_ATS
    }

    public static TheoryData<RiscVCapabilities, string> Unmodelled => new()
    {
        { RiscVCapabilities.Default with { SupportsSv32 = true }, "Sv32" },
        { RiscVCapabilities.Default with { SupportsSv32x4 = true }, "Sv32x4" },
        { RiscVCapabilities.Default with { SupportsBothEndians = true }, "END" },
        { RiscVCapabilities.Default with { SupportsAts = true, SupportsAtsGuestAddress = true }, "T2GPA" },
        { RiscVCapabilities.Default with { SupportsMsiTable = true, SupportsInterruptFiles = true }, "MSI_MRIF" },
        { RiscVCapabilities.Default with { SupportsCounters = true }, "HPM" },
        { RiscVCapabilities.Default with { SupportsDebugTranslation = true }, "DBG" },
        { RiscVCapabilities.Default with { SupportsSv39 = false }, "Sv48 needs Sv39" },
    };

    [Theory]
    [MemberData(nameof(Unmodelled))]
    public void A_unit_refuses_capabilities_it_does_not_model(RiscVCapabilities capabilities, string part)
    {
        using PhysicalMemory memory = new();
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => new RiscVUnit(memory, capabilities)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_refuses_what_the_unit_does_not_offer()
    {
        using PhysicalMemory memory = new();
        RiscVUnit unit = new(memory, RiscVCapabilities.Default with { SupportsSv57 = false, SupportsSv57x4 = false });
        RiscVDriverOptions options = new() { LargestLeafLog2 = 30 };
        Assert.Contains("one of both", Assert.Throws<ArgumentException>(() => new RiscVProtocol(memory, unit, options)).Message, StringComparison.Ordinal);
        Assert.Contains("one of both", Assert.Throws<ArgumentException>(() => new RiscVProtocol(memory, unit, options with { FirstStage = RiscVFirstStageMode.Sv39, SecondStage = RiscVSecondStageMode.Sv39x4 })).Message, StringComparison.Ordinal);
        Assert.Contains("Sv57", Assert.Throws<ArgumentException>(() => new RiscVProtocol(memory, unit, options with { FirstStage = RiscVFirstStageMode.Sv57 })).Message, StringComparison.Ordinal);
        Assert.Contains("ATS", Assert.Throws<ArgumentException>(() => new RiscVProtocol(memory, unit, options with { FirstStage = RiscVFirstStageMode.Sv39, UsesAts = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reserved_directory_mode_cannot_be_written()
    {
        using RiscVMachine m = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.DirectoryPointer = new(5));
    }

    [Theory]
    [InlineData("16x4:lru:hash")]
    [InlineData("1x64:fifo")]
    [InlineData("1x1")]
    public void Any_geometry_translates(string geometry)
    {
        Assert.True(IotlbGeometry.TryParse(geometry, out IotlbGeometry parsed, out _));
        using RiscVMachine m = new(spec: new() { Iotlb = parsed });
        m.Map(0, 0x10_0000, 0x10000, largest: 12);
        for (ulong page = 0; page < 16; page++) Assert.Equal(0x10_0000 + (page << 12), m.Read(page << 12).Physical);
        Assert.Equal(TranslationSource.Iotlb, m.Read(0xF000).Source);
    }
}
