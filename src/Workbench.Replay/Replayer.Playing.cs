using Workbench.Replay.Costs;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>How events come to a replay: fed by the caller, from the source, or from devices that wait for their translations; and which of them a window leaves out.</summary>
public sealed partial class Replayer
{
    /// <summary>Between two reports of progress, as a power of two.</summary>
    private const long ProgressEvents = 1 << 12;

    private ClosedLoop? loop;

    /// <summary>Events of the trace that are done with: replayed, or left out by the window.</summary>
    public long Position => position;

    /// <summary>Events replayed so far.</summary>
    public long Events => events;

    /// <summary>Replays the next events of the trace; false when the replay has come to its end and wants no more.</summary>
    public bool Feed(ReadOnlySpan<TraceEvent> traceEvents)
    {
        if (experiment.Loop != "open") throw new InvalidOperationException($"A replay with loop {experiment.Loop} asks for its events itself and cannot be fed; use Run.");
        while (!hasStopped && traceEvents.Length > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            int done = Piece(traceEvents[..Math.Min(BatchEvents, traceEvents.Length)]);
            traceEvents = traceEvents[done..];
        }
        return !hasStopped;
    }

    /// <summary>
    /// Replays the source up to an event by its number (<see cref="Position"/>), or a trace time in ns, whichever comes first; false when it has ended, or the replay has come to its
    /// end: then <see cref="Finish"/> is due. <paramref name="progress"/> is told the position, every 4096 events or so.
    /// </summary>
    public bool Play(long untilEvent = long.MaxValue, long untilNs = long.MaxValue, Action<long>? progress = null)
    {
        // A source that knows its first event can be told at once what a window leaves out.
        if (!hasBegun && experiment.FromNs > 0 && source.FirstTimeNs is { } first) source.PassOverAccessesBefore(Later(first, experiment.FromNs));
        bool more = experiment.Loop == "open" ? PlayOpen(untilEvent, untilNs, progress) : PlayClosed(untilEvent, untilNs, progress);
        progress?.Invoke(position);
        return more;
    }

    private bool PlayOpen(long untilEvent, long untilNs, Action<long>? progress)
    {
        long told = position;
        while (!hasStopped)
        {
            if (position >= untilEvent) return true;
            ReadOnlySpan<TraceEvent> next = source.Take(untilEvent - position, untilNs, out bool isLater);
            if (isLater) return true;
            if (next.IsEmpty) return false;
            position = source.Position - next.Length;
            Feed(next);
            if (position - told < ProgressEvents) continue;
            told = position;
            progress?.Invoke(position);
        }
        return false;
    }

    /// <summary>One event after the other, since what it costs decides when its device's next one comes.</summary>
    private bool PlayClosed(long untilEvent, long untilNs, Action<long>? progress)
    {
        loop ??= new(source, experiment.Loop == "streaming" ? LoopGaps.Absorb : LoopGaps.Keep);
        StepCosts costs = profile.StepsAt(experiment.Level);
        while (!hasStopped)
        {
            if (position >= untilEvent || lastNs >= untilNs) return true;
            if (!loop.TryNext(out TraceEvent e))
            {
                if (loop.HeldBack > 0) notes.Add($"{loop.HeldBack} events came later than their device's clock says, since more than {ClosedLoop.UsualLimit} events waited at once.");
                return false;
            }
            long hits = hardware.Counters.IotlbHits, walks = hardware.Counters.Walks, handled = tracker.FaultsHandled;
            Piece(new(ref e));
            if (e.IsAccess) loop.Delay(e.Device, costs.DevicePs(hardware.Counters.IotlbHits - hits, hardware.Counters.Walks - walks, tracker.FaultsHandled - handled));
            if ((position & (ProgressEvents - 1)) != 0) continue;
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(position);
        }
        if (loop.HeldBack > 0) notes.Add($"{loop.HeldBack} events came later than their device's clock says, since more than {ClosedLoop.UsualLimit} events waited at once.");
        return false;
    }

    /// <summary>Deals with the beginning of a batch, as much of it as lies on one side of the window's ends; returns how many events that were.</summary>
    private int Piece(ReadOnlySpan<TraceEvent> batch)
    {
        CheckTimes(batch[0].TimeNs, batch[^1].TimeNs);
        if (!hasBegun) First(batch[0].TimeNs);
        int done;
        if (batch[0].TimeNs < accessesFromNs) done = TableChangesOf(batch);
        else
        {
            if (batch[^1].TimeNs >= stopsAtNs) batch = batch[..CountBefore(batch, stopsAtNs)];
            if (batch.IsEmpty)
            {
                StopAt(stopsAtNs);
                return 0;
            }
            done = Replay(batch, out hasStopped);
            events += done;
        }
        position += done;
        lastNs = batch[done - 1].TimeNs;
        return done;
    }

    /// <summary>What comes before the window: the machine is told of everything but accesses.</summary>
    private int TableChangesOf(ReadOnlySpan<TraceEvent> batch)
    {
        int done = 0;
        for (; done < batch.Length && batch[done].TimeNs < accessesFromNs; done++)
        {
            ref readonly TraceEvent e = ref batch[done];
            if (e.IsAccess || e.Kind == EventKind.Translate) continue;
            Other(e with { PasidOrNone = PasidOf(e) });
            events++;
        }
        return done;
    }

    /// <summary>The device stops at a time, whether anything happens then or not.</summary>
    private void StopAt(long nowNs)
    {
        clock.AdvanceTo(nowNs);
        (hasStopped, lastNs) = (true, nowNs);
    }

    private static int CountBefore(ReadOnlySpan<TraceEvent> batch, long timeNs)
    {
        int count = 0;
        while (count < batch.Length && batch[count].TimeNs < timeNs) count++;
        return count;
    }

    private void First(long nowNs)
    {
        hasBegun = true;
        originNs = firstNs = source.FirstTimeNs is { } known && known < nowNs ? known : nowNs;
        if (experiment.FromNs > 0) accessesFromNs = Later(originNs, experiment.FromNs);
        if (experiment.ToNs is { } to) stopsAtNs = Later(originNs, to);
        if (!measuresFromStart && fromText is null) clock.Start(BeginLater(), Later(Later(originNs, experiment.FromNs), experiment.WarmUpNs));
    }

    private IEnumerable<long> BeginLater()
    {
        Begin(clock.NowNs);
        yield break;
    }
}
