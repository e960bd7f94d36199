using Workbench.Iommu.Amd;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>What is not supported is refused when the machine is built or asked, by name. style.md rule 20.</summary>
public sealed class AmdBuildTests
{
    private static string Refusal(IommuSpec spec) => Assert.Throws<ArgumentException>(() => AmdIommu.Build(spec)).Message;

    public static TheoryData<IommuSpec, string> Refused => new()
    {
        { AmdMachine.Host with { Model = "vtd" }, "Model 'vtd'" },
        { AmdMachine.Host with { AddressBits = 39 }, "39 address bits: AMD host tables grow to 48, 57 or 64 (EFR.HATS" },
        { AmdMachine.Guest with { AddressBits = 64 }, "64 address bits: AMD guest tables have 48 or 57 (DTE.GuestPagingMode" },
        { AmdMachine.Host with { GranuleLog2 = 16 }, "Granule of 2^16 bytes" },
        { AmdMachine.Host with { LargestLeafLog2 = 39 }, "but 512 GiB (39)" },
        { AmdMachine.Host with { LargestLeafLog2 = 52 }, "Leaves of 2^52 bytes" },
        { AmdMachine.Host with { LargestLeafLog2 = 11 }, "Leaves of 2^11 bytes" },
        { AmdMachine.Host with { LargestLeafLog2 = 64 }, "Leaves of 2^64 bytes" },
        { AmdMachine.Guest with { LargestLeafLog2 = 16 }, "AMD guest tables have 4 KiB (12), 2 MiB (21) and 1 GiB (30)" },
        { AmdMachine.Host with { DirtyMayLag = true }, "lag behind their writes" },
        { AmdMachine.Guest with { SupportsDirtyTracking = false }, "AMD guest tables always have accessed and dirty bits" },
        { AmdMachine.Host with { Profile = new() { Name = "scaled", Shape = InvalidationShape.ScaledRanges } }, "Profile 'scaled'" },
        { AmdMachine.Host with { Profile = new() { Name = "dirty", Shape = InvalidationShape.AsLinux, MapsDirty = true } }, "Profile 'dirty' maps dirty" },
        { AmdMachine.Host with { DeviceTlbEntries = 65537 }, "65537 entries in a device's TLB" },
        { AmdMachine.Host with { DeviceTlbEntries = -1 }, "-1 entries" },
        { AmdMachine.Host with { Iotlb = new IotlbGeometry { Sets = 3, Ways = 1 } }, "3 sets" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_parts_do_not_have_is_refused_by_name(IommuSpec spec, string reason) => Assert.Contains(reason, Refusal(spec), StringComparison.Ordinal);

    [Fact]
    public void All_problems_are_told_at_once()
    {
        string message = Refusal(AmdMachine.Host with { AddressBits = 40, GranuleLog2 = 14, LargestLeafLog2 = 39, DirtyMayLag = true });
        foreach (string part in new[] { "40 address bits", "2^14", "512 GiB", "lag" }) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_requests_need_the_guest_model_and_device_TLBs()
    {
        Assert.Contains("EFR.PPRSup", Assert.Throws<ArgumentException>(() => AmdIommu.Build(AmdMachine.Host with { DeviceTlbEntries = 4 }, out _, out _, _ => PageResponse.Success)).Message, StringComparison.Ordinal);
        Assert.Contains("without device TLBs", Assert.Throws<ArgumentException>(() => AmdIommu.Build(AmdMachine.Guest, out _, out _, _ => PageResponse.Success)).Message, StringComparison.Ordinal);
    }

    // hardware.md §1.2, §1.5: EFR as the specification asks for it.
    [Theory]
    [InlineData("amd", 48, true, 4, false, true)]
    [InlineData("amd", 57, true, 5, false, true)]
    [InlineData("amd", 64, false, 6, false, false)]
    [InlineData("amd-v2", 48, true, 6, true, true)]
    public void The_features_are_what_the_specification_asks_for(string model, int bits, bool dirty, int hostLevels, bool guest, bool hostDirty)
    {
        using AmdMachine m = new(new() { Model = model, AddressBits = bits, SupportsDirtyTracking = dirty });
        AmdExtendedFeatures features = m.Unit.Features;
        Assert.Equal((hostLevels, guest, guest, guest, hostDirty, true), (features.MaximumHostLevels, features.SupportsGuestTranslation, features.SupportsGuestProtection, features.SupportsPageRequests, features.SupportsHostDirty, features.SupportsHostAccessed));
        if (guest) Assert.Equal((4, 3, 20), (features.MaximumGuestLevels, features.MaximumGuestTableLevels, features.PasidBits));
    }

    [Fact]
    public void A_part_without_dirty_bits_refuses_tracking_by_name_and_translates_all_the_same()
    {
        using AmdMachine m = new(AmdMachine.Host with { SupportsDirtyTracking = false });
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => m.Driver.SetDirtyTracking(m.Domain, enable: true));
        Assert.Contains("EFR.HDSup", refused.Message, StringComparison.Ordinal);
        m.Map(0x5000, 0x9000);
        Assert.Equal((0x9000UL, 0x6000_0000_0000_9001UL), (m.Write(0x5000).Physical, m.Leaf(0x5000)));
        // HAD = 3 is an illegal entry there, HAD = 1 is not.
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { HostAccessDirty = AmdHostAccessDirty.AccessedAndDirty });
        m.Driver.InvalidateAll();
        Assert.Equal(Faults.FaultKind.ContextInvalid, m.Write(0x5000).Fault);
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { HostAccessDirty = AmdHostAccessDirty.Accessed });
        m.Write(0x5000);
        Assert.Equal(0x6000_0000_0000_9021UL, m.Leaf(0x5000));
    }

