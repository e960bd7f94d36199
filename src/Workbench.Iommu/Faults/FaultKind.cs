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
    /// <summary>An address that is not sign-extended from the table's width.</summary>
    NotCanonical,
    /// <summary>A paging entry leads beyond the physical addresses of the part.</summary>
    BeyondOutputWidth,
    /// <summary>Accessed is clear and software is to set it.</summary>
    AccessedIsClear,
    /// <summary>A write while Dirty is clear and software is to set it.</summary>
    DirtyIsClear,
    /// <summary>A request as user of a page only supervisors may use.</summary>
    SupervisorOnly,
    /// <summary>The device's number lies beyond the device table.</summary>
    DeviceBeyondTable,
    /// <summary>The device table, or the device's entry, lets no request of the device through.</summary>
    DeviceBlocked,
    /// <summary>A translation request (ATS) by a device that is not allowed any.</summary>
    TranslationRequestBlocked,
    /// <summary>The device's own translation was refused or came back without the permission needed, and the page request (PRI) was not answered with success.</summary>
    DeviceTranslationRefused,
    /// <summary>A request without PASID, or with the one that stands for none, where the device's entry asks for one (SMMUv3 STE.S1DSS).</summary>
    RequestNeedsPasid,
    /// <summary>Cached leaves of different sizes over one address, after a change of size that the part does not allow at once (SMMUv3 F_TLB_CONFLICT).</summary>
    TlbConflict,
}

/// <summary>What a kind of fault has to do with the walk.</summary>
public static class FaultKindExtensions
{
    extension(FaultKind kind)
    {
        /// <summary>Can an architecture that stalls hold the transaction (a mapping may be repaired) rather than end it (a structure is broken)? IHI 0070 §3.12.2.</summary>
        public bool CanStall => kind is FaultKind.NotPresent or FaultKind.NoReadPermission or FaultKind.NoWritePermission or FaultKind.AccessedIsClear
            or FaultKind.DirtyIsClear or FaultKind.BeyondAddressWidth or FaultKind.NotCanonical or FaultKind.BeyondOutputWidth or FaultKind.SupervisorOnly;
    }
}
