namespace Workbench.Iommu.Contexts;

/// <summary>What hardware does about an Accessed or Dirty bit that an access finds clear.</summary>
public enum BitKeeping : byte
{
    /// <summary>Nothing: the bit is ignored (for Dirty coded as permission: the permission alone decides).</summary>
    Ignored,
    /// <summary>It sets the bit by an atomic update.</summary>
    ByHardware,
    /// <summary>It faults, so that software sets the bit.</summary>
    Faults,
}
