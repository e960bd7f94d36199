namespace Workbench.Replay.Policies;

/// <summary>What is remembered of the leaves of one domain: its policies, and which regions were split.</summary>
internal sealed class DomainLeaves(DomainOracle oracle, IReadOnlyList<ILeafPolicy> policies)
{
    private readonly SortedDictionary<ulong, Leaf> regions = [];

    public DomainOracle Oracle { get; } = oracle;
    public IReadOnlyList<ILeafPolicy> Policies { get; } = policies;
    public int Harvests { get; set; }
    public IEnumerable<Leaf> SplitRegions => regions.Values;

    public void WasSplit(Leaf leaf) => regions[leaf.Address] = leaf;

    public void WasCollapsed(Leaf region) => regions.Remove(region.Address);
}
