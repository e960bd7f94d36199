using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>Contexts without tables: an address is its own translation. What the device entry allows is in its permission; nothing is tracked.</summary>
internal sealed class PassThroughWalker(Permission allowed = Permission.ReadWrite, int addressBits = 52) : IPageWalker
{
    /// <summary>Pages are answered at this size, as there is none.</summary>
    public const int PageLog2 = 30;

    /// <inheritdoc/>
    public WalkFault LastFault => default;

    /// <inheritdoc/>
    public FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters, out WalkResult result)
    {
        result = default;
        if (iova > Iommu.Bits.Mask(addressBits)) return FaultKind.BeyondAddressWidth;
        Permission need = kind switch { AccessKind.Write => Permission.Write, AccessKind.Read => Permission.Read, _ => Permission.None };
        if ((allowed & need) != need) return kind == AccessKind.Write ? FaultKind.NoWritePermission : FaultKind.NoReadPermission;
        result = new(IotlbEntry.LeafOf(iova & ~Iommu.Bits.Mask(PageLog2), allowed, dirtyKnown: true), PageLog2);
        return FaultKind.None;
    }

    /// <inheritdoc/>
    public bool Swallows(TranslationContext context, ulong iova) => false;

    /// <inheritdoc/>
    public void InvalidateRange(TagMatch tags, ulong firstByte, ulong lastByte) { }

    /// <inheritdoc/>
    public void InvalidateTags(TagMatch tags) { }

    /// <inheritdoc/>
    public void InvalidateAll() { }

    /// <inheritdoc/>
    public void Fence(ref IommuCounters counters) { }
}
