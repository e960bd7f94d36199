namespace Workbench.Iommu.Vtd;

/// <summary>
/// Why a descriptor is refused. Architecturally all of these stop the queue with an invalidation queue error
/// (FSTS_REG.IQE).
/// </summary>
public enum VtdDescriptorError : byte
{
    /// <summary>The descriptor is valid.</summary>
    None = 0,
    /// <summary>The type number is none (IQEI 3 [M]).</summary>
    UnknownType,
    /// <summary>The type exists but the part has nothing it could be for: a page-group response without ECAP.PRS. [I]</summary>
    UnsupportedType,
    /// <summary>A PASID type in a queue of 128-bit descriptors (IQEI 5 [M]; that these types need 256 bits is [I]).</summary>
    NarrowDescriptor,
    /// <summary>A reserved bit is set (IQEI 4 [M]).</summary>
    ReservedBits,
    /// <summary>The granularity is a reserved one.</summary>
    ReservedGranularity,
    /// <summary>Page-selective on a part without CAP.PSI. [I]</summary>
    PageSelectiveUnsupported,
    /// <summary>AM above CAP.MAMV on a second-stage invalidation. [S*]</summary>
    AddressMaskTooLarge,
    /// <summary>The address has bits under the mask. Software must align; that hardware objects is [I].</summary>
    UnalignedAddress,
    /// <summary>A device-TLB size code of all ones, which is no size. [R]</summary>
    InvalidDeviceTlbSize,
}
