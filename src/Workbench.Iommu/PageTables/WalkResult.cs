using Workbench.Iommu.Caches;

namespace Workbench.Iommu.PageTables;

/// <summary>What a walk found: a page and what may be cached of it.</summary>
/// <param name="Leaf">Address, permission and dirty-known, as <see cref="IotlbEntry.LeafOf(ulong, Permission, bool, int)"/> codes them.</param>
/// <param name="PageLog2">The page's size as a power of two of bytes.</param>
public readonly record struct WalkResult(ulong Leaf, int PageLog2)
{
    /// <summary>Physical address of the page's first byte.</summary>
    public ulong Base => Leaf & ~0xFFFUL;
    /// <summary>What the mapping allows.</summary>
    public Permission Permission => (Permission)(Leaf & (ulong)Permission.ReadWrite);
    /// <summary>Does a write need no visit to memory?</summary>
    public bool DirtyIsKnown => (Leaf & IotlbEntry.DirtyKnown) != 0;

    /// <summary>Where an address within the page leads.</summary>
    public ulong PhysicalOf(ulong address) => unchecked(Base | (address & ((1UL << PageLog2) - 1)));
}
