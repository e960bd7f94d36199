namespace Workbench.Iommu.Smmu;

/// <summary>
/// What an SMMU offers to the Non-secure state: SMMU_IDR0, IDR1, IDR3 and IDR5 (offsets 0x0, 0x4, 0xC, 0x14). IHI 0070 §6.3.1,
/// 6.3.2, 6.3.4, 6.3.6 [S]. The part is taken to be SMMUv3.1 or later. No property throws on any register value.
/// </summary>
public readonly partial record struct SmmuFeatures(uint Idr0, uint Idr1, uint Idr3, uint Idr5)
{
    /// <summary>
    /// A coherent SMMUv3.2 part with both stages, access flag and dirty state, all granules, 48-bit addresses, 16-bit tags,
    /// range invalidation and BBML 2. It offers no ATS, page requests, stalls or interrupts by message.
    /// </summary>
    public static SmmuFeatures Default => new()
    {
        SupportsStage1 = true,
        SupportsStage2 = true,
        Supports64BitTables = true,
        IsCoherent = true,
        HardwareUpdate = SmmuHardwareUpdate.AccessFlagAndDirty,
        SupportsEl2 = true,
        Supports16BitAsid = true,
        Supports16BitVmid = true,
        SupportsTwoLevelContexts = true,
        TableEndianness = SmmuTableEndianness.Little,
        StallModel = SmmuStallModel.TerminateOnly,
        StreamTableLevelCode = 1,
        StreamIdBits = 16,
        SubstreamIdBits = 20,
        EventQueueLog2 = 19,
        CommandQueueLog2 = 19,
        SupportsHierarchyDisable = true,
        SupportsExecuteNeverSplit = true,
        SupportsForcedWriteBack = true,
        SupportsRangeInvalidation = true,
        BreakBeforeMakeLevel = 2,
        OutputAddressSize = SmmuAddressSize.Bits48,
        Supports4K = true,
        Supports16K = true,
        Supports64K = true,
    };

    /// <summary>Whether stage 2 exists (IDR0.S2P). Bit 0.</summary>
    public bool SupportsStage2 { get => Idr0.Bit(0); init => Idr0 = Idr0.WithBit(0, value); }

    /// <summary>Whether stage 1 exists (IDR0.S1P). Bit 1.</summary>
    public bool SupportsStage1 { get => Idr0.Bit(1); init => Idr0 = Idr0.WithBit(1, value); }

    /// <summary>Whether 32-bit LPAE tables are understood (IDR0.TTF[0]). Bit 2. Not modelled: <see cref="Problems"/> refuses it.</summary>
    public bool SupportsLpaeTables { get => Idr0.Bit(2); init => Idr0 = Idr0.WithBit(2, value); }

    /// <summary>Whether VMSAv8-64 tables are understood (IDR0.TTF[1]). Bit 3.</summary>
    public bool Supports64BitTables { get => Idr0.Bit(3); init => Idr0 = Idr0.WithBit(3, value); }

    /// <summary>Whether tables, structures and queues are accessed coherently (IDR0.COHACC). Bit 4.</summary>
    public bool IsCoherent { get => Idr0.Bit(4); init => Idr0 = Idr0.WithBit(4, value); }

    /// <summary>Whether TLB invalidations of processors are obeyed (IDR0.BTM). Bit 5. Not acted upon.</summary>
    public bool SupportsBroadcastInvalidation { get => Idr0.Bit(5); init => Idr0 = Idr0.WithBit(5, value); }

    /// <summary>Which flags hardware sets in tables (IDR0.HTTU). Bits 7:6.</summary>
    public SmmuHardwareUpdate HardwareUpdate { get => (SmmuHardwareUpdate)Idr0.Field(7, 6); init => Idr0 = Idr0.WithField(7, 6, (int)value); }

    /// <summary>Whether streams may belong to EL2 (IDR0.Hyp). Bit 9; mandatory from SMMUv3.2 with both stages.</summary>
    public bool SupportsEl2 { get => Idr0.Bit(9); init => Idr0 = Idr0.WithBit(9, value); }

    /// <summary>Whether devices may have a device TLB (IDR0.ATS). Bit 10.</summary>
    public bool SupportsAts { get => Idr0.Bit(10); init => Idr0 = Idr0.WithBit(10, value); }

    /// <summary>Whether split-stage ATS is absent (IDR0.NS1ATS). Bit 11.</summary>
    public bool LacksSplitStageAts { get => Idr0.Bit(11); init => Idr0 = Idr0.WithBit(11, value); }

    /// <summary>Whether ASIDs have 16 bits, else 8 (IDR0.ASID16). Bit 12.</summary>
    public bool Supports16BitAsid { get => Idr0.Bit(12); init => Idr0 = Idr0.WithBit(12, value); }

    /// <summary>Whether interrupts can be memory writes (IDR0.MSI). Bit 13.</summary>
    public bool SupportsMessageInterrupts { get => Idr0.Bit(13); init => Idr0 = Idr0.WithBit(13, value); }

    /// <summary>Whether a waiting processor can be woken by an event (IDR0.SEV). Bit 14. Not acted upon.</summary>
    public bool SupportsWakeEvents { get => Idr0.Bit(14); init => Idr0 = Idr0.WithBit(14, value); }

    /// <summary>Whether devices may send page requests (IDR0.PRI). Bit 16.</summary>
    public bool SupportsPageRequests { get => Idr0.Bit(16); init => Idr0 = Idr0.WithBit(16, value); }

    /// <summary>Whether VMIDs have 16 bits, else 8 (IDR0.VMID16). Bit 18.</summary>
    public bool Supports16BitVmid { get => Idr0.Bit(18); init => Idr0 = Idr0.WithBit(18, value); }

    /// <summary>Whether tables of context descriptors may have two levels (IDR0.CD2L). Bit 19.</summary>
    public bool SupportsTwoLevelContexts { get => Idr0.Bit(19); init => Idr0 = Idr0.WithBit(19, value); }

    /// <summary>Byte order of translation tables (IDR0.TTENDIAN). Bits 22:21.</summary>
    public SmmuTableEndianness TableEndianness { get => (SmmuTableEndianness)Idr0.Field(22, 21); init => Idr0 = Idr0.WithField(22, 21, (int)value); }

    /// <summary>What faults may do to a transaction (IDR0.STALL_MODEL). Bits 25:24.</summary>
    public SmmuStallModel StallModel { get => (SmmuStallModel)Idr0.Field(25, 24); init => Idr0 = Idr0.WithField(25, 24, (int)value); }

    /// <summary>Whether a terminated transaction is always aborted, so that CD.A must be 1 (IDR0.TERM_MODEL). Bit 26.</summary>
    public bool AlwaysAborts { get => Idr0.Bit(26); init => Idr0 = Idr0.WithBit(26, value); }

    /// <summary>Stream table shapes (IDR0.ST_LEVEL): 0 linear, 1 also two-level, 2 and 3 reserved. Bits 28:27.</summary>
    public int StreamTableLevelCode { get => (int)Idr0.Field(28, 27); init => Idr0 = Idr0.WithField(28, 27, value); }

    /// <summary>Number of StreamID bits, 0 to 32 (IDR1.SIDSIZE). Bits 5:0.</summary>
    public int StreamIdBits { get => (int)Idr1.Field(5, 0); init => Idr1 = Idr1.WithField(5, 0, value); }

    /// <summary>Number of SubstreamID bits, 0 (no substreams) to 20 (IDR1.SSIDSIZE). Bits 10:6.</summary>
    public int SubstreamIdBits { get => (int)Idr1.Field(10, 6); init => Idr1 = Idr1.WithField(10, 6, value); }

    /// <summary>Log2 of the largest page request queue in entries, at most 19 (IDR1.PRIQS). Bits 15:11.</summary>
    public int PageRequestQueueLog2 { get => (int)Idr1.Field(15, 11); init => Idr1 = Idr1.WithField(15, 11, value); }

    /// <summary>Log2 of the largest event queue in entries, at most 19 (IDR1.EVENTQS). Bits 20:16.</summary>
    public int EventQueueLog2 { get => (int)Idr1.Field(20, 16); init => Idr1 = Idr1.WithField(20, 16, value); }

    /// <summary>Log2 of the largest command queue in entries, at most 19 (IDR1.CMDQS). Bits 25:21.</summary>
    public int CommandQueueLog2 { get => (int)Idr1.Field(25, 21); init => Idr1 = Idr1.WithField(25, 21, value); }

    /// <summary>Whether attributes in table descriptors can be ignored, CD.HAD0 and HAD1 (IDR3.HAD). Bit 2.</summary>
    public bool SupportsHierarchyDisable { get => Idr3.Bit(2); init => Idr3 = Idr3.WithBit(2, value); }

    /// <summary>Whether stage 2 tells EL0 from EL1 execution (IDR3.XNX). Bit 4; mandatory from SMMUv3.1 with stage 2.</summary>
    public bool SupportsExecuteNeverSplit { get => Idr3.Bit(4); init => Idr3 = Idr3.WithBit(4, value); }

    /// <summary>Whether stage 2 can force memory types, STE.S2FWB (IDR3.FWB). Bit 8; mandatory from SMMUv3.2.</summary>
    public bool SupportsForcedWriteBack { get => Idr3.Bit(8); init => Idr3 = Idr3.WithBit(8, value); }

    /// <summary>Whether T0SZ may exceed 39 (IDR3.STT). Bit 9.</summary>
    public bool SupportsSmallTables { get => Idr3.Bit(9); init => Idr3 = Idr3.WithBit(9, value); }

    /// <summary>Whether TLBI commands take ranges and level hints (IDR3.RIL). Bit 10; mandatory from SMMUv3.2.</summary>
    public bool SupportsRangeInvalidation { get => Idr3.Bit(10); init => Idr3 = Idr3.WithBit(10, value); }

    /// <summary>How a change of page size must be made (IDR3.BBML): 0 break before make, 1 with nT, 2 at once; 3 is reserved. Bits 12:11.</summary>
    public int BreakBeforeMakeLevel { get => (int)Idr3.Field(12, 11); init => Idr3 = Idr3.WithField(12, 11, value); }

    /// <summary>Size of physical addresses (IDR5.OAS). Bits 2:0.</summary>
    public SmmuAddressSize OutputAddressSize { get => (SmmuAddressSize)Idr5.Field(2, 0); init => Idr5 = Idr5.WithField(2, 0, (int)value); }

    /// <summary>Whether the 4 KiB granule exists (IDR5.GRAN4K). Bit 4.</summary>
    public bool Supports4K { get => Idr5.Bit(4); init => Idr5 = Idr5.WithBit(4, value); }

    /// <summary>Whether the 16 KiB granule exists (IDR5.GRAN16K). Bit 5.</summary>
    public bool Supports16K { get => Idr5.Bit(5); init => Idr5 = Idr5.WithBit(5, value); }

    /// <summary>Whether the 64 KiB granule exists (IDR5.GRAN64K). Bit 6.</summary>
    public bool Supports64K { get => Idr5.Bit(6); init => Idr5 = Idr5.WithBit(6, value); }

    /// <summary>Whether 4 and 16 KiB granules can have 52-bit addresses (IDR5.DS). Bit 7.</summary>
    public bool SupportsLargeAddresses { get => Idr5.Bit(7); init => Idr5 = Idr5.WithBit(7, value); }

    /// <summary>Whether 128-bit descriptors exist (IDR5.D128). Bit 8. Not modelled: <see cref="Problems"/> refuses it.</summary>
    public bool Supports128BitDescriptors { get => Idr5.Bit(8); init => Idr5 = Idr5.WithBit(8, value); }

    /// <summary>Size of virtual addresses (IDR5.VAX): 0 is 48 bits, 1 is 52, 2 is 56, 3 is reserved. Bits 11:10.</summary>
    public int VirtualAddressCode { get => (int)Idr5.Field(11, 10); init => Idr5 = Idr5.WithField(11, 10, value); }

    /// <summary>Most transactions stalled at a time (IDR5.STALL_MAX). Bits 31:16.</summary>
    public int MaximumStalls { get => (int)Idr5.Field(31, 16); init => Idr5 = Idr5.WithField(31, 16, value); }

    /// <summary>Whether the stream table may have two levels.</summary>
    public bool SupportsTwoLevelStreams => StreamTableLevelCode == 1;

    /// <summary>Bits of a physical address: OAS.</summary>
    public int OutputAddressBits => OutputAddressSize.AddressBits;

    /// <summary>Bits of an intermediate physical address, IAS: OAS, but at least 40 where LPAE tables exist. §3.4 [S].</summary>
    public int IntermediateAddressBits => SupportsLpaeTables ? Math.Max(40, OutputAddressBits) : OutputAddressBits;

    /// <summary>Whether a granule exists; none does not.</summary>
    public bool Supports(SmmuGranule granule) => granule switch
    {
        SmmuGranule.Size4K => Supports4K,
        SmmuGranule.Size16K => Supports16K,
        SmmuGranule.Size64K => Supports64K,
        _ => false,
    };
}
