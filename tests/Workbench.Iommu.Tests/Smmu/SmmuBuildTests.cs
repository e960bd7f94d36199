using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>What can be built, what is refused by name, and what the driver writes.</summary>
public sealed class SmmuBuildTests
{
    public static TheoryData<IommuSpec, string> Refused => new()
    {
        { SmmuMachine.Stage1 with { GranuleLog2 = 13 }, "2^13" },
        { SmmuMachine.Stage1 with { AddressBits = 31 }, "31 address bits" },
        { SmmuMachine.Stage1 with { AddressBits = 52 }, "IDR5.DS" },
        { SmmuMachine.Stage1 with { AddressBits = 52, GranuleLog2 = 14 }, "IDR5.DS" },
        { SmmuMachine.Stage2 with { AddressBits = 53, GranuleLog2 = 16 }, "IDR5.VAX" },
        { SmmuMachine.Stage1 with { LargestLeafLog2 = 14 }, "12, 16, 21, 25, 30, 34" },
        { SmmuMachine.Stage1 with { LargestLeafLog2 = 12, GranuleLog2 = 16 }, "16, 21, 29, 34" },
        { SmmuMachine.Stage1 with { LargestLeafLog2 = 64 }, "2^64" },
        { SmmuMachine.Stage1 with { CachesNotPresent = true }, "CachesNotPresent" },
        { SmmuMachine.Stage1 with { DeviceTlbEntries = 65537 }, "IDR0.ATS" },
        { SmmuMachine.Stage1 with { Model = "vtd" }, "'vtd'" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_there_is_not_is_refused_by_name(IommuSpec spec, string named) =>
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => SmmuIommu.Build(spec)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_reason_is_given_at_once()
    {
        string message = Assert.Throws<ArgumentException>(() => SmmuIommu.Build(SmmuMachine.Stage1 with { AddressBits = 99, CachesNotPresent = true })).Message;
        Assert.Contains("99 address bits", message, StringComparison.Ordinal);
        Assert.Contains("CachesNotPresent", message, StringComparison.Ordinal);
    }

    public static TheoryData<SmmuFeatures, string> RefusedParts => new()
    {
        { SmmuFeatures.Default, "IDR3.HAD" },
        { Part with { SupportsAts = true }, "IDR0.NS1ATS" },
        { Part with { SupportsLargeAddresses = true, VirtualAddressCode = 1 }, "IDR5.DS" },
        { Part with { TableEndianness = SmmuTableEndianness.Mixed }, "IDR0.TTENDIAN" },
    };

    private static SmmuFeatures Part => SmmuFeatures.Default with { SupportsHierarchyDisable = false };

    [Theory]
    [MemberData(nameof(RefusedParts))]
    public void A_unit_refuses_what_is_not_modelled(SmmuFeatures features, string named)
    {
        using PhysicalMemory memory = new();
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => new SmmuUnit(memory, features)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, 0, 34)]
    [InlineData(12, 12, 12)]
    [InlineData(12, 25, 25)]
    [InlineData(14, 0, 30)]
    [InlineData(16, 0, 34)]
    [InlineData(16, 29, 29)]
    public void The_largest_leaf_is_the_drivers_choice(int granule, int asked, int largest)
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { GranuleLog2 = granule, LargestLeafLog2 = asked });
        Assert.Equal(largest, m.Driver.LargestLeafLog2);
        m.Map(1UL << 34, 1UL << 34, 1UL << 34);
        Assert.Equal(largest, m.Read(1UL << 34).PageLog2);
    }

    [Fact]
    public void The_structures_are_what_Linux_writes()
    {
        using SmmuMachine m = new();
        SmmuStreamTableEntry stream = m.Stream(SmmuMachine.Nic);
        Assert.Equal((SmmuStreamConfig.Stage1, SmmuDefaultSubstream.UseContext0, 20, SmmuAtsMode.Disabled), (stream.Config, stream.DefaultSubstream, stream.ContextsLog2, stream.AtsMode));
        Assert.Equal(SmmuStreamError.None, stream.Check(m.Unit.Features));
        SmmuContextDescriptor context = m.Context(SmmuMachine.Nic);
        Assert.Equal((true, true, true, (ushort)7, 16), (context.IsValid, context.TracksDirty, context.UpperIsDisabled, context.Asid, context.LowerSizeOffset));
        Assert.Equal(m.Domain.Table.Root.Value, context.LowerTable);
        using SmmuMachine s2 = new(SmmuMachine.Stage2 with { AddressBits = 40, DeviceTlbEntries = 8 });
        stream = s2.Stream(SmmuMachine.Nic);
        // 40 bits start at the architecture's level 1, with two tables one after the other.
        Assert.Equal((SmmuStreamConfig.Stage2, (ushort)7, true, 2, 2, SmmuAtsMode.Full), (stream.Config, stream.Vmid, stream.Stage2TracksDirty, stream.Stage2RootLevel, stream.Stage2RootTables, stream.AtsMode));
    }

    [Theory]
    [InlineData("smmu", 1)]
    [InlineData("smmu-s2", 1)]
    public void Attaching_costs_what_it_says(string model, int entries)
    {
        using SmmuMachine m = new(new() { Model = model }, attach: false);
        long before = m.Driver.CommandsSubmitted;
        m.Driver.Attach(SmmuMachine.Nic, null, m.Domain);
        Assert.Equal((model == "smmu" ? 4 : 2) * entries, m.Driver.CommandsSubmitted - before); // CFGI_STE and CFGI_CD, each with its SYNC
        Assert.Equal((1, 1), (m.Driver.Fence(), m.Driver.Hardware.Counters.ContextCacheMisses + 1));
    }

    [Fact]
    public void A_detached_context_is_gone_and_the_others_stay()
    {
        using SmmuMachine m = new();
        Domain other = m.Driver.CreateDomain(new(8));
        m.Map(0x5000, 0x9000, 0x1000);
        m.Map(0x5000, 0xA000, 0x1000, domain: other);
        m.Driver.Attach(SmmuMachine.Disk, null, m.Domain);
        Assert.Equal((0x9000UL, 0x9000UL), (m.Read(0x5000).Physical, m.Read(0x5000, SmmuMachine.Disk).Physical));
        m.Driver.Attach(SmmuMachine.Nic, null, other);
        Assert.Equal((0xA000UL, 0x9000UL), (m.Read(0x5000).Physical, m.Read(0x5000, SmmuMachine.Disk).Physical));
    }

    [Fact]
    public void Stage_2_has_no_substreams()
    {
        using SmmuMachine m = new(SmmuMachine.Stage2);
        Assert.Throws<NotSupportedException>(() => m.Driver.Attach(SmmuMachine.Disk, new Pasid(1), m.Domain));
    }

    // Pages and blocks in one gather: no level hint, or the blocks would stay.
    [Fact]
    public void A_gather_of_several_leaf_sizes_gets_no_hint()
    {
        using SmmuMachine m = new();
        m.Map(0x1F_F000, 0x9000, 0x1000);
        m.Map(0x20_0000, 0x40_0000, 0x20_0000);
        m.Write(0x1F_F000);
        m.Write(0x20_0000);
        InvalidationGather gather = new();
        Assert.Equal(2, m.Scan(clear: true, gather).Count);
        Assert.Equal((12, 21), (gather.SmallestLeafLog2, gather.LargestLeafLog2));
        m.Driver.Invalidate(m.Domain, gather);
        m.Write(0x1F_F000);
        m.Write(0x20_0000);
        Assert.Equal(2, m.Scan(clear: true).Count);
    }

    [Fact]
    public void Batches_of_more_commands_than_the_queue_holds_go_through()
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { SupportsRangeInvalidation = false });
        m.Map(0, 0, 0x1F_F000, largest: 12);
        m.Read(0x1F_E000);
        Assert.Equal(512, m.Driver.InvalidateRange(m.Domain, 0, 0x1F_EFFF, leafOnly: true));
        Assert.False(m.IsCached(0x1F_E000));
        Assert.Equal(2, m.Driver.InvalidateRange(m.Domain, 0, 0x1F_FFFF, leafOnly: true));
    }
}
