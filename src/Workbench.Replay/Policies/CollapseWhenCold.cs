namespace Workbench.Replay.Policies;

/// <summary>Collapses a region that was split when so many harvests running found nothing dirty in it.</summary>
internal sealed class CollapseWhenCold(int harvests) : ILeafPolicy
{
    private readonly Dictionary<ulong, int> cold = [];

    /// <inheritdoc/>
    public void HarvestDone(LeafPlan plan)
    {
        DirtyBytes dirty = new(plan.Dirty);
        foreach (Leaf region in plan.SplitRegions)
        {
            int running = cold[region.Address] = dirty.In(region) == 0 ? cold.GetValueOrDefault(region.Address) + 1 : 0;
            if (running < harvests) continue;
            cold.Remove(region.Address);
            plan.Collapse(region);
        }
    }
}
