namespace Workbench.Iommu.Smmu;

/// <content>What hardware checks before it uses an entry: SteIllegal of IHI 0070 §5.2.2 [S], Non-secure state.</content>
public readonly partial record struct SmmuStreamTableEntry
{
    /// <summary>The first thing wrong with the entry. Reserved Config codes are not wrong: they abort silently. Allocates nothing.</summary>
    public SmmuStreamError Check(SmmuFeatures features)
    {
        if (!IsValid) return SmmuStreamError.NotValid;
        if (Aborts) return SmmuStreamError.None;
        if (TranslatesStage1 && !features.SupportsStage1) return SmmuStreamError.Stage1Unsupported;
        if (TranslatesStage2 && !features.SupportsStage2) return SmmuStreamError.Stage2Unsupported;
        SmmuStreamError error = CheckAts(features);
        if (error != SmmuStreamError.None) return error;
        if (UsesStreamWorld(features) && (StreamWorld is SmmuStreamWorld.El3 or SmmuStreamWorld.Reserved)) return SmmuStreamError.StreamWorldReserved;
        if (TranslatesStage1 && (error = CheckStage1(features)) != SmmuStreamError.None) return error;
        if (TranslatesStage2 && (error = CheckStage2(features)) != SmmuStreamError.None) return error;
        return VmidIsUsed(features) && !features.Supports16BitVmid && Vmid > 0xFF ? SmmuStreamError.VmidTooLarge : SmmuStreamError.None;
    }

    /// <summary>Whether translations are tagged with S2VMID: stage 2 exists and the stream translates for EL1. §5.2.2 [S].</summary>
    public bool VmidIsUsed(SmmuFeatures features) =>
        features.SupportsStage2
        && (TranslatesStage1 || TranslatesStage2)
        && (StreamWorld == SmmuStreamWorld.El1 || !UsesStreamWorld(features));

    private SmmuStreamError CheckAts(SmmuFeatures features)
    {
        if (!features.SupportsAts || !(TranslatesStage1 || TranslatesStage2)) return SmmuStreamError.None;
        return AtsMode switch
        {
            SmmuAtsMode.SplitStage when Config != SmmuStreamConfig.Nested || Stage2Stalls || features.LacksSplitStageAts =>
                SmmuStreamError.SplitStageAtsNotPossible,
            SmmuAtsMode.Full when TranslatesStage2 && Stage2Stalls => SmmuStreamError.AtsWithStall,
            _ => SmmuStreamError.None,
        };
    }

    private SmmuStreamError CheckStage1(SmmuFeatures features)
    {
        if (Stage1StallIsDisabled && features.StallModel != SmmuStallModel.StallOrTerminate)
            return SmmuStreamError.StallDisableNotPossible;
        if (features.SubstreamIdBits != 0)
        {
            if (ContextsLog2 > features.SubstreamIdBits) return SmmuStreamError.TooManyContexts;
            if (ContextsLog2 != 0 && !features.SupportsTwoLevelContexts && ContextsOn(features).IsTwoLevel)
                return SmmuStreamError.TwoLevelContextsUnsupported;
        }
        int addressBits = TranslatesStage2 ? features.IntermediateAddressBits : features.OutputAddressBits;
        return ContextTable >> addressBits != 0 ? SmmuStreamError.ContextTableOutOfRange : SmmuStreamError.None;
    }

    private SmmuStreamError CheckStage2(SmmuFeatures features)
    {
        if (!Stage2Is64Bit && features.SupportsForcedWriteBack && Stage2ForcesWriteBack) return SmmuStreamError.ForcedWriteBackWithLpae;
        if (Stage2Stalls && features.StallModel == SmmuStallModel.TerminateOnly) return SmmuStreamError.StallUnsupported;
        if (!Stage2Stalls && features.StallModel == SmmuStallModel.StallOnly) return SmmuStreamError.StallRequired;
        if (!(Stage2Is64Bit ? features.Supports64BitTables : features.SupportsLpaeTables)) return SmmuStreamError.TableFormatUnsupported;
        if ((Stage2AccessFlagIsUpdated || Stage2DirtyIsUpdated) && (!Stage2Is64Bit || features.HardwareUpdate == SmmuHardwareUpdate.None))
            return SmmuStreamError.HardwareUpdateUnsupported;
        if (Stage2DirtyIsUpdated && features.HardwareUpdate == SmmuHardwareUpdate.AccessFlag) return SmmuStreamError.DirtyUpdateUnsupported;
        if (Stage2TableAccessFlagIsUpdated && !Stage2AccessFlagIsUpdated && features.HardwareUpdate == SmmuHardwareUpdate.TableAccessFlag)
            return SmmuStreamError.TableAccessFlagAlone;
        SmmuStreamError error = Stage2Is64Bit ? CheckStage2Tables(features) : SmmuStreamError.None;
        if (error != SmmuStreamError.None) return error;
        return features.TableEndianness switch
        {
            SmmuTableEndianness.Little when Stage2IsBigEndian => SmmuStreamError.EndiannessUnsupported,
            SmmuTableEndianness.Big when !Stage2IsBigEndian => SmmuStreamError.EndiannessUnsupported,
            _ => SmmuStreamError.None,
        };
    }

    private SmmuStreamError CheckStage2Tables(SmmuFeatures features)
    {
        SmmuGranule granule = Stage2Granule;
        if (!features.Supports(granule)) return SmmuStreamError.GranuleUnsupported;
        bool isLarge = granule == SmmuGranule.Size64K || (features.SupportsLargeAddresses && Stage2HasLargeAddresses);
        int tableBits = Math.Min(Stage2OutputSize.AddressBits, features.OutputAddressBits);
        if (Stage2Table.Value >> (isLarge ? tableBits : Math.Min(tableBits, 48)) != 0) return SmmuStreamError.TableOutOfRange;
        int least = Math.Max(isLarge ? 12 : 16, 64 - features.IntermediateAddressBits);
        int most = !features.SupportsSmallTables ? 39 : granule == SmmuGranule.Size64K ? 47 : 48;
        if (Stage2SizeOffset < least || Stage2SizeOffset > most) return SmmuStreamError.InputSizeOutOfRange;
        // Without IDR5.DS both fields are RES0 and read as 0.
        SmmuStreamTableEntry seen = features.SupportsLargeAddresses
            ? this
            : this with { Stage2HasLargeAddresses = false, Stage2StartCodeHigh = false };
        return seen.Stage2RootLevel is int root && seen.StartLevelFitsSize(root) && seen.RootLevelExists(root, features)
            ? SmmuStreamError.None
            : SmmuStreamError.StartLevelInconsistent;
    }

    // AArch64.S2InvalidSL of DDI 0487 [S], with OAS for the physical address size of a processor [I].
    private bool RootLevelExists(int root, SmmuFeatures features) => (Stage2Granule, root) switch
    {
        (SmmuGranule.Size4K, 0) => features.SupportsSmallTables,
        (SmmuGranule.Size4K, 3) => features.OutputAddressBits >= 44,
        (SmmuGranule.Size4K, 4) => features.OutputAddressBits >= 52,
        (SmmuGranule.Size16K, 2) => features.OutputAddressBits >= 42,
        (SmmuGranule.Size16K, 3) => Stage2HasLargeAddresses && features.OutputAddressBits >= 52,
        (SmmuGranule.Size64K, 2) => features.OutputAddressBits >= 44,
        _ => true,
    };
}
