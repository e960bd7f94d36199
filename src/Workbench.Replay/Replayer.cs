using Workbench.Iommu;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Traces;
using Workbench.Replay.Costs;
using Workbench.Replay.Harvests;
using Workbench.Replay.Policies;
using Workbench.Replay.Software;
using Workbench.Replay.Trackers;
using Workbench.Traces.Join;

namespace Workbench.Replay;

/// <summary>Replays one trace through one machine: the path of every event, by kind.</summary>
public sealed class Replayer
{
    /// <summary>10 KiB of events: they stay in the first-level cache.</summary>
    private const int BatchEvents = 256;
    /// <summary>Accesses that carry no payload: what they write is truth all the same.</summary>
    private const EventFlags NoPayload = EventFlags.Ring | EventFlags.Interrupt;
    /// <summary>No device moves more in one access; a longer one is a broken trace.</summary>
    private const ulong LongestAccess = 1UL << 32;
    /// <summary>Times beyond this leave no room to add the time a harvest takes.</summary>
    private const long LatestNs = 1L << 62;

    private readonly Experiment experiment;
    private readonly ITraceSource source;
    private readonly View view;
    private readonly Machine machine;
    private readonly IIommu hardware;
    private readonly GuestMemory memory;
    private readonly SoftwareClock clock = new();
    private readonly Harvester harvester;
    private readonly LiveMappings<Extent> recorded = new();
    private readonly Dictionary<(RequesterId Device, uint Pasid), uint> pasidOwners = [];
    private readonly LossLedger losses;
    private readonly LeafWork leafWork;
    private readonly List<string> notes = [];
    private readonly bool diagnoses;
    private readonly bool seesWrites;
    private readonly bool seesPins;
    private readonly bool handlesFaults;
    private readonly bool measuresFromStart;
    private readonly IDirtyTracker tracker;
    private DomainOracle? oracle;
    private RequesterId oracleDevice;
    private uint oraclePasid;
    private bool measuring;
    private bool isGuestMapped;
    private long events, accesses, interruptWrites, unmappedAccesses;
    private ulong ringBytesRead, ringBytesWritten;
    private long firstNs, lastNs, eventNs;
    private IommuCounters atStart;
    private long commandsAtStart;

    private readonly record struct Extent(ulong Physical, ulong Length);

    private Replayer(Experiment experiment, ITraceSource source, View view, Machine machine, Func<IReadOnlyList<ILeafPolicy>> newPolicies, CancellationToken cancellation)
    {
        (this.experiment, this.source, this.view, this.machine) = (experiment, source, view, machine);
        TrackerContext context = new(machine, clock, experiment.StepCosts) { View = view, GuestMemory = source.Provenance.GuestMemory };
        tracker = TrackerCatalogue.Create(experiment, context);
        (seesWrites, seesPins, handlesFaults) = (tracker.SeesWrites, tracker.SeesPins, tracker.HandlesFaults);
        machine.Tracker = tracker;
        losses = new(machine, experiment.EffectiveFlushCause, tracker.LossCause);
        leafWork = new(context, newPolicies, experiment.LeafChangeProtocol, experiment.SplitToLog2, experiment.SplitDirty == "harvest-first", losses);
        harvester = new(context, tracker, leafWork, experiment.Schedule, experiment.HarvestThreads, cancellation);
        memory = new(machine, source.Provenance.GuestMemory);
        diagnoses = tracker.UsesDirtyBits && !experiment.IsSound;
        hardware = machine.Hardware;
        hardware.Diagnose = diagnoses;
        hardware.CountsRefills = true;
        measuresFromStart = experiment.FromMark is null && experiment.WarmUpNs == 0;
        machine.TrackingBegins = (domain, seen) => leafWork.TrackingBegins(domain, seen, eventNs);
    }

