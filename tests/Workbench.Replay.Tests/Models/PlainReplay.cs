using Workbench.Iommu.Caches;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Models;

/// <summary>
/// The reference for long traces in the iova view: one event after the other on the naive machine, with harvests that take no time. It keeps no account of which write was
/// covered by which report, which is what <see cref="NaiveReplay"/> is slow by.
/// </summary>
internal sealed class PlainReplay
{
    private readonly Experiment experiment;
    private readonly Dictionary<NaiveDomain, HashSet<ulong>> sinceHarvest = [], ever = [];

    private PlainReplay(Experiment experiment)
    {
        this.experiment = experiment;
        Assert.True(IotlbGeometry.TryParse(experiment.Iotlb, out IotlbGeometry geometry, out string error), error);
        Machine = new(geometry, (experiment.AddressBits - 12) / 9, PageSizes.Log2Of(experiment.PageSize) ?? 30, experiment.Invalidations == InvalidationSource.Strict);
    }

    public NaiveMachine Machine { get; }
    /// <summary>Of each harvest: when, pages written since the one before, leaves cleared.</summary>
    public List<(long BeginNs, long True4K, long Cleared)> Harvests { get; } = [];
    public long DistinctTrue4K => ever.Values.Sum(pages => pages.Count);

    public static PlainReplay Run(Experiment experiment, ListTrace trace)
    {
        PlainReplay replay = new(experiment);
        Assert.True(Duration.TryParse(experiment.HarvestEvery, out long everyNs));
        replay.Machine.StartTracking();
        long dueNs = everyNs;
        foreach (TraceEvent e in trace.Events)
        {
            for (; everyNs > 0 && dueNs <= e.TimeNs; dueNs += everyNs)
                if (replay.Machine.Domains.Count > 0) replay.Harvest(dueNs);
            replay.Play(e);
        }
        replay.Harvest(Math.Max(trace.Events[^1].TimeNs, replay.Harvests.Count == 0 ? 0 : replay.Harvests[^1].BeginNs));
        return replay;
    }

    private void Play(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Map: Machine.Map(Machine.DomainOf(e.Device, e.PasidOrNone), e.Iova, e.Length, e.Target, e.Permission); break;
            case EventKind.Unmap: Machine.Unmap(e); break;
            case EventKind.Attach: Machine.Attach(e); break;
            case EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll: Machine.Invalidate(e); break;
            default: Access(e); break;
        }
    }

    private void Access(in TraceEvent e)
    {
        NaiveDomain domain = Machine.DomainOf(e.Device, e.PasidOrNone);
        for (ulong done = 0; done < e.Length;)
        {
            ulong at = e.Iova + done;
            int? log2 = Machine.Translate(domain, at, e.Kind == EventKind.Write);
            ulong bytes = 1UL << (log2 ?? 12), inside = Math.Min(bytes - (at % bytes), e.Length - done);
            if (log2 is not null && e.Kind == EventKind.Write)
                for (ulong page = at >> 12; page <= (at + (inside - 1)) >> 12; page++)
                {
                    Pages(sinceHarvest, domain).Add(page);
                    Pages(ever, domain).Add(page);
                }
            done += inside;
        }
    }

    private static HashSet<ulong> Pages(Dictionary<NaiveDomain, HashSet<ulong>> of, NaiveDomain domain) => of.TryGetValue(domain, out HashSet<ulong>? pages) ? pages : of[domain] = [];

    private void Harvest(long nowNs)
    {
        long cleared = 0;
        foreach (NaiveDomain domain in Machine.Domains)
        {
            NaiveHull hull = new();
            ulong at = 0;
            for (int level = domain.Table.RootLevel; at <= domain.Table.LastIova;)
            {
                if (domain.Table.Step(ref at, ref level).Leaf is not { Dirty: true } leaf) continue;
                hull.Add(leaf.Start, leaf.Last);
                leaf.Dirty = false;
                cleared++;
            }
            if (hull.IsEmpty) continue;
            if (experiment.Flush == FlushStrategy.Domain) Machine.FlushDomain(domain);
            else Machine.Flush(domain, hull);
        }
        Harvests.Add((nowNs, sinceHarvest.Values.Sum(pages => pages.Count), cleared));
        sinceHarvest.Clear();
    }
}
