namespace Workbench.Replay.Policies;

/// <summary>Collapses everything that was split when the devices stand still after the last harvest.</summary>
internal sealed class CollapseAtStop : ILeafPolicy
{
    /// <inheritdoc/>
    public void DeviceStopped(LeafPlan plan)
    {
        foreach (Leaf region in plan.SplitRegions) plan.Collapse(region);
    }
}
