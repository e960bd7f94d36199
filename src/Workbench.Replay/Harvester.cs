using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Replay.Costs;

namespace Workbench.Replay;

/// <summary>
/// Takes harvests while the trace goes on. A harvest is not a moment: scan, clear and invalidation take trace time, the replayer lets each
/// DMA in at its own time, and what happens in between happens in the model as it would in a machine.
/// </summary>
internal sealed class Harvester(Machine machine, FlushStrategy flush, HarvestCosts costs, bool atomic, long everyNs, CancellationToken cancellation)
{
    private readonly StepCosts steps = CostProfiles.Assumed.StepsAt(CostLevel.Default).With(costs);
    private readonly InvalidationGather gather = new();
    private readonly List<HarvestRow> rows = [];
    private Phase phase = Phase.Idle;
    private long nextBeginNs = long.MaxValue;
    private long clockNs;
    private long beginNs;
    private int domain;
    private ulong scanFrom;
    private ScanBudget budget;
    private long commands;
    private DomainHarvest sum;
    private IommuCounters atLastEnd;
    private ulong readAtLastEnd;
    private ulong writtenAtLastEnd;

    private enum Phase : byte
    {
        Idle,
        FlushFirst,
        Scan,
        FlushLast,
        ScanEnded,
    }

    public IReadOnlyList<HarvestRow> Rows => rows;

    /// <summary>Payload bytes so far, kept by the replayer.</summary>
    public ulong BytesRead { get; set; }
    /// <summary>Payload bytes so far, kept by the replayer.</summary>
    public ulong BytesWritten { get; set; }

    /// <summary>The next trace time at which <see cref="AdvanceTo"/> has anything to do.</summary>
    public long NextNs => phase == Phase.Idle ? nextBeginNs : clockNs;

    public void Start(long nowNs)
    {
        nextBeginNs = After(nowNs);
        Mark();
    }

    /// <summary>An interval after a time, or never.</summary>
    private long After(long nowNs) => everyNs > 0 && nowNs <= long.MaxValue - everyNs ? nowNs + everyNs : long.MaxValue;

    private void Mark() => (atLastEnd, readAtLastEnd, writtenAtLastEnd) = (machine.Hardware.Counters, BytesRead, BytesWritten);

    /// <summary>Does all that happens before <paramref name="nowNs"/>.</summary>
    public void AdvanceTo(long nowNs)
    {
        while (NextNs <= nowNs)
        {
            switch (phase)
            {
                case Phase.Idle:
                    // With nothing to harvest the intervals that passed are stepped over at once.
                    Begin(machine.Domains.Count > 0 ? nextBeginNs : nowNs - (long)(((Int128)nowNs - nextBeginNs) % everyNs));
                    break;
                case Phase.FlushFirst:
                    commands += machine.Driver.InvalidateDomain(Current.Domain);
                    BeginScan();
                    break;
                case Phase.Scan:
                    Scan(nowNs);
                    break;
                case Phase.FlushLast:
                    commands += machine.Driver.Invalidate(Current.Domain, gather);
                    CompleteDomain();
                    break;
                default:
                    gather.Reset();
                    CompleteDomain();
                    break;
            }
        }
    }

    /// <summary>The device has stopped: whatever harvest is under way ends, and one more is taken.</summary>
    public void Finish(long nowNs)
    {
        nextBeginNs = long.MaxValue;
        AdvanceTo(long.MaxValue - 1);
        clockNs = Math.Max(clockNs, nowNs);
        // Where D may become visible after the data (Arm), the last scan waits for what finished writes still have to show.
        if (flush == FlushStrategy.After) machine.Driver.Fence();
        Begin(Math.Max(nowNs, rows.Count == 0 ? nowNs : rows[^1].EndNs));
        nextBeginNs = long.MaxValue;
        AdvanceTo(long.MaxValue - 1);
    }

    private DomainTracker Current => machine.Domains[domain];

