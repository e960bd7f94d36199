using Workbench.Iommu;
using Workbench.Iommu.Ats;
using Workbench.Traces;
using Workbench.Replay.Costs;
using Workbench.Replay.Footprints;
using Workbench.Replay.Harvests;
using Workbench.Replay.Policies;
using Workbench.Replay.Software;
using Workbench.Replay.Trackers;

namespace Workbench.Replay;

/// <summary>
/// Replays one trace through one machine: the path of every event, by kind. <see cref="Run"/> does it all; who has the events themselves begins a replay, feeds it and
/// finishes it, several at once if he likes.
/// </summary>
public sealed partial class Replayer : IDisposable
{
    /// <summary>10 KiB of events: they stay in the first-level cache.</summary>
    private const int BatchEvents = 256;
    /// <summary>Accesses that carry no payload: what they write is truth all the same.</summary>
    private const EventFlags NoPayload = EventFlags.Ring | EventFlags.Interrupt;
    /// <summary>Times beyond this leave no room to add the time a harvest takes.</summary>
    private const long LatestNs = 1L << 62;

    private readonly Experiment experiment;
    private readonly EventFeed source;
    private readonly View view;
    private readonly CostProfile profile;
    private readonly Machine machine;
    private readonly IIommu hardware;
    private GuestMemory memory;
    private readonly SoftwareClock clock = new();
    private readonly Harvester harvester;
    private RecordedMappings recorded = new();
    private readonly LossLedger losses;
    private readonly LeafWork leafWork;
    private readonly List<string> notes = [];
    private readonly CancellationToken cancellation;
    private readonly bool diagnoses;
    private readonly bool seesWrites;
    private readonly bool seesPins;
    private readonly bool handlesFaults;
    private readonly bool measuresFromStart;
    private readonly string? fromText, toText;
    private readonly IDirtyTracker tracker;
    private DomainOracle? oracle;
    private RequesterId oracleDevice;
    private uint oraclePasid;
    private bool measuring;
    private bool isGuestMapped;
    private bool hasBegun;
    private bool hasStopped;
    private bool hasEnded;
    private bool isCancelled;
    private long position, events, accesses, interruptWrites, unmappedAccesses;
    private ulong ringBytesRead, ringBytesWritten;
    private long originNs, firstNs, lastNs, eventNs;
    // Accesses are replayed from here on, and nothing from there on.
    private long accessesFromNs = long.MinValue, stopsAtNs = long.MaxValue;
    private IommuCounters atStart;
    private long commandsAtStart;

    private Replayer(Experiment experiment, EventFeed source, View view, Machine machine, Func<IReadOnlyList<ILeafPolicy>> newPolicies, CancellationToken cancellation)
    {
        (this.experiment, this.source, this.view, this.machine, this.cancellation) = (experiment, source, view, machine, cancellation);
        // Read once: a file may be gone when a long replay ends.
        profile = CostProfiles.Find(experiment.CostProfile);
        TrackerContext context = new(machine, clock, experiment.StepCostsOf(profile)) { View = view, GuestMemory = source.Provenance.GuestMemory };
        tracker = TrackerCatalogue.Create(experiment, context);
        (seesWrites, seesPins, handlesFaults) = (tracker.SeesWrites, tracker.SeesPins, tracker.HandlesFaults);
        machine.Tracker = tracker;
        losses = new(machine, experiment.EffectiveFlushCause, tracker.LossCause);
        leafWork = new(context, newPolicies, experiment.LeafChangeProtocol, experiment.SplitToLog2, experiment.SplitDirty == "harvest-first", losses);
        harvester = new(context, tracker, leafWork, experiment.Schedule, experiment.HarvestThreads, cancellation);
        memory = new(machine, source.Provenance.GuestMemory);
        diagnoses = tracker.UsesDirtyBits && (!experiment.IsSound || experiment.Unsound.Length > 0);
        hardware = machine.Hardware;
        hardware.Diagnose = diagnoses;
        hardware.CountsRefills = true;
        (measuresFromStart, fromText, toText) = (experiment.MeasuresFromStart, experiment.FromText, experiment.ToText);
        machine.TrackingBegins = (domain, seen) => leafWork.TrackingBegins(domain, seen, eventNs);
    }

    /// <summary>
    /// Replays a trace. <paramref name="pages"/> takes the page-by-page account; <paramref name="progress"/> is told the events done, every 4096 or so and when cancelled; cancelling throws.
    /// <paramref name="newPolicies"/> makes the split and collapse policies of one domain, instead of those the experiment names.
    /// </summary>
    public static ReplayResult Run(Experiment experiment, ITraceSource source, PageLog? pages = null, Action<long>? progress = null, Func<IReadOnlyList<ILeafPolicy>>? newPolicies = null, CancellationToken cancellation = default)
    {
        using Replayer replayer = Begin(experiment, source, pages, newPolicies, cancellation);
        try
        {
            replayer.Play(progress: progress);
            return replayer.Finish();
        }
        catch (OperationCanceledException)
        {
            progress?.Invoke(replayer.Position);
            throw;
        }
    }

