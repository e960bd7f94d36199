namespace Workbench.Replay.Policies;

/// <summary>Keeps dirty bits from the moment a domain is made, and splits what was written until tracking begins: what was dirty will be.</summary>
internal sealed class SplitSeenDirty : ILeafPolicy
{
    /// <inheritdoc/>
    public bool TracksFromProvisioning => true;

    /// <inheritdoc/>
    public void TrackingBegins(LeafPlan plan)
    {
        foreach (Leaf leaf in plan.Dirty)
            if (leaf.SizeLog2 > plan.TargetLog2) plan.Split(leaf.Address);
    }
}
