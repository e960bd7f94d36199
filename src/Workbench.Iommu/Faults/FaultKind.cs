namespace Workbench.Iommu.Faults;

/// <summary>Why a request was not translated, in words every vendor shares. A vendor folder maps it to its own code.</summary>
public enum FaultKind : byte
{
    /// <summary>No fault.</summary>
    None,
    /// <summary>The device has no present root entry.</summary>
    RootNotPresent,
    /// <summary>The device has no present context entry.</summary>
    ContextNotPresent,
    /// <summary>A reserved bit or an illegal value in the context entry.</summary>
    ContextInvalid,
    /// <summary>A request with PASID to a device whose context does not enable PASIDs, or beyond its directory.</summary>
    PasidNotAllowed,
    /// <summary>The PASID directory entry is not present.</summary>
    PasidDirectoryNotPresent,
    /// <summary>The PASID table entry is not present.</summary>
    PasidNotPresent,
    /// <summary>A reserved or illegal value in the PASID table entry.</summary>
    PasidInvalid,
    /// <summary>A table address where there is no memory.</summary>
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
