using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Identification registers. IHI 0070 §6.3.1, 6.3.2, 6.3.4, 6.3.6; hardware.md 3.2.</summary>
public sealed class SmmuFeaturesTests
{
    // IDR0: S2P S1P TTF 10 COHACC HTTU 10 Hyp ASID16 VMID16 CD2L TTENDIAN 10 STALL_MODEL 01 ST_LEVEL 01.
    // IDR1: SIDSIZE 16, SSIDSIZE 20, EVENTQS 19, CMDQS 19. IDR3: HAD XNX FWB RIL BBML 2. IDR5: OAS 5, all granules.
    [Fact]
    public void The_default_part_has_these_registers()
    {
        Assert.Equal(new SmmuFeatures(0x094C_129B, 0x0273_0510, 0x1514, 0x75), SmmuFeatures.Default);
        Assert.Empty(SmmuFeatures.Default.Problems());
    }

    public static TheoryData<string, SmmuFeatures, SmmuFeatures> Fields => new()
    {
        { "S2P", new() { SupportsStage2 = true }, new(0x1, 0, 0, 0) },
        { "S1P", new() { SupportsStage1 = true }, new(0x2, 0, 0, 0) },
        { "TTF[0]", new() { SupportsLpaeTables = true }, new(0x4, 0, 0, 0) },
        { "TTF[1]", new() { Supports64BitTables = true }, new(0x8, 0, 0, 0) },
        { "COHACC", new() { IsCoherent = true }, new(0x10, 0, 0, 0) },
        { "BTM", new() { SupportsBroadcastInvalidation = true }, new(0x20, 0, 0, 0) },
        { "HTTU", new() { HardwareUpdate = SmmuHardwareUpdate.TableAccessFlag }, new(0xC0, 0, 0, 0) },
        { "Hyp", new() { SupportsEl2 = true }, new(0x200, 0, 0, 0) },
        { "ATS", new() { SupportsAts = true }, new(0x400, 0, 0, 0) },
        { "NS1ATS", new() { LacksSplitStageAts = true }, new(0x800, 0, 0, 0) },
        { "ASID16", new() { Supports16BitAsid = true }, new(0x1000, 0, 0, 0) },
        { "MSI", new() { SupportsMessageInterrupts = true }, new(0x2000, 0, 0, 0) },
        { "SEV", new() { SupportsWakeEvents = true }, new(0x4000, 0, 0, 0) },
        { "PRI", new() { SupportsPageRequests = true }, new(0x1_0000, 0, 0, 0) },
        { "VMID16", new() { Supports16BitVmid = true }, new(0x4_0000, 0, 0, 0) },
        { "CD2L", new() { SupportsTwoLevelContexts = true }, new(0x8_0000, 0, 0, 0) },
        { "TTENDIAN", new() { TableEndianness = SmmuTableEndianness.Big }, new(0x60_0000, 0, 0, 0) },
        { "STALL_MODEL", new() { StallModel = SmmuStallModel.Reserved }, new(0x300_0000, 0, 0, 0) },
        { "TERM_MODEL", new() { AlwaysAborts = true }, new(0x400_0000, 0, 0, 0) },
        { "ST_LEVEL", new() { StreamTableLevelCode = 3 }, new(0x1800_0000, 0, 0, 0) },
        { "SIDSIZE", new() { StreamIdBits = 63 }, new(0, 0x3F, 0, 0) },
        { "SSIDSIZE", new() { SubstreamIdBits = 31 }, new(0, 0x7C0, 0, 0) },
        { "PRIQS", new() { PageRequestQueueLog2 = 31 }, new(0, 0xF800, 0, 0) },
        { "EVENTQS", new() { EventQueueLog2 = 31 }, new(0, 0x1F_0000, 0, 0) },
        { "CMDQS", new() { CommandQueueLog2 = 31 }, new(0, 0x3E0_0000, 0, 0) },
        { "HAD", new() { SupportsHierarchyDisable = true }, new(0, 0, 0x4, 0) },
        { "XNX", new() { SupportsExecuteNeverSplit = true }, new(0, 0, 0x10, 0) },
        { "FWB", new() { SupportsForcedWriteBack = true }, new(0, 0, 0x100, 0) },
        { "STT", new() { SupportsSmallTables = true }, new(0, 0, 0x200, 0) },
        { "RIL", new() { SupportsRangeInvalidation = true }, new(0, 0, 0x400, 0) },
        { "BBML", new() { BreakBeforeMakeLevel = 3 }, new(0, 0, 0x1800, 0) },
        { "OAS", new() { OutputAddressSize = SmmuAddressSize.Bits56 }, new(0, 0, 0, 0x7) },
        { "GRAN4K", new() { Supports4K = true }, new(0, 0, 0, 0x10) },
        { "GRAN16K", new() { Supports16K = true }, new(0, 0, 0, 0x20) },
        { "GRAN64K", new() { Supports64K = true }, new(0, 0, 0, 0x40) },
        { "DS", new() { SupportsLargeAddresses = true }, new(0, 0, 0, 0x80) },
        { "D128", new() { Supports128BitDescriptors = true }, new(0, 0, 0, 0x100) },
        { "VAX", new() { VirtualAddressCode = 3 }, new(0, 0, 0, 0xC00) },
        { "STALL_MAX", new() { MaximumStalls = 0xFFFF }, new(0, 0, 0, 0xFFFF_0000) },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_sets_its_bits_only(string field, SmmuFeatures features, SmmuFeatures registers)
    {
        Assert.NotEmpty(field);
        Assert.Equal(registers, features);
    }

    [Fact]
    public void Every_field_reads_back()
    {
        SmmuFeatures ones = new(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue);
        Assert.True(ones.SupportsStage1 && ones.SupportsStage2 && ones.SupportsLpaeTables && ones.Supports64BitTables && ones.IsCoherent);
        Assert.True(ones.SupportsBroadcastInvalidation && ones.SupportsEl2 && ones.SupportsAts && ones.LacksSplitStageAts && ones.Supports16BitAsid);
        Assert.True(ones.SupportsMessageInterrupts && ones.SupportsWakeEvents && ones.SupportsPageRequests && ones.Supports16BitVmid && ones.SupportsTwoLevelContexts);
        Assert.True(ones.AlwaysAborts && ones.SupportsHierarchyDisable && ones.SupportsExecuteNeverSplit && ones.SupportsForcedWriteBack && ones.SupportsSmallTables);
        Assert.True(ones.SupportsRangeInvalidation && ones.SupportsLargeAddresses && ones.Supports128BitDescriptors);
        Assert.Equal((3, 3, 3), ((int)ones.HardwareUpdate, (int)ones.TableEndianness, (int)ones.StallModel));
        Assert.Equal((3, 63, 31, 31, 31, 31), (ones.StreamTableLevelCode, ones.StreamIdBits, ones.SubstreamIdBits, ones.PageRequestQueueLog2, ones.EventQueueLog2, ones.CommandQueueLog2));
        Assert.Equal((3, SmmuAddressSize.Bits56, 3, 0xFFFF), (ones.BreakBeforeMakeLevel, ones.OutputAddressSize, ones.VirtualAddressCode, ones.MaximumStalls));
        Assert.True(ones.Supports(SmmuGranule.Size4K) && ones.Supports(SmmuGranule.Size16K) && ones.Supports(SmmuGranule.Size64K));
        Assert.False(ones.Supports(SmmuGranule.None) || ones.SupportsTwoLevelStreams);
    }

    public static TheoryData<SmmuFeatures, string> Bad
    {
        get
        {
            SmmuFeatures good = SmmuFeatures.Default;
            return new()
            {
                { good with { SupportsStage1 = false, SupportsStage2 = false, SupportsEl2 = false, SupportsHierarchyDisable = false }, "S1P and S2P" },
                { good with { Supports64BitTables = false }, "lacks VMSAv8-64" },
                { good with { SupportsLpaeTables = true }, "LPAE" },
                { good with { Supports128BitDescriptors = true }, "D128" },
                { good with { Idr3 = good.Idr3 | 0x80 }, "MPAM" },
                { good with { Idr3 = good.Idr3 | 0x80_0000 }, "AIE" },
                { good with { StallModel = SmmuStallModel.Reserved }, "STALL_MODEL" },
                { good with { TableEndianness = SmmuTableEndianness.Reserved }, "TTENDIAN" },
                { good with { StreamTableLevelCode = 2 }, "ST_LEVEL is 2" },
                { good with { SupportsStage2 = false }, "Hyp" },
                { good with { SupportsPageRequests = true }, "PRI" },
                { good with { LacksSplitStageAts = true }, "NS1ATS" },
                { good with { StreamIdBits = 33 }, "SIDSIZE is 33" },
                { good with { StreamTableLevelCode = 0 }, "mandatory" },
                { good with { SubstreamIdBits = 21 }, "SSIDSIZE is 21" },
                { good with { CommandQueueLog2 = 20 }, "CMDQS" },
                { good with { EventQueueLog2 = 20 }, "at most 19" },
                { good with { SupportsAts = true, SupportsPageRequests = true, PageRequestQueueLog2 = 20 }, "at most 19" },
                { good with { BreakBeforeMakeLevel = 3 }, "BBML" },
                { good with { SupportsStage1 = false, SupportsEl2 = false }, "HAD" },
                { good with { Supports4K = false, Supports16K = false, Supports64K = false }, "no granule" },
                { good with { SupportsLargeAddresses = true, VirtualAddressCode = 1, Supports4K = false, Supports16K = false }, "DS needs GRAN4K" },
                { good with { SupportsLargeAddresses = true }, "DS needs VAX" },
                { good with { VirtualAddressCode = 2 }, "VAX is 2" },
                { good with { VirtualAddressCode = 1, Supports64K = false }, "VAX is 1" },
                { good with { OutputAddressSize = SmmuAddressSize.Bits52, Supports64K = false }, "52 bits" },
                { good with { OutputAddressSize = SmmuAddressSize.Bits56 }, "56 bits" },
                { good with { MaximumStalls = 1 }, "STALL_MAX" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void An_illegal_combination_is_named(SmmuFeatures features, string words)
    {
        string problem = Assert.Single(features.Problems());
        Assert.Contains(words, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SmmuAddressSize.Bits32, 32)]
    [InlineData(SmmuAddressSize.Bits36, 36)]
    [InlineData(SmmuAddressSize.Bits40, 40)]
    [InlineData(SmmuAddressSize.Bits42, 42)]
    [InlineData(SmmuAddressSize.Bits44, 44)]
    [InlineData(SmmuAddressSize.Bits48, 48)]
    [InlineData(SmmuAddressSize.Bits52, 52)]
    [InlineData(SmmuAddressSize.Bits56, 56)]
    public void An_address_size_has_so_many_bits(SmmuAddressSize size, int bits)
    {
        SmmuFeatures features = SmmuFeatures.Default with { OutputAddressSize = size };
        Assert.Equal((bits, bits), (features.OutputAddressBits, features.IntermediateAddressBits));
        Assert.Equal(Math.Max(40, bits), (features with { SupportsLpaeTables = true }).IntermediateAddressBits);
    }

    [Theory]
    [InlineData(SmmuGranule.None, 0, 0)]
    [InlineData(SmmuGranule.Size4K, 12, 9)]
    [InlineData(SmmuGranule.Size16K, 14, 11)]
    [InlineData(SmmuGranule.Size64K, 16, 13)]
    [InlineData((SmmuGranule)7, 0, 0)]
    public void A_granule_has_a_size(SmmuGranule granule, int sizeLog2, int bitsPerLevel) =>
        Assert.Equal((sizeLog2, bitsPerLevel), (granule.SizeLog2, granule.BitsPerLevel));

    [Fact]
    public void Any_registers_can_be_judged() =>
        Gen.UInt.Array[4].Sample(r =>
        {
            SmmuFeatures features = new(r[0], r[1], r[2], r[3]);
            _ = features.Problems();
            _ = (features.OutputAddressBits, features.IntermediateAddressBits);
            SmmuFeatures changed = features with { HardwareUpdate = SmmuHardwareUpdate.AccessFlag, StreamIdBits = 7, BreakBeforeMakeLevel = 1, MaximumStalls = 9 };
            Assert.Equal(0u, (changed.Idr0 ^ features.Idr0) & ~0xC0u);
            Assert.Equal(0u, (changed.Idr1 ^ features.Idr1) & ~0x3Fu);
            Assert.Equal(0u, (changed.Idr3 ^ features.Idr3) & ~0x1800u);
            Assert.Equal(0u, (changed.Idr5 ^ features.Idr5) & ~0xFFFF_0000u);
        }, iter: 5_000);
}