    /// <summary>
    /// Replays a trace. <paramref name="pages"/> takes the page-by-page account; <paramref name="progress"/> is told the events done, every 4096 or so and when cancelled; cancelling throws.
    /// <paramref name="newPolicies"/> makes the split and collapse policies of one domain, instead of those the experiment names.
    /// </summary>
    public static ReplayResult Run(Experiment experiment, ITraceSource source, PageLog? pages = null, Action<long>? progress = null, Func<IReadOnlyList<ILeafPolicy>>? newPolicies = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(source);
        if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(experiment));
        View view = experiment.View != View.Migration ? experiment.View : source.Provenance.MigrationView == "iova" ? View.Iova : View.Gpa;
        int leaf = experiment.LargestLeafLog2;
        if (view == View.Gpa && leaf == 0) leaf = PageSizes.Log2Of(experiment.Granule) ?? 12;
        newPolicies ??= () => PolicyCatalogue.Create(experiment.Policy, experiment.Collapse);
        bool fromProvisioning = newPolicies().Any(p => p.TracksFromProvisioning);
        Machine? built = null;
        using Machine machine = built = new(Build(experiment, request => built?.Answer(request) ?? PageResponse.InvalidRequest), leaf, experiment.Invalidations) { Log = pages, DirtyMayLag = experiment.DirtyOrder == "may-lag", TracksFromProvisioning = fromProvisioning };
        Replayer replayer = new(experiment, source, view, machine, newPolicies, cancellation);
        try
        {
            return replayer.Run(progress, cancellation);
        }
        catch (OperationCanceledException)
        {
            progress?.Invoke(replayer.events);
            throw;
        }
    }

    private static IIommuDriver Build(Experiment experiment, Func<PageRequest, PageResponse> onPageRequest)
    {
        IommuSpec spec = experiment.ToSpec(onPageRequest);
        try
        {
            return IommuCatalogue.Build(spec);
        }
        catch (ArgumentException refused)
        {
            throw new ModelLimitException(refused.Message, refused);
        }
    }

    private ReplayResult Run(Action<long>? progress, CancellationToken cancellation)
    {
        TraceEvent[] batch = new TraceEvent[BatchEvents];
        bool stopped = false;
        if (measuresFromStart) Begin(0);
        if (experiment.Loop != "open") stopped = RunClosed(progress, cancellation);
        else for (int got; !stopped && (got = source.Read(batch)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            JoinPasidZero(batch.AsSpan(0, got));
            CheckTimes(batch[0].TimeNs, batch[got - 1].TimeNs);
            long before = events;
            if (before == 0) First(batch[0].TimeNs);
            int done = Replay(batch.AsSpan(0, got), out stopped);
            events += done;
            lastNs = batch[done - 1].TimeNs;
            if ((events & ~0xFFFL) != (before & ~0xFFFL)) progress?.Invoke(events);
        }
        progress?.Invoke(events);
        if (!measuring) throw new TraceFormatException($"The trace has no mark '{experiment.FromMark}', so tracking never began. 'workbench trace info' lists the marks.");
        if (experiment.ToMark is not null && !stopped) throw new TraceFormatException($"The trace has no mark '{experiment.ToMark}' after the beginning of tracking. 'workbench trace info' lists the marks.");
        harvester.Finish(lastNs);
        return Result();
    }

    /// <summary>One event after the other, since what it costs decides when its device's next one comes.</summary>
    private bool RunClosed(Action<long>? progress, CancellationToken cancellation)
    {
        ClosedLoop loop = new(source, experiment.Loop == "streaming" ? LoopGaps.Absorb : LoopGaps.Keep);
        StepCosts costs = CostProfiles.Find(experiment.CostProfile).StepsAt(experiment.Level);
        bool stopped = false;
        while (!stopped && loop.TryNext(out TraceEvent e))
        {
            Span<TraceEvent> one = new(ref e);
            JoinPasidZero(one);
            CheckTimes(e.TimeNs, e.TimeNs);
            if (events++ == 0) First(e.TimeNs);
            long hits = hardware.Counters.IotlbHits, walks = hardware.Counters.Walks, handled = tracker.FaultsHandled;
            Replay(one, out stopped);
            if (e.IsAccess) loop.Delay(e.Device, costs.DevicePs(hardware.Counters.IotlbHits - hits, hardware.Counters.Walks - walks, tracker.FaultsHandled - handled));
            lastNs = e.TimeNs;
            if ((events & 0xFFF) != 0) continue;
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(events);
        }
        if (loop.HeldBack > 0) notes.Add($"{loop.HeldBack} events came later than their device's clock says, since more than {ClosedLoop.UsualLimit} events waited at once.");
        return stopped;
    }

    private void First(long nowNs)
    {
        firstNs = nowNs;
        if (experiment.WarmUpNs > 0) clock.Start(BeginLater(), nowNs + experiment.WarmUpNs);
    }

    private IEnumerable<long> BeginLater()
    {
        Begin(clock.NowNs);
        yield break;
    }

    /// <summary>The migration is given up: what policies do then they do while the devices run.</summary>
    private IEnumerable<long> Cancel()
    {
        foreach (DomainOracle domain in machine.Domains) leafWork.Cancelled(domain);
        yield break;
    }

    /// <summary>PASID 0 is the address space of requests without PASID: not every vendor lets a device name it.</summary>
    private static void JoinPasidZero(Span<TraceEvent> batch)
    {
        foreach (ref TraceEvent e in batch)
            if (e.PasidOrNone == 0) e = e with { PasidOrNone = TraceEvent.NoPasid };
    }

    /// <summary>Replays events up to the one that ends the replay, and returns how many. Apart from Run, which is entered once and so runs as the JIT replaced it in mid-loop.</summary>
    private int Replay(ReadOnlySpan<TraceEvent> batch, out bool stopped)
    {
        for (int i = 0; i < batch.Length; i++)
        {
            ref readonly TraceEvent e = ref batch[i];
            if (e.TimeNs >= clock.NextNs) clock.AdvanceTo(e.TimeNs);
            if (e.IsAccess)
            {
                Access(e);
                continue;
            }
            stopped = Other(e);
            if (stopped) return i + 1;
        }
        stopped = false;
        return batch.Length;
    }

    private void Begin(long nowNs)
    {
        (measuring, eventNs) = (true, nowNs);
        machine.StartTracking();
        (accesses, interruptWrites, unmappedAccesses, ringBytesRead, ringBytesWritten) = (0, 0, 0, 0, 0);
        (harvester.BytesRead, harvester.BytesWritten) = (0, 0);
        machine.Hardware.DrainFaults();
        losses.Clear();
        if (!measuresFromStart) firstNs = nowNs;
        (atStart, commandsAtStart) = (machine.Hardware.Counters, machine.Driver.CommandsSubmitted);
        harvester.Start(nowNs);
        if (experiment.CancelAfterNs > 0) clock.Start(Cancel(), nowNs + experiment.CancelAfterNs);
    }

    /// <summary>An event that is no access; true if the replay is to stop here.</summary>
    private bool Other(in TraceEvent e)
    {
        eventNs = e.TimeNs;
        if (e.Kind is EventKind.Map or EventKind.Unmap or EventKind.InvalidateRange) CheckRange(e);
        switch (e.Kind)
        {
            case EventKind.Mark:
                string text = source.TextOf(e);
                if (!measuring && text == experiment.FromMark) Begin(e.TimeNs);
                else if (measuring && text == experiment.ToMark) return true;
                break;
            case EventKind.Map when view == View.Gpa:
                if (((e.Iova | e.Length | e.Target) & 0xFFF) != 0) throw new TraceFormatException($"The trace maps 0x{e.Length:x} bytes at 0x{e.Iova:x} to 0x{e.Target:x}: not whole 4 KiB pages. Check the trace.");
                if (seesPins) TellUnpinned(e);
                recorded.Map(OwnerOf(e), e.Iova, e.Length, new(e.Target, e.Length));
                if (seesPins) tracker.Pinned(e.Target >> 12, (e.Target + (e.Length - 1)) >> 12);
                break;
            case EventKind.Unmap when view == View.Gpa:
                if (seesPins) TellUnpinned(e);
                recorded.Unmap(OwnerOf(e), e.Iova, e.Length);
                break;
            case EventKind.Map:
                machine.Map(e);
                break;
            case EventKind.Unmap:
                machine.Unmap(e);
                Diagnose();
                break;
            case EventKind.Attach when view == View.Iova:
                machine.Attach(e);
                oracle = null;
                break;
            case EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll when view == View.Iova:
                machine.Invalidate(e);
                Diagnose();
                break;
        }
        return false;
    }

    /// <summary>The gpa view: what a range of IOVAs stood for is mapped no more.</summary>
    private void TellUnpinned(in TraceEvent e)
    {
        foreach ((ulong first, ulong last, ulong mapping, Extent extent) in recorded.PartsIn(OwnerOf(e), e.Iova, e.Length))
        {
            ulong gpa = extent.Physical + (first - mapping);
            tracker.Unpinned(gpa >> 12, (gpa + (last - first)) >> 12);
        }
    }

    /// <summary>Writes can be swallowed by harvests that do not invalidate, and by unmaps whose invalidation has not come.</summary>
    private void Diagnose() => machine.Hardware.Diagnose = diagnoses || machine.HasDeferred;

    // A PASID's mappings are its own; 16 bits of device and 20 of PASID do not fit 32 bits, so PASIDs are numbered as they come.
    private uint OwnerOf(in TraceEvent e)
    {
        if (e.PasidOrNone == TraceEvent.NoPasid) return e.Device.Value;
        if (!pasidOwners.TryGetValue((e.Device, e.PasidOrNone), out uint owner)) pasidOwners[(e.Device, e.PasidOrNone)] = owner = 0x1_0000u + (uint)pasidOwners.Count;
        return owner;
    }

    private void Access(in TraceEvent e)
    {
        unchecked
        {
            accesses++;
            if (e.Length > LongestAccess) ThrowTooLong(e);
            if (e.Iova > ulong.MaxValue - LongestAccess) CheckRange(e);
            bool isWrite = e.Kind == EventKind.Write;
            if ((e.Flags & NoPayload) == 0)
            {
                if (isWrite) harvester.BytesWritten += e.Length;
                else harvester.BytesRead += e.Length;
            }
            else if ((e.Flags & EventFlags.Ring) != 0)
            {
                if (isWrite) ringBytesWritten += e.Length;
                else ringBytesRead += e.Length;
            }
            if (view == View.Iova) Transfer(e, OracleOf(e), e.Iova, e.Length, isWrite);
            else TransferGuestPhysical(e, isWrite);
        }
    }

    /// <summary>The access as the device of the gpa view makes it: one piece for each physically contiguous run.</summary>
    private void TransferGuestPhysical(in TraceEvent e, bool isWrite)
    {
        if ((e.Flags & EventFlags.Interrupt) != 0)
        {
            interruptWrites++;
            return;
        }
        ulong iova = e.Iova, left = e.Length;
        while (left > 0)
        {
            if (!recorded.TryFind(OwnerOf(e), iova, out ulong first, out Extent extent, out ulong inside))
            {
                unmappedAccesses++;
                return;
            }
            // The mapping may have been cut since, or laid over: as far as its pieces follow each other.
            while (inside < left && recorded.TryFind(OwnerOf(e), unchecked(iova + inside), out ulong next, out Extent same, out ulong more) && next == first && same == extent) inside += more;
            inside = Math.Min(inside, left);
            ulong gpa = extent.Physical + (iova - first);
            DomainOracle guest = OracleOf(e);
            if (memory.Ensure(guest, gpa, inside) && measuring) leafWork.TrackingBegins(guest, [], e.TimeNs);
            Transfer(e, guest, gpa, inside, isWrite);
            iova = unchecked(iova + inside);
            left -= inside;
        }
    }

    /// <summary>The domain of the access's device; remembered, since devices come in bursts.</summary>
    private DomainOracle OracleOf(in TraceEvent e)
    {
        if (oracle is { } same && e.Device == oracleDevice && e.PasidOrNone == oraclePasid) return same;
        eventNs = e.TimeNs;
        DomainOracle used = view == View.Gpa ? machine.SharedBy(e.Device, e.PasidOrNone) : machine.OracleOf(e.Device, e.PasidOrNone);
        (oracle, oracleDevice, oraclePasid) = (used, e.Device, e.PasidOrNone);
        if (view == View.Gpa && !isGuestMapped)
        {
            isGuestMapped = true;
            notes.Add(memory.Map(used));
            if (measuring) leafWork.TrackingBegins(used, [], e.TimeNs);
        }
        return used;
    }

    /// <summary>One translation for each leaf the range touches; the truth is what reached memory.</summary>
    private void Transfer(in TraceEvent e, DomainOracle truth, ulong iova, ulong left, bool isWrite)
    {
        unchecked
        {
            while (true)
            {
                hardware.Translate(new(e.Device, iova, isWrite, e.PasidOrNone), out Translation translation);
                if (handlesFaults && translation.Fault != FaultKind.None) tracker.Resolve(truth, new(e.Device, iova, isWrite, e.PasidOrNone), ref translation);
                ulong toEnd = translation.Fault == FaultKind.None ? (1UL << translation.PageLog2) - (iova & ((1UL << translation.PageLog2) - 1)) : 4096 - (iova & 4095);
                ulong inside = left < toEnd ? left : toEnd;
                if (isWrite && translation.Fault == FaultKind.None)
                {
                    ulong page = iova >> 12, last = (iova + inside - 1) >> 12;
                    Iommu.Dirty.PageSet written = (e.Flags & NoPayload) == 0 ? truth.DataWritten : truth.RingWritten;
                    written.Add(page);
                    while (page < last) written.Add(++page);
                    if (seesWrites && !tracker.Wrote(truth, iova >> 12, last)) losses.Swallowed(e, truth, iova, last);
                    if (translation.Swallowed) losses.Swallowed(e, truth, iova, last);
                }
                if (left == inside) return;
                left -= inside;
                iova += inside;
            }
        }
    }

    private static void CheckTimes(long firstNs, long lastNs)
    {
        if (firstNs < -LatestNs || lastNs > LatestNs)
            throw new TraceFormatException($"The trace has events at times {firstNs} to {lastNs} ns: 2^62 ns (146 years) to either side of its origin leave no time for harvests. Check the source's clock.");
    }

    private static void CheckRange(in TraceEvent e)
    {
        ulong most = ulong.MaxValue - Math.Max(e.Iova, e.Kind == EventKind.Map ? e.Target : 0);
        if (unchecked(e.Length - 1) > most)
            throw new TraceFormatException($"{e.Kind} of {e.Length} bytes at 0x{e.Iova:x} (time {e.TimeNs} ns): a range has at least 1 byte and ends below 2^64. The trace is broken; make it anew.");
    }

    private static void ThrowTooLong(in TraceEvent e) =>
        throw new TraceFormatException($"An access of {e.Length} bytes at 0x{e.Iova:x} (time {e.TimeNs} ns): no DMA is longer than 4 GiB. The trace is broken; make it anew.");

    private ReplayResult Result()
    {
        (long missedCount, List<MissedPage> missed) = losses.MissedOf(machine.Domains);
        if (machine.PartialUnmaps > 0) notes.Add($"{machine.PartialUnmaps} unmaps began or ended inside a leaf; as in Linux's tables a leaf goes whole (or stays, if the unmap began inside it), and later accesses to its rest fault. With --page-size 4K none is cut.");
        if (machine.Remaps > 0) notes.Add($"{machine.Remaps} maps covered something mapped already; it was unmapped first.");
        notes.AddRange(tracker.Notes);
        return new()
        {
            View = view, Events = events, Accesses = accesses,
            BytesRead = harvester.BytesRead, BytesWritten = harvester.BytesWritten, RingBytesRead = ringBytesRead, RingBytesWritten = ringBytesWritten,
            InterruptWrites = interruptWrites, UnmappedAccesses = unmappedAccesses,
            Counters = machine.Hardware.Counters.Since(atStart), Commands = machine.Driver.CommandsSubmitted - commandsAtStart, FirstFaults = machine.Hardware.DrainFaults(),
            Harvests = harvester.Rows,
            DistinctTrue4K = machine.Domains.Sum(d => d.EverWritten.Count), DistinctTrueData4K = machine.Domains.Sum(d => d.EverWrittenByData.Count),
            DistinctTrueData2M = machine.Domains.Sum(d => d.EverWrittenByData.CountDistinctRegions(9)),
            DistinctTrue2M = machine.Domains.Sum(d => d.EverWritten.CountDistinctRegions(9)), DistinctTrue1G = machine.Domains.Sum(d => d.EverWritten.CountDistinctRegions(18)),
            DistinctReported4K = machine.Domains.Sum(d => d.EverReported.Count),
            Missed4K = missedCount, MissedPages = missed, Leaves = machine.Domains.Sum(d => d.Domain.Table.Leaves), PeakTableBytes = machine.PeakTableBytes,
            LeafChanges = leafWork.Counts, LeafChangeNs = leafWork.BusyNs, TableBytes = (long)machine.Driver.FramesInUse * 4096, Costs = Estimate(),
            DurationNs = lastNs - firstNs, Notes = notes, TruthDigest = DigestOf(machine.Domains),
        };
    }

    private CostEstimate Estimate()
    {
        int devices = experiment.DeviceTlb > 0 ? machine.Domains.Sum(d => d.Domain.Attachments.Count) : 0;
        CostCounts counts = ReplayCosts.Of(harvester.Rows, leafWork.Counts, machine.Hardware.Counters.Since(atStart), devices, tracker.FaultsHandled);
        return CostEstimate.Of(counts, CostProfiles.Find(experiment.CostProfile), Math.Max(1, Math.Min(experiment.HarvestThreads, machine.Domains.Count)));
    }

    /// <summary>A sum over all pages written, so that their order does not matter; domains count in order of creation, which is the trace's.</summary>
    private static ulong DigestOf(List<DomainOracle> domains)
    {
        ulong digest = 0;
        unchecked
        {
            for (int i = 0; i < domains.Count; i++)
                foreach (ulong page in domains[i].EverWritten) digest += Mix(page ^ Mix((ulong)i + 1));
        }
        return digest;
    }

    // The finaliser of SplitMix64: every bit of the input reaches every bit of the output.
    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }
}
