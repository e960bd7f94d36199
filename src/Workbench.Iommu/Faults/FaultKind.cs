namespace Workbench.Iommu.Faults;

/// <summary>Why a request was not translated, in words every vendor shares. A vendor folder maps it to its own code.</summary>
public enum FaultKind : byte
{
    /// <summary>No fault.</summary>
    None,
    /// <summary>The device has no present root entry.</summary>
    RootNotPresent,
    /// <summary>The root entry lies where there is no memory.</summary>
    RootUnreachable,
    /// <summary>A reserved bit in the root entry.</summary>
    RootInvalid,
    /// <summary>The device has no present context entry.</summary>
    ContextNotPresent,
    /// <summary>The context entry lies where there is no memory.</summary>
    ContextUnreachable,
    /// <summary>A reserved bit or an illegal value in the context entry.</summary>
    ContextInvalid,
    /// <summary>A request with PASID to a device whose context does not enable PASIDs.</summary>
    PasidNotAllowed,
    /// <summary>A PASID beyond the device's directory.</summary>
    PasidBeyondDirectory,
    /// <summary>The PASID directory entry lies where there is no memory.</summary>
    PasidDirectoryUnreachable,
    /// <summary>The PASID directory entry is not present.</summary>
    PasidDirectoryNotPresent,
    /// <summary>A reserved bit in the PASID directory entry.</summary>
    PasidDirectoryInvalid,
    /// <summary>The PASID table entry lies where there is no memory.</summary>
    PasidUnreachable,
    /// <summary>The PASID table entry is not present.</summary>
    PasidNotPresent,
    /// <summary>A reserved bit in the PASID table entry.</summary>
    PasidReservedBits,
    /// <summary>A type or width in the PASID table entry that the part does not have.</summary>
    PasidInvalid,
    /// <summary>A paging entry lies where there is no memory.</summary>
    TableUnreachable,
    /// <summary>A reserved bit set in a paging entry.</summary>
    ReservedBits,
    /// <summary>No present entry for the address, or an entry that allows nothing.</summary>
    NotPresent,
    /// <summary>A read that the mapping does not allow.</summary>
    NoReadPermission,
    /// <summary>A write that the mapping does not allow.</summary>
    NoWritePermission,
    /// <summary>An address beyond the table's width.</summary>
    BeyondAddressWidth,
    /// <summary>An A/D update was needed but the context's walks are not snooped.</summary>
    DirtyUpdateNotCoherent,
}
