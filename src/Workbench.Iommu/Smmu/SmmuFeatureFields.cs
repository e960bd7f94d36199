namespace Workbench.Iommu.Smmu;

/// <summary>Which flags hardware sets in translation tables: SMMU_IDR0.HTTU, bits 7:6. IHI 0070 §6.3.1 [S].</summary>
public enum SmmuHardwareUpdate : byte
{
    /// <summary>None: software sets every flag.</summary>
    None = 0,
    /// <summary>The access flag of leaves.</summary>
    AccessFlag = 1,
    /// <summary>The access flag and the dirty state of leaves.</summary>
    AccessFlagAndDirty = 2,
    /// <summary>As <see cref="AccessFlagAndDirty"/>, and the access flag of table descriptors (HAFT).</summary>
    TableAccessFlag = 3,
}

/// <summary>What may happen to a transaction with a translation fault: SMMU_IDR0.STALL_MODEL, bits 25:24. IHI 0070 §6.3.1 [S].</summary>
public enum SmmuStallModel : byte
{
    /// <summary>Software chooses per context or stream.</summary>
    StallOrTerminate = 0,
    /// <summary>It is always terminated; CMD_RESUME and CMD_STALL_TERM are illegal.</summary>
    TerminateOnly = 1,
    /// <summary>It always stalls. Not allowed in a system with PCI.</summary>
    StallOnly = 2,
    /// <summary>Reserved.</summary>
    Reserved = 3,
}

/// <summary>Byte order of translation tables: SMMU_IDR0.TTENDIAN, bits 22:21. IHI 0070 §6.3.1 [S].</summary>
public enum SmmuTableEndianness : byte
{
    /// <summary>Software chooses per table.</summary>
    Mixed = 0,
    /// <summary>Reserved.</summary>
    Reserved = 1,
    /// <summary>Little-endian only.</summary>
    Little = 2,
    /// <summary>Big-endian only.</summary>
    Big = 3,
}