    private void Begin(long nowNs)
    {
        nextBeginNs = After(nowNs);
        if (machine.Domains.Count == 0) return;
        (beginNs, clockNs, domain, commands, sum) = (nowNs, nowNs, 0, 0, default);
        budget = new() { ScanNs = atomic ? 0 : (int)steps.ScanEntry, ClearNs = atomic ? 0 : (int)steps.ClearEntry };
        foreach (DomainTracker tracker in machine.Domains) tracker.Begin();
        BeginDomain();
    }

    private void BeginDomain()
    {
        if (flush != FlushStrategy.Before)
        {
            BeginScan();
            return;
        }
        phase = Phase.FlushFirst;
        if (!atomic) clockNs += steps.InvalidateDomain();
    }

    private void BeginScan() => (phase, scanFrom, budget.LevelsPaid) = (Phase.Scan, 0, 0);

    private void Scan(long nowNs)
    {
        budget.RemainingNs = atomic ? 1 : (long)Math.Clamp(unchecked((ulong)nowNs - (ulong)clockNs), 1, long.MaxValue);
        long given = budget.RemainingNs;
        ulong? next = Current.Domain.Table.ScanDirty(scanFrom, ulong.MaxValue, clear: true, ref budget, Current, gather);
        if (!atomic) clockNs += given - budget.RemainingNs;
        if (next is { } more)
        {
            scanFrom = more;
            return;
        }
        // Either way the harvest of this domain completes at a time of its own: DMA before that is let in first.
        bool invalidates = flush == FlushStrategy.After && !gather.IsEmpty;
        phase = invalidates ? Phase.FlushLast : Phase.ScanEnded;
        if (invalidates && !atomic) clockNs += steps.InvalidateRange();
    }

    private void CompleteDomain()
    {
        DomainHarvest h = Current.Complete(clockNs);
        sum = new(sum.True4K + h.True4K, sum.TrueData4K + h.TrueData4K, sum.True2M + h.True2M, sum.True1G + h.True1G, sum.Reported4K + h.Reported4K,
            sum.ReportedLeaves + h.ReportedLeaves, sum.OverReported4K + h.OverReported4K, sum.OverReportedLeaves + h.OverReportedLeaves, sum.Missed4K + h.Missed4K);
        if (++domain < machine.Domains.Count)
        {
            BeginDomain();
            return;
        }
        phase = Phase.Idle;
        ref readonly IommuCounters now = ref machine.Hardware.Counters;
        cancellation.ThrowIfCancellationRequested();
        if (rows.Count == ReplayResult.MostHarvests) throw new ArgumentException($"More than {ReplayResult.MostHarvests:n0} harvests: the interval is too short for this trace. Choose a longer --harvest.");
        rows.Add(new()
        {
            Harvest = rows.Count + 1, BeginNs = beginNs, EndNs = clockNs,
            True4K = sum.True4K, TrueData4K = sum.TrueData4K, True2M = sum.True2M, True1G = sum.True1G,
            Reported4K = sum.Reported4K, ReportedLeaves = sum.ReportedLeaves,
            OverReported4K = sum.OverReported4K, OverReportedLeaves = sum.OverReportedLeaves, Missed4K = sum.Missed4K,
            EntriesScanned = budget.EntriesScanned, EntriesCleared = budget.EntriesCleared, Commands = commands,
            IotlbHits = now.IotlbHits - atLastEnd.IotlbHits, IotlbMisses = now.IotlbMisses - atLastEnd.IotlbMisses, DirtyRewalks = now.DirtyRewalks - atLastEnd.DirtyRewalks,
            BytesWritten = BytesWritten - writtenAtLastEnd, BytesRead = BytesRead - readAtLastEnd,
        });
        Mark();
        // A harvest that took longer than the interval is followed by the next at once.
        if (nextBeginNs != long.MaxValue) nextBeginNs = Math.Max(nextBeginNs, clockNs);
    }
}
