using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Replay.Footprints;
using Workbench.Traces;

namespace Workbench.Replay.Curves;

/// <summary>
/// Turns a trace into what an IOTLB is asked for. Maps, unmaps, attachments and invalidations go through the same machine as a replay's, whose engine tells this one instead of
/// keeping an IOTLB; accesses only where the size of a page is not known already.
/// </summary>
internal sealed partial class CurveReplay : IIotlbObserver, IDisposable
{
    private const EventFlags Interrupt = EventFlags.Interrupt;
    /// <summary>No device moves more in one access; a longer one is a broken trace.</summary>

    private readonly Experiment experiment;
    private readonly ITraceSource source;
    private readonly View view;
    private readonly Machine machine;
    private readonly IIommu hardware;
    private readonly GuestMemory memory;
    private readonly RecordedMappings recorded = new();
    private readonly PageKeys keys;
    private readonly CurveFeed feed;
    private readonly Dictionary<(RequesterId Device, uint Pasid), CurveContext> contexts = [];
    private readonly Dictionary<DomainOracle, LeafRuns> runsOf = [];
    private readonly KnownPages known = new();
    private readonly List<string> notes = [];
    private CurveContext? context;
    private RequesterId contextDevice;
    private uint contextPasid;
    // One more whenever what contexts remember may be wrong; an epoch is a state of the attachments.
    private long version;
    private long epoch;
    private ulong lastKey;
    private bool measuring;
    private bool isGuestMapped;
    private readonly string? fromText, toText;
    private bool hasBegun;
    private long accessesFromNs, countsFromNs, stopsAtNs;

    public CurveReplay(Experiment experiment, ITraceSource source, PageKeys keys, CurveFeed feed)
    {
        (this.experiment, this.source, this.keys, this.feed) = (experiment, source, keys, feed);
        view = WritePass.ViewOf(source.Provenance, experiment.View);
        int leaf = experiment.LargestLeafLog2;
        if (view == View.Gpa && leaf == 0) leaf = PageSizes.Log2Of(experiment.Granule) ?? 12;
        machine = new(Build(), leaf, experiment.Invalidations) { DirtyMayLag = experiment.DirtyOrder == "may-lag" };
        hardware = machine.Hardware;
        memory = new(machine, source.Provenance.GuestMemory);
        (fromText, toText) = (experiment.FromText, experiment.ToText);
        if (experiment.MeasuresFromStart) Begin();
    }

    private IIommuDriver Build()
    {
        // The geometry is nobody's: the observer stands in for the IOTLB.
        IommuSpec spec = experiment.ToSpec() with { Iotlb = new() { Sets = 16, Ways = 4 }, IotlbObserver = this };
        try
        {
            return IommuCatalogue.Build(spec);
        }
        catch (ArgumentException refused)
        {
            throw new ModelLimitException(refused.Message, refused);
        }
    }

    /// <summary>Which addresses the devices use.</summary>
    public View View => view;
    /// <summary>Events so far, those before counting began too.</summary>
    public long Events { get; private set; }
    /// <summary>Accesses counted.</summary>
    public long Accesses { get; private set; }
    /// <summary>Times the IOTLB was asked.</summary>
    public long Translations { get; private set; }
    /// <summary>Of these, the ones that no model was told of, since the same page was used just before: every IOTLB hits.</summary>
    public long Repeats { get; private set; }
    /// <summary>Of these, the faults that no model was told of, since nothing is mapped there: every IOTLB misses.</summary>
    public long Unfed { get; private set; }
    /// <summary>Translations that faulted.</summary>
    public long Faults { get; private set; }
    /// <summary>Accesses of the gpa view to addresses that the trace does not map.</summary>
    public long UnmappedAccesses { get; private set; }
    /// <summary>What the reader of the result should know.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>Plays the whole trace.</summary>
    public void Run(Action<long>? progress, CancellationToken cancellation)
    {
        bool stopped = false;
        long told = 0;
        for (ReadOnlySpan<TraceEvent> next; !stopped && !(next = source.Next()).IsEmpty;)
        {
            const int Batch = 4096;
            for (int from = 0; from < next.Length && !stopped; from += Batch)
            {
                if (cancellation.IsCancellationRequested)
                {
                    progress?.Invoke(Events);
                    cancellation.ThrowIfCancellationRequested();
                }
                stopped = Play(next.Slice(from, Math.Min(Batch, next.Length - from)));
                if (Events - told < Batch) continue;
                told = Events;
                progress?.Invoke(Events);
            }
        }
        feed.Flush();
        progress?.Invoke(Events);
        if (!measuring && fromText is null) throw new TraceFormatException($"The trace ends before counting begins ({(experiment.FromNs > 0 ? $"from {experiment.FromMark}, " : "")}warm-up {experiment.WarmUp}). Choose an earlier --from or a shorter --warm-up.");
        if (!measuring) throw new TraceFormatException($"The trace has no mark '{fromText}', so counting never began. 'workbench trace info' lists the marks.");
        if (experiment.ToNs is not null && !stopped) throw new TraceFormatException($"The trace ends before {experiment.ToMark} after its first event. Choose an earlier --to, or leave it out.");
        if (toText is not null && !stopped) throw new TraceFormatException($"The trace has no mark '{toText}' after the beginning of counting. 'workbench trace info' lists the marks.");
        if (machine.PartialUnmaps > 0) notes.Add($"{machine.PartialUnmaps} unmaps began or ended inside a leaf; as in Linux's tables a leaf goes whole (or stays, if the unmap began inside it). With --page-size 4K none is cut.");
        if (UnmappedAccesses > 0) notes.Add($"{UnmappedAccesses} accesses went to addresses that the trace does not map and were left out.");
        if (machine.Remaps > 0) notes.Add($"{machine.Remaps} maps covered something mapped already; it was unmapped first.");
    }

