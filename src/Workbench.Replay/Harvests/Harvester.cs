using Workbench.Iommu;
using Workbench.Replay.Policies;
using Workbench.Replay.Software;
using Workbench.Replay.Trackers;

namespace Workbench.Replay.Harvests;

/// <summary>
/// Takes harvests while the trace goes on: one after the other at the times of a schedule, each over all domains, by one thread of software or
/// several, and at the end one more with the device stopped.
/// </summary>
internal sealed class Harvester
{
    private readonly TrackerContext context;
    private readonly IDirtyTracker tracker;
    private readonly LeafWork leafWork;
    private readonly HarvestSchedule schedule;
    private readonly int mostThreads;
    private readonly CancellationToken cancellation;
    private readonly List<HarvestRow> rows = [];
    private SoftwareThread? main;
    private bool isWaiting;
    private bool isStopped;
    private long nextBeginNs;
    private int nextDomain;
    private int domainsAtBegin;
    private int threadsAtWork;
    private IommuCounters atLastEnd;
    private ulong readAtLastEnd;
    private ulong writtenAtLastEnd;
    private long handledAtLastEnd;

    public Harvester(TrackerContext context, IDirtyTracker tracker, LeafWork leafWork, HarvestSchedule schedule, int threads, CancellationToken cancellation) =>
        (this.context, this.tracker, this.leafWork, this.schedule, mostThreads, this.cancellation) = (context, tracker, leafWork, schedule, threads, cancellation);

    public IReadOnlyList<HarvestRow> Rows => rows;

    /// <summary>Payload bytes so far, kept by the replayer.</summary>
    public ulong BytesRead { get; set; }
    /// <summary>Payload bytes so far, kept by the replayer.</summary>
    public ulong BytesWritten { get; set; }

    private SoftwareClock Clock => context.Clock;
    private List<DomainOracle> Domains => context.Machine.Domains;

    /// <summary>Begins at a time, once.</summary>
    public void Start(long nowNs)
    {
        Mark();
        nextBeginNs = schedule.First(nowNs);
        main = Clock.Start(Harvests(), nowNs);
        Clock.AdvanceTo(nowNs);
    }

    /// <summary>The device has stopped: whatever harvest is under way ends, and one more is taken.</summary>
    public void Finish(long nowNs)
    {
        isStopped = true;
        if (isWaiting && main is not null) Clock.Wake(main, SoftwareThread.Parked);
        Clock.AdvanceTo(SoftwareThread.Parked - 1);
        // Where D may become visible after the data (Arm), the last scan waits for what finished writes still have to show.
        if (tracker.IsSound) context.Machine.Driver.Fence();
        Clock.Start(Harvest(), Math.Max(nowNs, rows.Count == 0 ? nowNs : rows[^1].EndNs));
        Clock.AdvanceTo(SoftwareThread.Parked - 1);
        if (!leafWork.Exists) return;
        foreach (DomainOracle domain in Domains) leafWork.DeviceStopped(domain, Clock.NowNs);
        Clock.AdvanceTo(SoftwareThread.Parked - 1);
    }

    /// <summary>The thread that takes one harvest after the other.</summary>
    private IEnumerable<long> Harvests()
    {
        while (true)
        {
            isWaiting = true;
            yield return isStopped || nextBeginNs == SoftwareThread.Parked ? SoftwareThread.Parked : Math.Max(0, nextBeginNs - Clock.NowNs);
            isWaiting = false;
            if (Domains.Count == 0)
            {
                // With nothing to harvest the intervals that passed are stepped over at once.
                long every = schedule.LeastNs;
                nextBeginNs = schedule.First(Clock.UntilNs - (long)(((Int128)Clock.UntilNs - nextBeginNs) % every));
                continue;
            }
            long beganNs = Clock.NowNs;
            foreach (long ns in Harvest()) yield return ns;
            // A harvest that took longer than the interval is followed by the next at once.
            nextBeginNs = Math.Max(schedule.Next(beganNs, Clock.NowNs), Clock.NowNs);
        }
    }

