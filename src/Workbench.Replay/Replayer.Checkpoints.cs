using Workbench.Replay.Checkpoints;
using Workbench.Replay.Policies;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>Stopping in the middle: what a checkpoint holds of a replay, and how a replay goes on from one, perhaps with another experiment.</summary>
public sealed partial class Replayer
{
    // Texts of marks that were read before a checkpoint and come after it.
    private readonly Dictionary<ulong, string> keptTexts = [];

    /// <summary>The experiment that is replayed.</summary>
    public Experiment Experiment => experiment;

    /// <summary>The page-by-page account, if one is kept.</summary>
    public PageLog? Pages => machine.Log;

    /// <summary>Time of the event replayed last, ns.</summary>
    public long LastTimeNs => lastNs;

    /// <summary>Has tracking begun? Until then the experiment of a continuation may differ in all that only tracking decides.</summary>
    public bool Tracks => measuring;

    /// <summary>Number of the event the source goes on with: a closed loop reads ahead of what it replays.</summary>
    internal long SourcePosition => loop is null ? position : source.Position;

    internal long SourceEvents => source.EventCount;

    /// <summary>Everything but the source and the cancellation.</summary>
    internal byte[] Image()
    {
        if (hasEnded) throw new InvalidOperationException("The replay has ended; a checkpoint is made before Finish.");
        foreach (TraceEvent mark in loop?.MarksHeld ?? []) keptTexts[mark.Target] = TextOf(mark);
        try
        {
            return StateWriter.Write(this, Outside(source));
        }
        catch (IOException tooLong)
        {
            throw new InsufficientMemoryException("The state of the replay takes more than 2 GB, more than a checkpoint can hold. Map with larger pages, or replay without the page lists (--out).", tooLong);
        }
    }

    /// <summary>A replay as <see cref="Image"/> was of it, on another source of the same trace.</summary>
    internal static Replayer Of(byte[] image, ITraceSource source, long sourcePosition, CancellationToken cancellation)
    {
        EventFeed feed = new(source);
        Replayer replayer = (Replayer)StateReader.Read(image, cancellation, Outside(feed));
        try
        {
            feed.MoveTo(sourcePosition);
            if (replayer.accessesFromNs > long.MinValue) feed.PassOverAccessesBefore(replayer.accessesFromNs);
            return replayer;
        }
        catch
        {
            replayer.Dispose();
            throw;
        }
    }

    /// <summary>What belongs to the trace.</summary>
    private static object[] Outside(EventFeed feed) => [feed, feed.Provenance.GuestMemory];

    /// <summary>Goes on with this replay's machine and another experiment; this replay is not to be used any more.</summary>
    internal Replayer With(Experiment changed)
    {
        if (changed.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(changed));
        Func<IReadOnlyList<ILeafPolicy>> newPolicies = () => PolicyCatalogue.Create(changed.Policy, changed.Collapse);
        if (Obstacle(changed, newPolicies().Any(p => p.TracksFromProvisioning)) is { } obstacle) throw new ArgumentException(obstacle, nameof(changed));
        Replayer next = new(changed, source, view, machine, newPolicies, cancellation);
        (next.memory, next.recorded) = (memory, recorded);
        (next.oracle, next.oracleDevice, next.oraclePasid, next.isGuestMapped) = (oracle, oracleDevice, oraclePasid, isGuestMapped);
        (next.position, next.events, next.lastNs, next.eventNs, next.loop) = (position, events, lastNs, eventNs, loop);
        foreach ((ulong number, string text) in keptTexts) next.keptTexts[number] = text;
        next.notes.AddRange([.. changed.LeafOptionsWithoutEffect(), .. notes.Skip(experiment.LeafOptionsWithoutEffect().Count())]);
        if (hasBegun) next.First(originNs);
        if (view == View.Iova) next.Diagnose();
        return next;
    }

    /// <summary>Why this machine cannot be the other experiment's; null if it can.</summary>
    private string? Obstacle(Experiment changed, bool tracksFromProvisioning)
    {
        if (measuring) return "Tracking has begun, so the experiment cannot be changed any more. Make the checkpoint before: in a warm-up, or before the mark or time of --from.";
        // What only tracking decides; all else has made the machine what it is.
        Experiment alike = changed with
        {
            HarvestEvery = experiment.HarvestEvery, Tracker = experiment.Tracker, DeviceLogRanges = experiment.DeviceLogRanges, DeviceLogPage = experiment.DeviceLogPage, Flush = experiment.Flush,
            FlushChunk = experiment.FlushChunk, HarvestThreads = experiment.HarvestThreads, AtomicHarvest = experiment.AtomicHarvest, Costs = experiment.Costs, Policy = experiment.Policy,
            SplitTo = experiment.SplitTo, SplitDirty = experiment.SplitDirty, Collapse = experiment.Collapse, Unsound = experiment.Unsound, Quirks = experiment.Quirks,
            CancelAfter = experiment.CancelAfter, WarmUp = experiment.WarmUp, ToMark = experiment.ToMark,
        };
        if (experiment.Loop == "open") alike = alike with { CostProfile = experiment.CostProfile, CostLevel = experiment.CostLevel };
        if (alike != experiment) return $"The machine of the checkpoint was made with other settings: {string.Join(", ", Differences(alike))}. They can only be changed from the trace's beginning.";
        if (changed.Tracker != experiment.Tracker && (changed.Tracker is "write-protect" || experiment.Tracker is "write-protect")) return $"Tracker {changed.Tracker} cannot go on from tracker {experiment.Tracker}: with write-protect the machine answers faults. Replay from the trace's beginning.";
        if (changed.Tracker == "type1-pinned" && view == View.Gpa) return "Tracker type1-pinned counts what was pinned from the trace's beginning, and cannot begin later. Replay from there.";
        if (tracksFromProvisioning != machine.TracksFromProvisioning) return $"Policy {changed.Policy} cannot go on from policy {experiment.Policy}: one of them keeps dirty bits before tracking begins. Replay from the trace's beginning.";
        if (hasBegun && fromText is null && Later(Later(originNs, changed.FromNs), changed.WarmUpNs) <= lastNs) return $"With a warm-up of {changed.WarmUp} tracking begins before the checkpoint. Choose a longer --warm-up, or an earlier checkpoint.";
        return null;
    }

    private IEnumerable<string> Differences(Experiment other) =>
        typeof(Experiment).GetProperties().Where(p => p.GetIndexParameters().Length == 0 && p.CanWrite && !Equals(p.GetValue(experiment), p.GetValue(other)))
            .Select(p => $"{char.ToLowerInvariant(p.Name[0])}{p.Name[1..]} {p.GetValue(experiment) ?? "(none)"}, not {p.GetValue(other) ?? "(none)"}");

    private string TextOf(in TraceEvent mark) => keptTexts.TryGetValue(mark.Target, out string? kept) ? kept : source.TextOf(mark);
}
