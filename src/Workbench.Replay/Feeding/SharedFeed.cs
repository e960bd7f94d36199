using System.Runtime.ExceptionServices;
using Workbench.Traces;

namespace Workbench.Replay.Feeding;

/// <summary>
/// Replays one trace through several machines at once and reads it only once. Every thread takes the replay that is furthest behind and gives it the next
/// block, or reads that block if nobody has; a block is used again when all replays have had it. Results do not depend on the number of threads.
/// </summary>
public sealed class SharedFeed
{
    /// <summary>640 KiB of events: they stay in a second-level cache while a thread gives them to its replays.</summary>
    private const int BlockEvents = 16_384;
    /// <summary>How far the first replay may be ahead of the last.</summary>
    private const int Window = 8;

    private readonly Func<ITraceSource> open;
    private readonly ITraceSource source;
    private readonly Slot[] slots;
    private readonly int blockEvents;
    private readonly EventBlock?[] blocks = new EventBlock?[Window];
    private readonly object gate = new();
    private readonly Lock telling = new();
    private readonly Action<int, FedReplay>? done;
    private readonly Action<long>? progress;
    private readonly CancellationTokenSource stop;
    private readonly CancellationToken cancellation;
    private long blocksRead, eventsDone;
    private bool isReading, isRead;
    private int unfinished;
    private ExceptionDispatchInfo? broken;

    /// <summary>One replay: how far it is, and who has it.</summary>
    private sealed class Slot(int number, Experiment experiment, ITraceSource source)
    {
        public int Number { get; } = number;
        public Experiment Experiment { get; } = experiment;
        /// <summary>A closed loop asks for its events itself, so it has a source of its own and is done in one go.</summary>
        public bool Pulls { get; } = experiment.Loop != "open";
        public BlockTexts Texts { get; } = new(source);
        public Replayer? Replayer { get; set; }
        public FedReplay? Outcome { get; set; }
        public long BlocksHad { get; set; }
        public bool IsBusy { get; set; }
        public int LastThread { get; set; } = number;
    }

    /// <summary>What a replay asks of its source: provenance, and the texts of the block that it is given.</summary>
    private sealed class BlockTexts(ITraceSource source) : ITraceSource
    {
        public EventBlock? Block { get; set; }
        public TraceProvenance Provenance => source.Provenance;
        public long EventCount => source.EventCount;
        public ReadOnlySpan<TraceEvent> Next() => [];
        public string TextOf(in TraceEvent mark) => Block is { } block ? block.TextOf(mark) : throw new ArgumentException("No events have been handed out.", nameof(mark));
    }

