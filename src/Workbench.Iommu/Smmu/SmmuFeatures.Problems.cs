namespace Workbench.Iommu.Smmu;

/// <content>What a part cannot be, and what this model refuses to be.</content>
public readonly partial record struct SmmuFeatures
{
    // MPAM, DPT, S1PI, S2PI, S2PO, THE and AIE change the layout or the rules of STEs and CDs.
    private const uint UnmodelledIdr3 = 0x00BC_8080;

    /// <summary>Every illegal combination, and every feature that is not modelled, as sentences; empty if there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (!SupportsStage1 && !SupportsStage2)
            problems.Add("IDR0.S1P and S2P are both 0: the part could not translate.");
        if (!Supports64BitTables)
            problems.Add("IDR0.TTF lacks VMSAv8-64 tables, the only ones modelled.");
        if (SupportsLpaeTables)
            problems.Add("IDR0.TTF offers 32-bit LPAE tables, which are not modelled.");
        if (Supports128BitDescriptors)
            problems.Add("IDR5.D128 offers 128-bit descriptors, which are not modelled.");
        if ((Idr3 & UnmodelledIdr3) != 0)
            problems.Add($"IDR3 is 0x{Idr3:x8}: MPAM, DPT, S1PI, S2PI, S2PO, THE and AIE (mask 0x{UnmodelledIdr3:x8}) are not modelled.");
        if (StallModel == SmmuStallModel.Reserved)
            problems.Add("IDR0.STALL_MODEL is 3, which is reserved; use 0 to 2.");
        if (TableEndianness == SmmuTableEndianness.Reserved)
            problems.Add("IDR0.TTENDIAN is 1, which is reserved; use 0, 2 or 3.");
        if (StreamTableLevelCode > 1)
            problems.Add($"IDR0.ST_LEVEL is {StreamTableLevelCode}, which is reserved; use 0 or 1.");
        if (SupportsEl2 && !(SupportsStage1 && SupportsStage2))
            problems.Add("IDR0.Hyp needs S1P and S2P.");
        if (SupportsPageRequests && !SupportsAts)
            problems.Add("IDR0.PRI needs ATS.");
        if (LacksSplitStageAts && !(SupportsAts && SupportsStage1 && SupportsStage2))
            problems.Add("IDR0.NS1ATS needs ATS, S1P and S2P: without them it reads as 0.");
        AddIdr1Problems(problems);
        AddIdr3And5Problems(problems);
        return problems;
    }

    private void AddIdr1Problems(List<string> problems)
    {
        if (StreamIdBits > 32)
            problems.Add($"IDR1.SIDSIZE is {StreamIdBits}; 0 to 32.");
        if (StreamIdBits >= 7 && StreamTableLevelCode == 0)
            problems.Add($"IDR1.SIDSIZE is {StreamIdBits} with ST_LEVEL 0; from 7 bits on two-level stream tables are mandatory.");
        if (SubstreamIdBits > 20)
            problems.Add($"IDR1.SSIDSIZE is {SubstreamIdBits}; 0 to 20.");
        if (CommandQueueLog2 > 19 || EventQueueLog2 > 19 || (SupportsPageRequests && PageRequestQueueLog2 > 19))
            problems.Add($"IDR1.CMDQS, EVENTQS and PRIQS are {CommandQueueLog2}, {EventQueueLog2} and {PageRequestQueueLog2}; at most 19.");
    }

    private void AddIdr3And5Problems(List<string> problems)
    {
        if (BreakBeforeMakeLevel == 3)
            problems.Add("IDR3.BBML is 3, which is reserved; use 0 to 2.");
        if (SupportsHierarchyDisable && !SupportsStage1)
            problems.Add("IDR3.HAD needs S1P.");
        if (!Supports4K && !Supports16K && !Supports64K)
            problems.Add("IDR5 offers no granule.");
        if (SupportsLargeAddresses && !(Supports4K || Supports16K))
            problems.Add("IDR5.DS needs GRAN4K or GRAN16K.");
        if (SupportsLargeAddresses && VirtualAddressCode == 0)
            problems.Add("IDR5.DS needs VAX of at least 1, 52-bit virtual addresses.");
        if (VirtualAddressCode > 1)
            problems.Add($"IDR5.VAX is {VirtualAddressCode}; 2 needs 128-bit descriptors, which are not modelled, and 3 is reserved.");
        if (VirtualAddressCode == 1 && !Supports64K && !SupportsLargeAddresses)
            problems.Add("IDR5.VAX is 1; 52-bit virtual addresses need GRAN64K or DS.");
        if (OutputAddressSize == SmmuAddressSize.Bits52 && !Supports64K && !SupportsLargeAddresses)
            problems.Add("IDR5.OAS is 52 bits, which needs GRAN64K or DS.");
        if (OutputAddressSize == SmmuAddressSize.Bits56)
            problems.Add("IDR5.OAS is 56 bits, which needs 128-bit descriptors; they are not modelled.");
        if (StallModel == SmmuStallModel.TerminateOnly && MaximumStalls != 0)
            problems.Add($"IDR5.STALL_MAX is {MaximumStalls} on a part that never stalls; it must be 0.");
    }
}
