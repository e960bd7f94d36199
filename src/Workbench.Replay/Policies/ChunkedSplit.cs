namespace Workbench.Replay.Policies;

/// <summary>Splits eagerly, but a piece of the address space after each harvest, in address order, so that no pause is long.</summary>
internal sealed class ChunkedSplit(ulong chunkBytes) : ILeafPolicy
{
    private ulong from;

    /// <inheritdoc/>
    public void TrackingBegins(LeafPlan plan)
    {
        plan.LargestNewLeafLog2 = plan.TargetLog2;
        // Memory that becomes known late may lie below what was split already.
        from = 0;
        Next(plan);
    }

    /// <inheritdoc/>
    public void HarvestDone(LeafPlan plan) => Next(plan);

    private void Next(LeafPlan plan)
    {
        ulong looked = 0;
        foreach (Leaf leaf in plan.Leaves(from))
        {
            if (looked >= chunkBytes) return;
            if (leaf.SizeLog2 > plan.TargetLog2) plan.Split(leaf.Address);
            looked += 1UL << leaf.SizeLog2;
            from = unchecked(leaf.Address + (1UL << leaf.SizeLog2));
        }
    }
}
