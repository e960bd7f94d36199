using Workbench.Iommu.PageTables;

namespace Workbench.Replay.Policies;

/// <summary>A leaf: its first byte and its size as a power of two of bytes.</summary>
/// <param name="Address">First byte (IOVA).</param>
/// <param name="SizeLog2">Size as a power of two of bytes.</param>
public readonly record struct Leaf(ulong Address, int SizeLog2);

/// <summary>What a policy sees of a domain, and what it wants done.</summary>
public sealed class LeafPlan
{
    private readonly DomainLeaves leaves;
    private readonly List<ulong> splits = [];
    private readonly List<Leaf> collapses = [];

    internal LeafPlan(DomainLeaves leaves, IReadOnlyList<Leaf> dirty, int harvests, int targetLog2) => (this.leaves, Dirty, Harvests, TargetLog2) = (leaves, dirty, harvests, targetLog2);

    /// <summary>Leaves just reported dirty, by address. When tracking begins: those written since the domain was made, if the policy tracks from provisioning.</summary>
    public IReadOnlyList<Leaf> Dirty { get; }
    /// <summary>Harvests completed.</summary>
    public int Harvests { get; }
    /// <summary>What leaves are to be split into, as a power of two of bytes.</summary>
    public int TargetLog2 { get; }
    /// <summary>Largest leaf that maps made from now on use, as a power of two of bytes. Memory mapped before tracking began keeps its leaves.</summary>
    public int LargestNewLeafLog2 { get => leaves.Oracle.LargestNewLeafLog2; set => leaves.Oracle.LargestNewLeafLog2 = value; }
    /// <summary>Leaves that were split and not collapsed since, as they were, by address.</summary>
    public IEnumerable<Leaf> SplitRegions => leaves.SplitRegions;

    internal IReadOnlyList<ulong> Splits => splits;
    internal IReadOnlyList<Leaf> Collapses => collapses;

    /// <summary>The leaves mapped now that hold an address or lie above it, by address.</summary>
    public IEnumerable<Leaf> Leaves(ulong from = 0)
    {
        IPageTable table = leaves.Oracle.Domain.Table;
        while (table.NextLeaf(from, out int log2) is { } address)
        {
            yield return new(address, log2);
            ulong last = address | ((1UL << log2) - 1);
            if (last >= table.LastIova) yield break;
            from = last + 1;
        }
    }

    /// <summary>Wants the leaf that maps an address split, if it is larger than <see cref="TargetLog2"/>.</summary>
    public void Split(ulong address) => splits.Add(address);

    /// <summary>Wants a region that was split to be one leaf again.</summary>
    public void Collapse(Leaf region) => collapses.Add(region);
}
