namespace Workbench.Iommu.Smmu;

/// <content>Building entries as software does. Walks and fetches are write-back cacheable and inner shareable, for coherent parts.</content>
public readonly partial record struct SmmuStreamTableEntry
{
    private const int WriteBack = 1;
    private const int InnerShareable = 3;
    private const int IncomingShareability = 1;

    /// <summary>Aborts everything, without events.</summary>
    public static SmmuStreamTableEntry ForAbort() => new() { IsValid = true, Config = SmmuStreamConfig.Abort };

    /// <summary>Lets everything pass untranslated.</summary>
    public static SmmuStreamTableEntry ForBypass() =>
        new() { IsValid = true, Config = SmmuStreamConfig.Bypass, ShareabilityCode = IncomingShareability };

    /// <summary>Translates with stage 1 alone; the table is one context descriptor, or 2^contextsLog2 in the given shape.</summary>
    public static SmmuStreamTableEntry ForStage1(
        Spa contextTable,
        int contextsLog2 = 0,
        SmmuContextFormat format = SmmuContextFormat.Linear,
        SmmuDefaultSubstream defaultSubstream = SmmuDefaultSubstream.Terminate) => new()
        {
            IsValid = true,
            Config = SmmuStreamConfig.Stage1,
            ContextTable = contextTable.Value,
            ContextsLog2 = contextsLog2,
            ContextFormat = format,
            DefaultSubstream = defaultSubstream,
            ContextInnerCacheability = WriteBack,
            ContextOuterCacheability = WriteBack,
            ContextShareability = InnerShareable,
            ShareabilityCode = IncomingShareability,
        };

    /// <summary>
    /// Translates with stage 2 alone, recording faults. <paramref name="inputBits"/> is the size of the intermediate address space,
    /// <paramref name="rootLevel"/> the level of the root table with 0 the leaf level.
    /// </summary>
    public static SmmuStreamTableEntry ForStage2(
        Spa table, ushort vmid, SmmuGranule granule, int inputBits, int rootLevel, SmmuAddressSize outputSize, bool tracksDirty = false)
    {
        if (inputBits is < 1 or > 64)
            throw new ArgumentOutOfRangeException(nameof(inputBits), $"{inputBits} input bits; 1 to 64.");
        (int code, bool high) = StartCodeOf(granule, rootLevel);
        return new()
        {
            IsValid = true,
            Config = SmmuStreamConfig.Stage2,
            ShareabilityCode = IncomingShareability,
            Vmid = vmid,
            Stage2SizeOffset = 64 - inputBits,
            Stage2StartCode = code,
            Stage2StartCodeHigh = high,
            Stage2HasLargeAddresses = high || (granule == SmmuGranule.Size16K && rootLevel == 3),
            Stage2InnerCacheability = WriteBack,
            Stage2OuterCacheability = WriteBack,
            Stage2Shareability = InnerShareable,
            Stage2Granule = granule,
            Stage2OutputSize = outputSize,
            Stage2Is64Bit = true,
            Stage2AccessFlagIsUpdated = tracksDirty,
            Stage2DirtyIsUpdated = tracksDirty,
            Stage2FaultsAreRecorded = true,
            Stage2Table = table,
        };
    }

    /// <summary>Stage 1 of this entry over stage 2 of another; the context table then is at an intermediate address.</summary>
    public SmmuStreamTableEntry Over(SmmuStreamTableEntry stage2) => this with
    {
        Config = SmmuStreamConfig.Nested,
        Stage2ForcesWriteBack = stage2.Stage2ForcesWriteBack,
        Word2 = stage2.Word2,
        Word3 = stage2.Word3,
    };

    private static (int Code, bool High) StartCodeOf(SmmuGranule granule, int rootLevel) => (granule, rootLevel) switch
    {
        (SmmuGranule.Size4K, 0) => (3, false),
        (SmmuGranule.Size4K, 4) => (0, true),
        (SmmuGranule.Size4K, >= 1 and <= 3) => (rootLevel - 1, false),
        (SmmuGranule.Size16K, >= 0 and <= 3) => (rootLevel, false),
        (SmmuGranule.Size64K, >= 0 and <= 2) => (rootLevel, false),
        _ => throw new ArgumentOutOfRangeException(nameof(rootLevel), $"Level {rootLevel} cannot be the root of stage-2 tables with granule {granule}."),
    };
}