    /// <summary>
    /// Builds the machine of a replay that is to be fed: <see cref="Feed"/> until it wants no more or the trace ends, then <see cref="Finish"/>. The source is asked for provenance and
    /// texts only. An experiment with a closed loop cannot be fed; <see cref="Run"/> it.
    /// </summary>
    public static Replayer Begin(Experiment experiment, ITraceSource source, PageLog? pages = null, Func<IReadOnlyList<ILeafPolicy>>? newPolicies = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(source);
        if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(experiment));
        View view = WritePass.ViewOf(source.Provenance, experiment.View);
        int leaf = experiment.LargestLeafLog2;
        if (view == View.Gpa && leaf == 0) leaf = PageSizes.Log2Of(experiment.Granule) ?? 12;
        bool isNamed = newPolicies is null;
        newPolicies ??= () => PolicyCatalogue.Create(experiment.Policy, experiment.Collapse);
        bool fromProvisioning = newPolicies().Any(p => p.TracksFromProvisioning);
        Machine? built = null;
        Machine machine = built = new(Build(experiment, request => built?.Answer(request) ?? PageResponse.InvalidRequest), leaf, experiment.Invalidations) { Log = pages, DirtyMayLag = experiment.DirtyOrder == "may-lag", TracksFromProvisioning = fromProvisioning };
        try
        {
            Replayer replayer = new(experiment, new(source), view, machine, newPolicies, cancellation);
            if (isNamed) replayer.notes.AddRange(experiment.LeafOptionsWithoutEffect());
            if (replayer.measuresFromStart) replayer.Begin(0);
            return replayer;
        }
        catch
        {
            machine.Dispose();
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

    /// <summary>Releases the machine's memory.</summary>
    public void Dispose() => machine.Dispose();

    /// <summary>A time after another; what is beyond every trace stays there.</summary>
    private static long Later(long nowNs, long ns) => nowNs + Math.Min(ns, LatestNs - 1);

    /// <summary>The migration is given up: what policies do then they do while the devices run.</summary>
    private IEnumerable<long> Cancel()
    {
        // Software goes on when the trace has ended; a migration that came to its end is not cancelled any more.
        if (hasEnded) yield break;
        isCancelled = true;
        foreach (DomainOracle domain in machine.Domains) leafWork.Cancelled(domain);
        yield break;
    }

    /// <summary>Replays events up to the one that ends the replay, and returns how many.</summary>
    private int Replay(ReadOnlySpan<TraceEvent> batch, out bool stopped)
    {
        AccessSink sink = new(this, clock);
        int i = 0;
        while (i < batch.Length)
        {
            ref readonly TraceEvent e = ref batch[i];
            if (e.TimeNs >= clock.NextNs) clock.AdvanceTo(e.TimeNs);
            if (!e.IsAccess)
            {
                i++;
                stopped = Other(e with { PasidOrNone = PasidOf(e) });
                if (stopped) return i;
            }
            else if (view == View.Iova)
            {
                int done = hardware.TranslateBatch(batch[i..], ref sink);
                accesses += done;
                i += done;
            }
            else
            {
                i++;
                TransferGuestPhysical(e);
            }
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
        if (experiment.CancelAfterNs > 0) clock.Start(Cancel(), Later(nowNs, experiment.CancelAfterNs));
    }

    /// <summary>An event that is no access; true if the replay is to stop here.</summary>
    private bool Other(in TraceEvent e)
    {
        eventNs = e.TimeNs;
        if (e.Kind is EventKind.Map or EventKind.Unmap or EventKind.InvalidateRange) TraceLimits.CheckRange(e);
        switch (e.Kind)
        {
            case EventKind.Mark:
                string text = TextOf(e);
                if (!measuring && text == fromText) Begin(e.TimeNs);
                else if (measuring && text == toText) return true;
                break;
            case EventKind.Map when view == View.Gpa:
                if (seesPins) TellUnpinned(e);
                recorded.Map(e);
                if (seesPins) tracker.Pinned(e.Target >> 12, (e.Target + (e.Length - 1)) >> 12);
                break;
            case EventKind.Unmap when view == View.Gpa:
                if (seesPins) TellUnpinned(e);
                recorded.Unmap(e);
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
        foreach ((ulong first, ulong last) in recorded.PartsIn(e)) tracker.Unpinned(first >> 12, last >> 12);
    }

    /// <summary>Writes can be swallowed by harvests that do not invalidate, and by unmaps whose invalidation has not come.</summary>
    private void Diagnose() => machine.Hardware.Diagnose = diagnoses || machine.HasDeferred;
}
