namespace Workbench.Replay.Policies;

/// <summary>Collapses everything that was split when the migration is given up and the devices run on.</summary>
internal sealed class CollapseOnCancel : ILeafPolicy
{
    /// <inheritdoc/>
    public void Cancelled(LeafPlan plan)
    {
        foreach (Leaf region in plan.SplitRegions) plan.Collapse(region);
    }
}
