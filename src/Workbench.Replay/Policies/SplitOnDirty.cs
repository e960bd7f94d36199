namespace Workbench.Replay.Policies;

/// <summary>Splits the large leaves that a harvest reported dirty: only memory that is written pays.</summary>
internal sealed class SplitOnDirty : ILeafPolicy
{
    /// <inheritdoc/>
    public void HarvestDone(LeafPlan plan)
    {
        foreach (Leaf leaf in plan.Dirty)
            if (leaf.SizeLog2 > plan.TargetLog2) plan.Split(leaf.Address);
    }
}
