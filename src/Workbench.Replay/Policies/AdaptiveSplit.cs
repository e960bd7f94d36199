namespace Workbench.Replay.Policies;

/// <summary>
/// Splits a leaf that is dirty in two harvests running, and collapses it again if splitting does not pay: at least half of it is dirty in two
/// harvests running, or nothing in eight. What was collapsed because it was dense is left alone for sixteen harvests, so that it does not swing.
/// </summary>
internal sealed class AdaptiveSplit : ILeafPolicy
{
    private const int SplitAfter = 2;
    private const int DenseAfter = 2;
    private const int ColdAfter = 8;
    private const int LeaveAlone = 16;

    private readonly Dictionary<ulong, (int Last, int Running)> dirtyLarge = [];
    private readonly Dictionary<ulong, (int Dense, int Cold)> split = [];
    private readonly Dictionary<ulong, int> notBefore = [];

    /// <inheritdoc/>
    public void HarvestDone(LeafPlan plan)
    {
        foreach (Leaf leaf in plan.Dirty)
        {
            if (leaf.SizeLog2 <= plan.TargetLog2) continue;
            (int last, int running) = dirtyLarge.GetValueOrDefault(leaf.Address);
            running = last == plan.Harvests - 1 ? running + 1 : 1;
            dirtyLarge[leaf.Address] = (plan.Harvests, running);
            if (running >= SplitAfter && plan.Harvests >= notBefore.GetValueOrDefault(leaf.Address)) plan.Split(leaf.Address);
        }
        DirtyBytes dirty = new(plan.Dirty);
        // What somebody else collapsed counts anew when it is split again.
        HashSet<ulong> regions = [.. plan.SplitRegions.Select(r => r.Address)];
        foreach (ulong gone in split.Keys.Where(address => !regions.Contains(address)).ToArray()) split.Remove(gone);
        foreach (Leaf region in plan.SplitRegions)
        {
            ulong bytes = dirty.In(region);
            (int dense, int cold) = split.GetValueOrDefault(region.Address);
            dense = bytes >= 1UL << (region.SizeLog2 - 1) ? dense + 1 : 0;
            cold = bytes == 0 ? cold + 1 : 0;
            split[region.Address] = (dense, cold);
            if (dense < DenseAfter && cold < ColdAfter) continue;
            if (dense >= DenseAfter) notBefore[region.Address] = plan.Harvests + LeaveAlone;
            split.Remove(region.Address);
            plan.Collapse(region);
        }
    }
}
