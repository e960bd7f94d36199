using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <summary>Every walker that contexts of one unit may name: by granule and stage, for the granules the part has.</summary>
internal sealed class SmmuWalkers
{
    private readonly List<IPageWalker> all = [];
    private readonly IPageWalker?[] first = new IPageWalker?[4];
    private readonly IPageWalker?[] second = new IPageWalker?[4];
    private readonly IPageWalker?[,] nested = new IPageWalker?[4, 4];

    public SmmuWalkers(PhysicalMemory memory, SmmuFeatures features, bool hasWalkCaches)
    {
        PassThrough = Add(new PassThroughWalker(addressBits: features.OutputAddressBits));
        if (features.Supports4K) AddSecond<Granule4K>(SmmuGranule.Size4K, memory, features, hasWalkCaches);
        if (features.Supports16K) AddSecond<Granule16K>(SmmuGranule.Size16K, memory, features, hasWalkCaches);
        if (features.Supports64K) AddSecond<Granule64K>(SmmuGranule.Size64K, memory, features, hasWalkCaches);
    }

    /// <summary>All of them, for invalidation.</summary>
    public IReadOnlyList<IPageWalker> All => all;
    /// <summary>Bypass.</summary>
    public IPageWalker PassThrough { get; }
    /// <summary>The half of an address space that has no tables (EPD0).</summary>
    public IPageWalker NoTables { get; } = new NoTablesWalker();

    public IPageWalker Stage1(SmmuGranule granule) => Existing(first[(int)granule], granule);

    public IPageWalker Stage2(SmmuGranule granule) => Existing(second[(int)granule], granule);

    public IPageWalker Nested(SmmuGranule outer, SmmuGranule inner) => Existing(nested[(int)outer, (int)inner], outer);

    private static IPageWalker Existing(IPageWalker? walker, SmmuGranule granule) =>
        walker ?? throw new System.Diagnostics.UnreachableException($"granule {granule} was checked against IDR5");

    private IPageWalker Add(IPageWalker walker)
    {
        all.Add(walker);
        return walker;
    }

    private void AddSecond<TGranule>(SmmuGranule granule, PhysicalMemory memory, SmmuFeatures features, bool hasWalkCaches)
        where TGranule : struct, IArmGranule
    {
        if (features.SupportsStage1) first[(int)granule] = Add(new PageTableWalker<ArmStage1Format<TGranule>>(memory, hasWalkCaches));
        if (!features.SupportsStage2) return;
        PageTableWalker<ArmStage2Format<TGranule>> stage2 = new(memory, hasWalkCaches);
        second[(int)granule] = Add(stage2);
        if (!features.SupportsStage1) return;
        if (features.Supports4K) nested[(int)SmmuGranule.Size4K, (int)granule] = Add(new NestedWalker<ArmStage1Format<Granule4K>, ArmStage2Format<TGranule>>(memory, stage2, hasWalkCaches));
        if (features.Supports16K) nested[(int)SmmuGranule.Size16K, (int)granule] = Add(new NestedWalker<ArmStage1Format<Granule16K>, ArmStage2Format<TGranule>>(memory, stage2, hasWalkCaches));
        if (features.Supports64K) nested[(int)SmmuGranule.Size64K, (int)granule] = Add(new NestedWalker<ArmStage1Format<Granule64K>, ArmStage2Format<TGranule>>(memory, stage2, hasWalkCaches));
    }

    /// <summary>Every address faults before any table is read.</summary>
    private sealed class NoTablesWalker : IPageWalker
    {
        public WalkFault LastFault => new(FaultStage.First);

        public FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters, out WalkResult result)
        {
            result = default;
            return FaultKind.BeyondAddressWidth;
        }

        public bool Swallows(TranslationContext context, ulong iova) => false;

        public void InvalidateRange(TagMatch tags, ulong firstByte, ulong lastByte) { }

        public void InvalidateTags(TagMatch tags) { }

        public void InvalidateAll() { }

        public void Fence(ref IommuCounters counters) { }
    }
}