    private SharedFeed(Func<ITraceSource> open, ITraceSource source, IReadOnlyList<Experiment> experiments, int blockEvents, Action<int, FedReplay>? done, Action<long>? progress, CancellationToken cancellation)
    {
        (this.open, this.source, this.blockEvents, this.done, this.progress, this.cancellation) = (open, source, blockEvents, done, progress, cancellation);
        slots = [.. experiments.Select((e, i) => new Slot(i, e, source))];
        unfinished = slots.Length;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    /// <summary>Replays every experiment and returns what became of each, in their order; one that fails leaves the others alone.</summary>
    /// <param name="open">Opens the trace; once, and once more for each experiment with a closed loop. A source that is <see cref="IDisposable"/> is disposed.</param>
    /// <param name="experiments">What to replay; each has a machine of its own, so all of them take memory at the same time.</param>
    /// <param name="threads">Threads that work at the same time, the caller's among them; at least 1.</param>
    /// <param name="done">Told the number and the outcome of each replay as soon as it has one, one call at a time.</param>
    /// <param name="progress">Told the events replayed so far, summed over all replays, one call at a time.</param>
    /// <param name="cancellation">Stops all replays with <see cref="OperationCanceledException"/>.</param>
    public static IReadOnlyList<FedReplay> Run(Func<ITraceSource> open, IReadOnlyList<Experiment> experiments, int threads, Action<int, FedReplay>? done = null, Action<long>? progress = null, CancellationToken cancellation = default) =>
        Run(open, experiments, threads, BlockEvents, done, progress, cancellation);

    internal static IReadOnlyList<FedReplay> Run(Func<ITraceSource> open, IReadOnlyList<Experiment> experiments, int threads, int blockEvents, Action<int, FedReplay>? done, Action<long>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(experiments);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (experiments.Count == 0) return [];
        ITraceSource source = open();
        try
        {
            return new SharedFeed(open, source, experiments, blockEvents, done, progress, cancellation).RunAll(threads);
        }
        finally
        {
            (source as IDisposable)?.Dispose();
        }
    }

    private FedReplay[] RunAll(int threads)
    {
        Thread[] others = [.. Enumerable.Range(1, Math.Min(threads, slots.Length + 1) - 1).Select(i => new Thread(() => Work(i)) { IsBackground = true, Name = "replay" })];
        try
        {
            foreach (Thread thread in others) thread.Start();
            Work(0);
            foreach (Thread thread in others) thread.Join();
        }
        finally
        {
            foreach (Slot slot in slots) slot.Replayer?.Dispose();
            stop.Dispose();
        }
        cancellation.ThrowIfCancellationRequested();
        broken?.Throw();
        return [.. slots.Select(s => s.Outcome ?? throw new System.Diagnostics.UnreachableException($"replay {s.Number} has no outcome"))];
    }

    private void Work(int thread)
    {
        try
        {
            while (Take(thread, out Slot? slot))
            {
                if (slot is null) Read();
                else Replay(slot);
            }
        }
        catch (Exception e)
        {
            lock (gate)
            {
                broken ??= ExceptionDispatchInfo.Capture(e);
                stop.Cancel();
                Monitor.PulseAll(gate);
            }
        }
    }

    /// <summary>What the thread does next: a replay's next block, or (null) reading one. False when there is nothing left to do.</summary>
    private bool Take(int thread, out Slot? slot)
    {
        lock (gate)
        {
            while (unfinished > 0 && broken is null)
            {
                stop.Token.ThrowIfCancellationRequested();
                slot = null;
                if (ShouldRead(ahead: true)) return isReading = true;
                slot = Furthest(thread);
                if (slot is not null)
                {
                    (slot.IsBusy, slot.LastThread) = (true, thread);
                    return true;
                }
                if (ShouldRead(ahead: false)) return isReading = true;
                Monitor.Wait(gate);
            }
            slot = null;
            return false;
        }
    }

    /// <summary>Is there room for a block that somebody waits for? With <paramref name="ahead"/> only if no block is ready beyond the one that the first replay takes next.</summary>
    private bool ShouldRead(bool ahead)
    {
        if (isReading || isRead) return false;
        long first = long.MaxValue, last = -1;
        foreach (Slot slot in slots)
        {
            if (slot.Outcome is not null || slot.Pulls) continue;
            (first, last) = (Math.Min(first, slot.BlocksHad), Math.Max(last, slot.BlocksHad));
        }
        return last >= 0 && blocksRead - first < Window && (!ahead || blocksRead < last + 2);
    }

    /// <summary>The replay that has had the fewest blocks and can go on; of two alike the one that the thread had last.</summary>
    private Slot? Furthest(int thread)
    {
        Slot? found = null;
        long least = long.MaxValue;
        foreach (Slot slot in slots)
        {
            if (slot.IsBusy || slot.Outcome is not null || !(slot.Pulls || slot.BlocksHad < blocksRead)) continue;
            long rank = (slot.BlocksHad * 2) + (slot.LastThread == thread ? 0 : 1);
            if (rank < least) (found, least) = (slot, rank);
        }
        return found;
    }

    private void Read()
    {
        // Nobody else touches the block: it is filled again only after all have had it.
        EventBlock block = blocks[blocksRead % Window] ??= new(blockEvents);
        block.FillFrom(source);
        lock (gate)
        {
            blocksRead++;
            (isReading, isRead) = (false, block.IsLast);
            Monitor.PulseAll(gate);
        }
    }

    private void Replay(Slot slot)
    {
        long before = slot.Replayer?.Events ?? 0;
        FedReplay? outcome = null;
        try
        {
            outcome = slot.Pulls ? new(Pull(slot), null) : Feed(slot);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            outcome = new(null, e);
        }
        if (!slot.Pulls && slot.Replayer is { } fed) Count(fed.Events - before);
        if (outcome is not null)
        {
            // Its memory is given back at once: others may need it.
            slot.Replayer?.Dispose();
            slot.Replayer = null;
            lock (telling) done?.Invoke(slot.Number, outcome);
        }
        lock (gate)
        {
            slot.BlocksHad++;
            slot.IsBusy = false;
            slot.Outcome = outcome;
            if (outcome is not null) unfinished--;
            Monitor.PulseAll(gate);
        }
    }

    private FedReplay? Feed(Slot slot)
    {
        EventBlock block = blocks[slot.BlocksHad % Window] ?? throw new System.Diagnostics.UnreachableException("a block was taken before it was read");
        slot.Texts.Block = block;
        slot.Replayer ??= Replayer.Begin(slot.Experiment, slot.Texts, cancellation: stop.Token);
        bool wantsMore = slot.Replayer.Feed(block.Events);
        if (wantsMore && block.Failure is { } failure) return new(null, failure);
        return wantsMore && !block.IsLast ? null : new(slot.Replayer.Finish(), null);
    }

    private ReplayResult Pull(Slot slot)
    {
        ITraceSource own = open();
        try
        {
            long counted = 0;
            return Replayer.Run(slot.Experiment, own, progress: events =>
            {
                Count(events - counted);
                counted = events;
            }, cancellation: stop.Token);
        }
        finally
        {
            (own as IDisposable)?.Dispose();
        }
    }

    private void Count(long events)
    {
        if (progress is null || events == 0) return;
        lock (telling) progress(eventsDone += events);
    }
}
