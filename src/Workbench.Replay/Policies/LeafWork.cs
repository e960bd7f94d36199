using Workbench.Iommu.Dirty;
using Workbench.Iommu.LeafChanges;
using Workbench.Replay.Costs;
using Workbench.Replay.Software;
using Workbench.Replay.Trackers;

namespace Workbench.Replay.Policies;

/// <summary>
/// Carries out what policies plan, as one thread of software: splits and collapses in batches, one invalidation for each, every step in its trace
/// time while DMA goes on. A domain is harvested between two batches, not in one: what a harvest clears in new entries, devices may still write through the old
/// one, as long as that is cached.
/// </summary>
internal sealed class LeafWork
{
    /// <summary>New entries that one batch builds at most, if it has more than one leaf: 64 leaves of 2 MiB.</summary>
    private const long MostEntriesInBatch = 64 * 512;
    private const int MostLeavesInBatch = 512;

    private readonly TrackerContext context;
    private readonly Func<IReadOnlyList<ILeafPolicy>> newPolicies;
    private readonly LeafChangeProtocol protocol;
    private readonly LossLedger losses;
    private readonly int targetLog2;
    private readonly bool harvestsFirst;
    private readonly LeafChanger changer;
    private readonly Dictionary<DomainOracle, DomainLeaves> domains = [];
    private readonly Queue<(DomainLeaves Leaves, LeafPlan Plan)> planned = [];
    private SoftwareThread? thread;
    private bool isIdle;
    private bool isCancelled;

    public LeafWork(TrackerContext context, Func<IReadOnlyList<ILeafPolicy>> newPolicies, LeafChangeProtocol protocol, int targetLog2, bool harvestsFirst, LossLedger losses)
    {
        (this.context, this.newPolicies, this.protocol, this.targetLog2, this.harvestsFirst, this.losses) = (context, newPolicies, protocol, targetLog2, harvestsFirst, losses);
        changer = new(context.Machine.Driver, protocol) { Lost = (domain, first, last, step) => losses.Dropped(domain.Id, first >> 12, last >> 12, context.Clock.NowNs, step) };
        IReadOnlyList<ILeafPolicy> example = newPolicies();
        (Exists, TracksFromProvisioning) = (example.Count > 0, example.Any(p => p.TracksFromProvisioning));
    }

    /// <summary>Is there any policy?</summary>
    public bool Exists { get; }
    /// <summary>Does one want dirty bits kept from the moment a domain is made?</summary>
    public bool TracksFromProvisioning { get; }
    /// <summary>What was done so far.</summary>
    public LeafChangeCounts Counts => changer.Counts;
    /// <summary>Time its thread was at work, ns.</summary>
    public long BusyNs { get; private set; }

    public void TrackingBegins(DomainOracle oracle, IReadOnlyList<Leaf> seenDirty, long nowNs) => Plan(oracle, seenDirty, nowNs, static (policy, plan) => policy.TrackingBegins(plan));

    /// <summary>To be called when a harvest of a domain is complete, with what it reported.</summary>
    public void HarvestDone(DomainOracle oracle, IReadOnlyList<Leaf> dirty)
    {
        LeavesOf(oracle).Harvests++;
        Plan(oracle, dirty, context.Clock.NowNs, static (policy, plan) => policy.HarvestDone(plan));
    }

    /// <summary>The migration is given up: what is planned and not begun is not split any more, nor is anything later.</summary>
    public void Cancelled(DomainOracle oracle)
    {
        isCancelled = true;
        Plan(oracle, [], context.Clock.NowNs, static (policy, plan) => policy.Cancelled(plan));
    }

    public void DeviceStopped(DomainOracle oracle, long nowNs) => Plan(oracle, [], nowNs, static (policy, plan) => policy.DeviceStopped(plan));

    private DomainLeaves LeavesOf(DomainOracle oracle)
    {
        if (!domains.TryGetValue(oracle, out DomainLeaves? leaves)) domains[oracle] = leaves = new(oracle, newPolicies());
        return leaves;
    }

    private void Plan(DomainOracle oracle, IReadOnlyList<Leaf> dirty, long nowNs, Action<ILeafPolicy, LeafPlan> ask)
    {
        DomainLeaves leaves = LeavesOf(oracle);
        LeafPlan plan = new(leaves, dirty, leaves.Harvests, targetLog2);
        foreach (ILeafPolicy policy in leaves.Policies) ask(policy, plan);
        if (plan.Splits.Count + plan.Collapses.Count == 0) return;
        planned.Enqueue((leaves, plan));
        if (thread is null) thread = context.Clock.Start(Work(), nowNs);
        else if (isIdle) context.Clock.Wake(thread, nowNs);
        isIdle = false;
    }

