namespace Workbench.Iommu.Smmu;

/// <content>Building a descriptor, and what hardware checks before it uses one: CdIllegal of IHI 0070 §5.4.2 [S], Non-secure state.</content>
public readonly partial record struct SmmuContextDescriptor
{
    private const int WriteBack = 1;
    private const int InnerShareable = 3;

    /// <summary>
    /// An address space with lower tables only, as for DMA: walks are write-back and inner shareable, faults abort and are
    /// recorded, the ASID is private. <paramref name="inputBits"/> is the size of the virtual address space.
    /// </summary>
    public static SmmuContextDescriptor ForLower(
        ulong table, ushort asid, SmmuGranule granule, int inputBits, SmmuAddressSize outputSize, ulong memoryAttributes, bool tracksDirty = false)
    {
        if (inputBits is < 1 or > 64)
            throw new ArgumentOutOfRangeException(nameof(inputBits), $"{inputBits} input bits; 1 to 64.");
        return new()
        {
            IsValid = true,
            LowerSizeOffset = 64 - inputBits,
            LowerGranule = granule,
            LowerInnerCacheability = WriteBack,
            LowerOuterCacheability = WriteBack,
            LowerShareability = InnerShareable,
            UpperIsDisabled = true,
            OutputSize = outputSize,
            Is64Bit = true,
            AccessFlagIsUpdated = tracksDirty,
            DirtyIsUpdated = tracksDirty,
            FaultsAreRecorded = true,
            FaultsAbort = true,
            AsidIsPrivate = true,
            Asid = asid,
            LowerTable = table,
            MemoryAttributes = memoryAttributes,
        };
    }

    /// <summary>
    /// The first thing wrong with the descriptor, reached through a legal stream table entry. <paramref name="el2IsHost"/> is
    /// SMMU_CR2.E2H: whether EL2 streams have two halves and ASIDs. Allocates nothing.
    /// </summary>
    public SmmuContextError Check(SmmuStreamTableEntry stream, SmmuFeatures features, bool el2IsHost = false)
    {
        if (!IsValid) return SmmuContextError.NotValid;
        if (stream.Stage1StallIsDisabled && Stalls) return SmmuContextError.StallDisabledByStream;
        if (features.AlwaysAborts && !FaultsAbort) return SmmuContextError.AbortRequired;
        if (features.StallModel == SmmuStallModel.TerminateOnly && Stalls) return SmmuContextError.StallUnsupported;
        if (features.StallModel == SmmuStallModel.StallOnly && !Stalls) return SmmuContextError.StallRequired;
        bool isEl2 = stream.UsesStreamWorld(features) && stream.StreamWorld != SmmuStreamWorld.El1;
        // EL2 without E2H has the lower half only, and cannot switch it off.
        bool hasOneHalf = isEl2 && !el2IsHost;
        bool usesLower = hasOneHalf || !LowerIsDisabled;
        bool usesUpper = !hasOneHalf && !UpperIsDisabled;
        SmmuContextError error = CheckFormat(stream, features, isEl2 && el2IsHost, usesLower || usesUpper);
        if (error != SmmuContextError.None) return error;
        if (!hasOneHalf && !features.Supports16BitAsid && Asid > 0xFF) return SmmuContextError.AsidTooLarge;
        if (!Is64Bit) return SmmuContextError.None;
        if ((usesLower && !SizeIsLegal(LowerSizeOffset, LowerGranule, features)) || (usesUpper && !SizeIsLegal(UpperSizeOffset, UpperGranule, features)))
            return SmmuContextError.InputSizeOutOfRange;
        if (usesLower && (error = CheckTable(LowerTable, LowerGranule, features)) != SmmuContextError.None) return error;
        return usesUpper ? CheckTable(UpperTable, UpperGranule, features) : SmmuContextError.None;
    }

    private SmmuContextError CheckFormat(SmmuStreamTableEntry stream, SmmuFeatures features, bool isHost, bool usesTables)
    {
        if (usesTables && ((features.TableEndianness == SmmuTableEndianness.Little && IsBigEndian) || (features.TableEndianness == SmmuTableEndianness.Big && !IsBigEndian)))
            return SmmuContextError.EndiannessUnsupported;
        if (!Is64Bit) return features.SupportsLpaeTables && !isHost ? SmmuContextError.None : SmmuContextError.TableFormatUnsupported;
        if (!features.Supports64BitTables || (stream.TranslatesStage2 && !stream.Stage2Is64Bit)) return SmmuContextError.TableFormatUnsupported;
        if ((AccessFlagIsUpdated || DirtyIsUpdated) && features.HardwareUpdate == SmmuHardwareUpdate.None) return SmmuContextError.HardwareUpdateUnsupported;
        if (DirtyIsUpdated && features.HardwareUpdate == SmmuHardwareUpdate.AccessFlag) return SmmuContextError.DirtyUpdateUnsupported;
        return TableAccessFlagIsUpdated && !AccessFlagIsUpdated && features.HardwareUpdate == SmmuHardwareUpdate.TableAccessFlag
            ? SmmuContextError.TableAccessFlagAlone
            : SmmuContextError.None;
    }

    private bool IsLarge(SmmuGranule granule, SmmuFeatures features) =>
        granule == SmmuGranule.Size64K || (features.SupportsLargeAddresses && HasLargeAddresses);

    private bool SizeIsLegal(int sizeOffset, SmmuGranule granule, SmmuFeatures features)
    {
        int least = features.VirtualAddressCode is 1 or 2 && IsLarge(granule, features) ? 12 : 16;
        int most = !features.SupportsSmallTables ? 39 : granule is SmmuGranule.Size4K or SmmuGranule.Size16K ? 48 : 47;
        return sizeOffset >= least && sizeOffset <= most;
    }

    private SmmuContextError CheckTable(ulong table, SmmuGranule granule, SmmuFeatures features)
    {
        if (!features.Supports(granule)) return SmmuContextError.GranuleUnsupported;
        int bits = Math.Min(OutputSize.AddressBits, features.OutputAddressBits);
        if (!IsLarge(granule, features)) bits = Math.Min(bits, 48);
        return table >> bits != 0 ? SmmuContextError.TableOutOfRange : SmmuContextError.None;
    }
}
