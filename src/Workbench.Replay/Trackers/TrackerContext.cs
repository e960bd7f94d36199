using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Replay.Costs;
using Workbench.Replay.Harvests;
using Workbench.Replay.Software;
using Workbench.Traces;

namespace Workbench.Replay.Trackers;

/// <summary>What a tracker works with: the machine, the clock, the costs of its steps and the tally of the harvest under way.</summary>
internal sealed class TrackerContext(Machine machine, SoftwareClock clock, StepCosts costs)
{
    public Machine Machine { get; } = machine;
    public SoftwareClock Clock { get; } = clock;
    /// <summary>The view that is replayed, never <see cref="View.Migration"/>.</summary>
    public required View View { get; init; }
    /// <summary>The guest's memory in the gpa view; empty if the trace does not say.</summary>
    public IReadOnlyList<TraceMemoryRange> GuestMemory { get; init; } = [];
    /// <summary>What steps take; all zero for atomic harvests.</summary>
    public StepCosts Costs { get; } = costs;
    public HarvestTally Tally { get; } = new();
    /// <summary>Threads that harvest at this moment, 0 between harvests: invalidations contend with each other.</summary>
    public int Concurrent { get; set; }

    public long InvalidateRangeNs => Costs.InvalidateRange(Math.Max(1, Concurrent));
    public long InvalidateDomainNs => Costs.InvalidateDomain(Math.Max(1, Concurrent));

    /// <summary>Entries looked at and cleared outside of harvests; the next one's row counts them.</summary>
    public long EarlyScanned { get; private set; }
    /// <summary>Of these, cleared.</summary>
    public long EarlyCleared { get; private set; }

    /// <summary>Counts a scan outside of a harvest.</summary>
    public void CountEarly(in ScanBudget scan) => (EarlyScanned, EarlyCleared) = (EarlyScanned + scan.EntriesScanned, EarlyCleared + scan.EntriesCleared);

    /// <summary>Lets the harvest that is complete count them.</summary>
    public void TakeEarly()
    {
        (Tally.EntriesScanned, Tally.EntriesCleared) = (Tally.EntriesScanned + EarlyScanned, Tally.EntriesCleared + EarlyCleared);
        (EarlyScanned, EarlyCleared) = (0, 0);
    }

    /// <summary>Invalidates what a gather holds and counts what that took; the gather is empty afterwards.</summary>
    public void Invalidate(DomainOracle domain, InvalidationGather gather)
    {
        IommuCounters before = Machine.Hardware.Counters;
        Tally.Commands += Machine.Driver.Invalidate(domain.Domain, gather);
        Tally.RangeInvalidations++;
        Tally.CountEvictions(before, Machine.Hardware.Counters);
    }

    /// <summary>Invalidates a domain and counts what that took.</summary>
    public void InvalidateDomain(DomainOracle domain)
    {
        IommuCounters before = Machine.Hardware.Counters;
        Tally.Commands += Machine.Driver.InvalidateDomain(domain.Domain);
        Tally.DomainInvalidations++;
        Tally.CountEvictions(before, Machine.Hardware.Counters);
    }
}