    private bool Play(ReadOnlySpan<TraceEvent> batch)
    {
        if (!hasBegun) First(batch[0].TimeNs);
        // Nearly every batch lies inside the window and is counted, and then no event need be asked (curve benchmark, nic1024).
        int whole = measuring && batch[0].TimeNs >= accessesFromNs && batch[^1].TimeNs < stopsAtNs ? AccessesAtFront(batch) : 0;
        foreach (ref readonly TraceEvent e in batch[whole..])
        {
            if (e.TimeNs >= stopsAtNs) return true;
            // What a window leaves out is no event of the replay either.
            if (e.TimeNs < accessesFromNs && (e.IsAccess || e.Kind == EventKind.Translate)) continue;
            if (!measuring && fromText is null && e.TimeNs >= countsFromNs) Begin();
            Events++;
            if (e.IsAccess) Access(e);
            else if (Other(e with { PasidOrNone = PasidOf(e) })) return true;
        }
        return false;
    }

    /// <summary>Plays the accesses before the first other event, and returns how many they are.</summary>
    private int AccessesAtFront(ReadOnlySpan<TraceEvent> batch)
    {
        int done = 0;
        while (done < batch.Length && batch[done].IsAccess) Access(batch[done++]);
        Events += done;
        return done;
    }

    /// <summary>Times of the window, which count from the first event. Accesses before it are not made, everything else is.</summary>
    private void First(long nowNs)
    {
        hasBegun = true;
        (accessesFromNs, countsFromNs) = (Later(nowNs, experiment.FromNs), Later(Later(nowNs, experiment.FromNs), experiment.WarmUpNs));
        stopsAtNs = experiment.ToNs is { } to ? Later(nowNs, to) : long.MaxValue;
    }

    private static long Later(long nowNs, long ns) => nowNs > long.MaxValue - ns ? long.MaxValue : nowNs + ns;

    private void Begin()
    {
        measuring = true;
        machine.StartTracking();
        (Accesses, Translations, Repeats, Unfed, Faults, UnmappedAccesses, lastKey) = (0, 0, 0, 0, 0, 0, 0);
        feed.Restart();
        ForgetContexts();
    }

    /// <summary>An event that is no access; true if the trace is to end here.</summary>
    private bool Other(in TraceEvent e)
    {
        if (e.Kind is EventKind.Map or EventKind.Unmap or EventKind.InvalidateRange) TraceLimits.CheckRange(e);
        switch (e.Kind)
        {
            case EventKind.Mark:
                string text = source.TextOf(e);
                if (!measuring && text == fromText) Begin();
                else if (measuring && text == toText) return true;
                break;
            case EventKind.Map when view == View.Gpa:
                recorded.Map(e);
                break;
            case EventKind.Unmap when view == View.Gpa:
                recorded.Unmap(e);
                break;
            case EventKind.Map or EventKind.Unmap:
                Change(e);
                break;
            case EventKind.Attach when view == View.Iova:
                machine.Attach(e);
                ForgetContexts();
                break;
            case EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll when view == View.Iova:
                machine.Invalidate(e);
                break;
        }
        return false;
    }

    private void Change(in TraceEvent e)
    {
        CurveContext used = ContextOf(e);
        long cuts = machine.PartialUnmaps + machine.Remaps;
        if (e.Kind == EventKind.Map) machine.Map(e);
        else machine.Unmap(e);
        ulong last = e.Iova + (e.Length - 1);
        if (machine.PartialUnmaps + machine.Remaps != cuts)
        {
            // More or less than the range went.
            used.Runs.Clear();
            known.Clear();
            version++;
        }
        else if (e.Kind == EventKind.Unmap || e.Permission == Permission.None)
        {
            known.Drop(used.Runs.Number, e.Iova, last);
            if (used.Runs.Knows(e.Iova, last))
            {
                used.Runs.Cut(e.Iova, last);
                version++;
            }
        }
        if (e.Kind == EventKind.Map && e.Permission == Permission.ReadWrite) Learn(used, e.Iova, e.Length);
    }

    /// <summary>Looks at what was mapped, unless something older may still be cached there.</summary>
    private void Learn(CurveContext used, ulong iova, ulong length)
    {
        if (!machine.HasDeferred || !machine.OverlapsDeferred(used.Oracle, iova, iova + (length - 1))) used.Runs.Learn(used.Oracle.Domain.Table, iova, length);
    }

    private void ForgetContexts()
    {
        contexts.Clear();
        context = null;
        epoch++;
        version++;
    }

    /// <summary>Releases the machine's memory.</summary>
    public void Dispose() => machine.Dispose();
}
