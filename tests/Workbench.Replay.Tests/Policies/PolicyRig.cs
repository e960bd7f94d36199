using Workbench.Iommu;
using Workbench.Iommu.PageTables;
using Workbench.Replay.Policies;
using Xunit;

namespace Workbench.Replay.Tests.Policies;

/// <summary>Asks one policy what it plans for a table of our making, and believes that it was carried out. The table itself stays as it is.</summary>
internal sealed class PolicyRig : IDisposable
{
    private readonly IIommuDriver driver = IommuCatalogue.Build(new Experiment { AddressBits = 39 }.ToSpec());
    private readonly ILeafPolicy policy;
    private readonly DomainOracle oracle;
    private readonly DomainLeaves leaves;
    private readonly int targetLog2;

    public PolicyRig(ILeafPolicy policy, int targetLog2 = 12)
    {
        (this.policy, this.targetLog2) = (policy, targetLog2);
        oracle = new(driver.CreateDomain(new(1)));
        leaves = new(oracle, [policy]);
    }

    public int LargestNewLeafLog2 => oracle.LargestNewLeafLog2;

    public void Map(ulong iova, ulong length) => Assert.Equal(MapResult.Mapped, driver.Map(oracle.Domain, iova, iova, length, Permission.ReadWrite, 63, new()));

    public LeafPlan Begin(params Leaf[] seen) => Ask(seen, policy.TrackingBegins);

    public LeafPlan Harvest(params Leaf[] dirty)
    {
        leaves.Harvests++;
        return Ask(dirty, policy.HarvestDone);
    }

    public LeafPlan Cancel() => Ask([], policy.Cancelled);

    public LeafPlan Stop() => Ask([], policy.DeviceStopped);

    /// <summary>A region was split, whoever wanted it.</summary>
    public void HasSplit(params Leaf[] regions) => Array.ForEach(regions, leaves.WasSplit);

    private LeafPlan Ask(Leaf[] dirty, Action<LeafPlan> ask)
    {
        LeafPlan plan = new(leaves, dirty, leaves.Harvests, targetLog2);
        ask(plan);
        foreach (Leaf region in plan.Collapses) leaves.WasCollapsed(region);
        return plan;
    }

    public void Dispose() => driver.Dispose();
}