    [Fact]
    public void A_contradiction_in_the_registers_is_refused()
    {
        using PhysicalMemory memory = new();
        Assert.Contains("HDSup needs HASup", Assert.Throws<ArgumentException>(() => new AmdUnit(memory, AmdExtendedFeatures.Default with { SupportsHostAccessed = false }, AmdCapabilityHeader.Default)).Message, StringComparison.Ordinal);
        AmdUnit unit = new(memory, AmdExtendedFeatures.Default with { HostTranslationSizeCode = 0 }, AmdCapabilityHeader.Default);
        Assert.Contains("EFR.HATS (0)", Assert.Throws<ArgumentException>(() => new AmdProtocol(memory, unit, 5, DriverProfile.Linux)).Message, StringComparison.Ordinal);
        Assert.Contains("EFR.GTSup", Assert.Throws<ArgumentException>(() => new AmdGuestProtocol(memory, unit, 4, DriverProfile.Linux)).Message, StringComparison.Ordinal);
        AmdUnit guest = new(memory, AmdExtendedFeatures.Default with { SupportsGuestTranslation = true, SupportsGuestProtection = true, PasidBits = 20 }, AmdCapabilityHeader.Default);
        Assert.Contains("EFR.GATS (0)", Assert.Throws<ArgumentException>(() => new AmdGuestProtocol(memory, guest, 5, DriverProfile.Linux)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Largest_leaf_is_told()
    {
        using AmdMachine host = new(), guest = new(AmdMachine.Guest), some = new(AmdMachine.Host with { LargestLeafLog2 = 16 });
        Assert.Equal((51, 30, 16), (host.Driver.LargestLeafLog2, guest.Driver.LargestLeafLog2, some.Driver.LargestLeafLog2));
    }

    // A device that no domain was given is blocked, not let through: V = 1, TV = 0.
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 16, 0)]
    [InlineData(255, 31, 7)]
    public void Any_function_can_be_attached_and_is_blocked_before(int bus, int device, int function)
    {
        using AmdMachine m = new();
        RequesterId id = RequesterId.Of(bus, device, function);
        Assert.Equal((Faults.FaultKind.DeviceBlocked, 1UL), (m.Read(0x5000, id).Fault, m.DeviceEntry(id)));
        m.Driver.Attach(id, null, m.Second(0x5000, 0xB000));
        Assert.Equal(0xB000UL, m.Read(0x5000, id).Physical);
    }

    [Fact]
    public void Attaching_elsewhere_flushes_what_the_device_used_before()
    {
        using AmdMachine m = new(tracking: true);
        m.Map(0x5000, 0x9000);
        m.Read(0x5000);
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        m.Driver.Attach(AmdMachine.Nic, null, m.Second(0x5000, 0xB000));
        Assert.Equal((TranslationSource.Walk, 0xB000UL), (m.Read(0x5000).Source, m.Read(0x5000).Physical));
        Assert.Equal(TranslationSource.Walk, m.Read(0x5000, AmdMachine.Disk).Source); // the old domain's entries went too
        Assert.Equal((AmdHostAccessDirty.None, AmdHostAccessDirty.AccessedAndDirty), (m.EntryOf(AmdMachine.Nic).HostAccessDirty, m.EntryOf(AmdMachine.Disk).HostAccessDirty));
    }

    [Theory]
    [InlineData("16x4:lru:hash")]
    [InlineData("1x64:fifo")]
    [InlineData("1x1")]
    [InlineData("qemu-vtd")]
    public void Any_geometry_translates(string geometry)
    {
        Assert.True(IotlbGeometry.TryParse(geometry, out IotlbGeometry parsed, out _));
        foreach (IommuSpec spec in new[] { AmdMachine.Host, AmdMachine.Guest })
        {
            using AmdMachine m = new(spec with { Iotlb = parsed });
            m.Map(0, 0x10_0000, 0x10000);
            for (ulong page = 0; page < 16; page++) Assert.Equal(0x10_0000 + (page << 12), m.Read(page << 12).Physical);
            Assert.Equal(TranslationSource.Iotlb, m.Read(0xF000).Source);
        }
    }
}