    /// <summary>One harvest over all domains.</summary>
    private IEnumerable<long> Harvest()
    {
        if (Domains.Count == 0) yield break;
        long beganNs = Clock.NowNs;
        context.Tally.Reset();
        foreach (DomainOracle domain in Domains) domain.Begin();
        domainsAtBegin = Domains.Count;
        int threads = Math.Min(mostThreads, Domains.Count);
        (nextDomain, threadsAtWork, context.Concurrent) = (0, threads, threads);
        if (threads == 1)
        {
            foreach (long ns in HarvestDomains(null)) yield return ns;
        }
        else
        {
            SoftwareThread? waiting = Clock.Current;
            for (int i = 0; i < threads; i++) Clock.Start(HarvestDomains(waiting), Clock.NowNs);
            yield return SoftwareThread.Parked;
        }
        Complete(beganNs);
    }

    /// <summary>One domain after the other, as long as any is left; several threads share them.</summary>
    private IEnumerable<long> HarvestDomains(SoftwareThread? waiting)
    {
        while (nextDomain < Domains.Count)
        {
            DomainOracle domain = Domains[nextDomain++];
            if (nextDomain > domainsAtBegin) domain.Begin();
            // Who waits for a lock holds nobody's invalidation up.
            context.Concurrent--;
            foreach (long ns in domain.Lock.Take(Clock)) yield return ns;
            context.Concurrent++;
            foreach (long ns in tracker.Harvest(domain, isStopped)) yield return ns;
            List<Leaf> dirty = leafWork.Exists ? domain.DirtyLeaves() : [];
            context.Tally.Pages += domain.Complete(Clock.NowNs);
            domain.Lock.Release(Clock);
            if (leafWork.Exists && !isStopped) leafWork.HarvestDone(domain, dirty);
        }
        context.Concurrent = --threadsAtWork;
        if (threadsAtWork == 0 && waiting is not null) Clock.Wake(waiting, Clock.NowNs);
    }

    private void Mark() => (atLastEnd, readAtLastEnd, writtenAtLastEnd, handledAtLastEnd) = (context.Machine.Hardware.Counters, BytesRead, BytesWritten, tracker.FaultsHandled);

    private void Complete(long beganNs)
    {
        cancellation.ThrowIfCancellationRequested();
        if (rows.Count == ReplayResult.MostHarvests) throw new ArgumentException($"More than {ReplayResult.MostHarvests:n0} harvests: the interval is too short for this trace. Choose a longer --harvest.");
        ref readonly IommuCounters now = ref context.Machine.Hardware.Counters;
        context.TakeEarly();
        HarvestTally tally = context.Tally;
        DomainHarvest pages = tally.Pages;
        rows.Add(new()
        {
            Harvest = rows.Count + 1, BeginNs = beganNs, EndNs = Clock.NowNs,
            True4K = pages.True4K, TrueData4K = pages.TrueData4K, True2M = pages.True2M, True1G = pages.True1G,
            Reported4K = pages.Reported4K, ReportedLeaves = pages.ReportedLeaves,
            OverReported4K = pages.OverReported4K, OverReportedLeaves = pages.OverReportedLeaves, Missed4K = pages.Missed4K,
            EntriesScanned = tally.EntriesScanned, EntriesCleared = tally.EntriesCleared, Commands = tally.Commands,
            RangeInvalidations = tally.RangeInvalidations, DomainInvalidations = tally.DomainInvalidations, EntriesEvicted = tally.EntriesEvicted, BitmapBytes = tally.BitmapBytes,
            IotlbHits = now.IotlbHits - atLastEnd.IotlbHits, IotlbMisses = now.IotlbMisses - atLastEnd.IotlbMisses, DirtyRewalks = now.DirtyRewalks - atLastEnd.DirtyRewalks, Refills = now.Refills - atLastEnd.Refills,
            FaultsHandled = tracker.FaultsHandled - handledAtLastEnd,
            BytesWritten = BytesWritten - writtenAtLastEnd, BytesRead = BytesRead - readAtLastEnd,
        });
        Mark();
    }
}