    private IEnumerable<long> Work()
    {
        while (true)
        {
            while (planned.TryDequeue(out (DomainLeaves Leaves, LeafPlan Plan) next))
            {
                foreach (List<ulong> batch in SplitBatches(next.Leaves, next.Plan))
                {
                    foreach (long ns in next.Leaves.Oracle.Lock.Take(context.Clock)) yield return ns;
                    if (harvestsFirst)
                        foreach (long ns in HarvestFirst(next.Leaves.Oracle, batch)) yield return ns;
                    foreach (long ns in Do(next.Leaves.Oracle, changer.Split(next.Leaves.Oracle.Domain, batch, targetLog2), LeavesAt(next.Leaves.Oracle, batch))) yield return ns;
                    next.Leaves.Oracle.Lock.Release(context.Clock);
                }
                foreach (Leaf[] batch in CollapseBatches(next.Plan))
                {
                    foreach (long ns in next.Leaves.Oracle.Lock.Take(context.Clock)) yield return ns;
                    foreach (long ns in Do(next.Leaves.Oracle, changer.Collapse(next.Leaves.Oracle.Domain, [.. batch.Select(l => l.Address)], batch[0].SizeLog2), batch)) yield return ns;
                    next.Leaves.Oracle.Lock.Release(context.Clock);
                    // What cannot be collapsed was unmapped or mapped anew since: it is no region of ours any more.
                    foreach (Leaf region in batch) next.Leaves.WasCollapsed(region);
                }
            }
            isIdle = true;
            yield return SoftwareThread.Parked;
        }
    }

    /// <summary>
    /// Reports and clears the leaves that are to be split, so that the new ones begin clean. The split's own invalidation is enough: what is written
    /// through a cached entry before it has completed is in this report, whose pages are copied after the next harvest, and that begins later.
    /// </summary>
    private IEnumerable<long> HarvestFirst(DomainOracle oracle, List<ulong> batch)
    {
        ScanBudget budget = new() { ScanNs = (int)context.Costs.ScanEntry, ClearNs = (int)context.Costs.ClearEntry };
        foreach (ulong address in batch)
        {
            Leaf leaf = LeafAt(oracle, address);
            budget.RemainingNs = long.MaxValue;
            oracle.Domain.Table.ScanDirty(leaf.Address, leaf.Address | ((1UL << leaf.SizeLog2) - 1), clear: true, ref budget, oracle, new());
            BusyNs += long.MaxValue - budget.RemainingNs;
            yield return long.MaxValue - budget.RemainingNs;
        }
        context.CountEarly(budget);
    }

    private static Leaf LeafAt(DomainOracle oracle, ulong address) => oracle.Domain.Table.TryGetLeaf(address, out _, out int log2) ? new(address & ~((1UL << log2) - 1), log2) : new(address, 12);

    /// <summary>The leaves to split, in pieces that one invalidation is for.</summary>
    private IEnumerable<List<ulong>> SplitBatches(DomainLeaves leaves, LeafPlan plan)
    {
        List<ulong> batch = [];
        long entries = 0;
        foreach (ulong address in plan.Splits)
        {
            if (isCancelled) yield break;
            Leaf leaf = LeafAt(leaves.Oracle, address);
            if (leaf.SizeLog2 <= targetLog2) continue;
            long more = 1L << (leaf.SizeLog2 - targetLog2);
            if (batch.Count > 0 && (entries + more > MostEntriesInBatch || batch.Count == MostLeavesInBatch))
            {
                yield return batch;
                (batch, entries) = ([], 0);
                // The migration may have been given up meanwhile.
                if (isCancelled) yield break;
            }
            batch.Add(address);
            entries += more;
            leaves.WasSplit(leaf);
        }
        if (batch.Count > 0) yield return batch;
    }

    /// <summary>The regions to collapse, in pieces of one size that one invalidation is for. A list, not a query: what a thread holds must fit into a checkpoint.</summary>
    private static List<Leaf[]> CollapseBatches(LeafPlan plan) => [.. plan.Collapses.GroupBy(c => c.SizeLog2).SelectMany(size => size.Chunk(MostLeavesInBatch))];

    /// <summary>The leaves as they are before they change, if anybody will ask.</summary>
    private Leaf[] LeavesAt(DomainOracle oracle, List<ulong> addresses) => protocol.Flush == LeafFlush.After ? [] : [.. addresses.Select(a => LeafAt(oracle, a))];

    /// <summary>One batch in trace time.</summary>
    private IEnumerable<long> Do(DomainOracle oracle, IEnumerable<LeafChangeStep> steps, Leaf[] changed)
    {
        Leaf[] ranges = protocol.Flush == LeafFlush.After ? [] : changed;
        foreach (LeafChangeStep step in steps)
        {
            context.Machine.NotePeak();
            long ns = NsOf(step);
            BusyNs += ns;
            yield return ns;
        }
        // What stays cached of the old leaves swallows writes from here on.
        foreach (Leaf leaf in ranges)
            losses.LeftCached(oracle.Domain.Id, leaf.Address >> 12, (leaf.Address | ((1UL << leaf.SizeLog2) - 1)) >> 12, protocol.Flush == LeafFlush.None ? "the leaf was split or collapsed and not invalidated" : "the leaf was invalidated before it was split or collapsed, not after");
    }

    private long NsOf(LeafChangeStep step)
    {
        StepCosts costs = context.Costs;
        return step.Kind switch
        {
            LeafChangeStepKind.Invalidate => costs.InvalidateRange(context.Concurrent + 1),
            LeafChangeStepKind.Read => step.Entries * costs.ReadEntry,
            LeafChangeStepKind.Settle => (step.Entries * costs.ReadEntry) + (step.Tables * costs.TableFree),
            LeafChangeStepKind.Build => (step.Entries * costs.WriteEntry) + (step.Tables * costs.TableAllocate),
            _ => (step.Entries * costs.WriteEntry) + (step.Tables * costs.TableFree),
        };
    }
}
