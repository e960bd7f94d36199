namespace Workbench.Replay.Policies;

/// <summary>Splits every large leaf when tracking begins, and maps small from then on. KVM's eager page splitting is the precedent.</summary>
internal sealed class EagerSplit : ILeafPolicy
{
    /// <inheritdoc/>
    public void TrackingBegins(LeafPlan plan)
    {
        plan.LargestNewLeafLog2 = plan.TargetLog2;
        foreach (Leaf leaf in plan.Leaves())
            if (leaf.SizeLog2 > plan.TargetLog2) plan.Split(leaf.Address);
    }
}
