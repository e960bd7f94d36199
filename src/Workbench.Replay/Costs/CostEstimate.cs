using Workbench.Display;
using Workbench.Replay.Display;

namespace Workbench.Replay.Costs;

/// <summary>Counts turned into time, with the profile's ranges carried through.</summary>
[TypeFormatterSource(typeof(SelfFormatter<CostEstimate, CostEstimateDisplay>))]
public sealed class CostEstimate
{
    private CostEstimate(string profile, IReadOnlyList<CostRow> rows) => (Profile, Rows) = (profile, rows);

    /// <summary>Name of the profile.</summary>
    public string Profile { get; }
    /// <summary>Every cost that applies, those with a count of 0 too.</summary>
    public IReadOnlyList<CostRow> Rows { get; }
    /// <summary>Time of software: harvest, split and collapse, ns.</summary>
    public CostRange SoftwareNs => Total(CostGroup.Harvest) + Total(CostGroup.Split) + Total(CostGroup.Collapse);

    /// <summary>The sum of one group, ns.</summary>
    public CostRange Total(CostGroup group) => Rows.Where(r => r.Group == group).Aggregate(default(CostRange), (sum, r) => sum + r.TotalNs);

    /// <summary>Estimates the time of what was counted; <paramref name="concurrentInvalidators"/> (1 or more) invalidate at the same time and hold each other up.</summary>
    public static CostEstimate Of(in CostCounts counts, CostProfile profile, int concurrentInvalidators = 1)
    {
        ArgumentNullException.ThrowIfNull(profile);
        CostRange contention = profile.ContentionOf(concurrentInvalidators);
        List<CostRow> rows = [];
        Add(CostGroup.Harvest, "entries scanned", counts.EntriesScanned, Cost.ScanEntryNs);
        Add(CostGroup.Harvest, "entries cleared", counts.EntriesCleared, Cost.ClearEntryNs);
        Add(CostGroup.Harvest, "bitmap bytes", counts.BitmapBytes, Cost.BitmapByteNs);
        AddContended("range invalidations", counts.RangeInvalidations, Cost.InvalidateRangeNs);
        AddContended("domain invalidations", counts.DomainInvalidations, Cost.InvalidateDomainNs);
        Add(CostGroup.Harvest, "further commands", counts.FurtherCommands, Cost.PerCommandNs);
        Add(CostGroup.Harvest, "waits alone", counts.LoneWaits, Cost.WaitNs);
        Add(CostGroup.Harvest, "device TLB invalidations", counts.DeviceTlbInvalidations, Cost.DeviceTlbRoundTripNs);
        Add(CostGroup.Split, "leaf entries written", counts.EntriesWritten, Cost.SplitEntryNs);
        Add(CostGroup.Split, "tables taken", counts.TablesAllocated, Cost.TableAllocateNs);
        Add(CostGroup.Split, "invalidations of changed leaves", counts.ChangeInvalidations, Cost.InvalidateRangeNs);
        Add(CostGroup.Collapse, "leaf entries read", counts.EntriesRead, Cost.CollapseEntryNs);
        Add(CostGroup.Collapse, "tables given back", counts.TablesFreed, Cost.TableFreeNs);
        Add(CostGroup.DeviceLatency, "IOTLB hits", counts.IotlbHits, Cost.IotlbHitNs);
        Add(CostGroup.DeviceLatency, "walks", counts.Walks, Cost.WalkNs);
        Add(CostGroup.DeviceLatency, "faults handled", counts.FaultsHandled, Cost.FaultNs);
        CostParameter walk = profile.ParameterOf(Cost.WalkNs), inFlight = profile.ParameterOf(Cost.WalksInFlight);
        AddRow(CostGroup.DeviceThroughput, "walks", counts.Walks, walk.Range / inFlight.Range, $"{walk.Source}; in flight: {inFlight.Source}", walk.IsAssumed || inFlight.IsAssumed);
        Add(CostGroup.DeviceReads, "entries read by walks", counts.TableReads, Cost.TableReadNs);
        Add(CostGroup.Refill, "walks again after invalidations", counts.Refills, Cost.WalkNs);
        return new(profile.Name, rows);

        void Add(CostGroup group, string name, long count, Cost cost) => AddRow(group, name, count, profile[cost], profile.ParameterOf(cost).Source, profile.ParameterOf(cost).IsAssumed);

        void AddContended(string name, long count, Cost cost)
        {
            CostParameter alone = profile.ParameterOf(cost), contended = profile.ParameterOf(Cost.ContentionPerHarvester);
            if (concurrentInvalidators == 1) Add(CostGroup.Harvest, name, count, cost);
            else AddRow(CostGroup.Harvest, name, count, alone.Range * contention, $"{alone.Source}; contention: {contended.Source}", alone.IsAssumed || contended.IsAssumed);
        }

        void AddRow(CostGroup group, string name, long count, CostRange unitNs, string source, bool isAssumed)
        {
            if (count < 0) throw new ArgumentException($"{name}: {count}; a count is never negative.", nameof(counts));
            rows.Add(new(group, name, count, unitNs, unitNs * count, source, isAssumed));
        }
    }
}
