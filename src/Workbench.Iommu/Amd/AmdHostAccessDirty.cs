namespace Workbench.Iommu.Amd;

/// <summary>What hardware records in host page tables: the HAD field, bits 8:7 of a device table entry. [M]</summary>
public enum AmdHostAccessDirty : byte
{
    /// <summary>Hardware sets neither bit and ignores both.</summary>
    None = 0,
    /// <summary>Hardware sets the accessed bit; needs EFR.HASup.</summary>
    Accessed = 1,
    /// <summary>Reserved.</summary>
    Reserved = 2,
    /// <summary>Hardware sets the accessed and dirty bits; needs EFR.HASup and EFR.HDSup. What Linux writes to track dirty pages [L].</summary>
    AccessedAndDirty = 3,
}
