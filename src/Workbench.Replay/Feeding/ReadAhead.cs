using System.Runtime.ExceptionServices;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Replay.Feeding;

/// <summary>
/// Reads a source on a thread of its own, a few blocks ahead of the caller: the same events, texts and failures, in the same order. Dispose it before
/// the source; no thread is left then.
/// </summary>
public sealed class ReadAhead : ITraceSource, IDisposable
{
    private const int BlockEvents = 4096;
    /// <summary>
    /// 3.75 MiB of events, used in turn, so that a block has left the other processor's caches before it is filled again: while it is there, writing it takes three times as long.
    /// </summary>
    private const int Blocks = 24; // FileBenchmark: with 8 a third slower, with 64 no faster
    /// <summary>Read in a millisecond: not worth a thread.</summary>
    private const int ShortTrace = 131_072;

    private readonly ITraceSource source;
    // Who had to wait goes on once so many blocks are his, so that the two do not wake each other for every block: the caller soon, since nothing is replayed meanwhile.
    private readonly int enoughFree, enoughReady;
    private readonly object gate = new();
    private readonly Queue<EventBlock> ready = new();
    private readonly Queue<EventBlock> free = new();
    private readonly TextCache texts = new();
    private Thread? reader;
    private EventBlock? current;
    private bool isRead, isStopped;

    /// <summary>Readies the reading of a source, which begins with the first call of <see cref="Next"/>. The source is the reader's alone until it is disposed.</summary>
    public ReadAhead(ITraceSource source)
        : this(source, Blocks)
    {
    }

    internal ReadAhead(ITraceSource source, int blocks)
    {
        ArgumentNullException.ThrowIfNull(source);
        (this.source, enoughFree, enoughReady) = (source, blocks / 2, Math.Min(4, blocks / 2));
        for (int i = 0; i < blocks; i++) free.Enqueue(new(BlockEvents));
    }

    /// <inheritdoc/>
    public TraceProvenance Provenance => source.Provenance;
    /// <inheritdoc/>
    public long EventCount => source.EventCount;

    /// <summary>A reader ahead of a source, or null where a second thread gains nothing: the trace is short, or there is one processor only.</summary>
    public static ReadAhead? IfWorthwhile(ITraceSource source, int processors)
    {
        ArgumentNullException.ThrowIfNull(source);
        return processors > 1 && source.EventCount is < 0 or > ShortTrace ? new(source) : null;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<TraceEvent> Next()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isStopped, this);
            if (current is { IsLast: true } last)
            {
                // What failed once fails again; an end stays an end.
                if (last.Failure is { } failure) ExceptionDispatchInfo.Throw(failure);
                return [];
            }
            if (reader is null)
            {
                reader = new(ReadAll) { IsBackground = true, Name = "trace reader" };
                reader.Start();
            }
            if (current is not null)
            {
                free.Enqueue(current);
                current = null;
                if (free.Count == enoughFree) Monitor.Pulse(gate);
            }
            if (ready.Count == 0)
                while (ready.Count < enoughReady && !isRead && !isStopped) Monitor.Wait(gate);
            ObjectDisposedException.ThrowIf(isStopped, this);
            current = ready.Dequeue();
        }
        texts.Add(current.Texts);
        return current.Events.IsEmpty ? Next() : current.Events;
    }

    /// <summary>The text of a mark handed out lately.</summary>
    public string TextOf(in TraceEvent mark) => texts.TryFind(mark.Target, out string? text) && text is not null ? text
        : throw new ArgumentException($"Text {mark.Target} belongs to no mark read lately.", nameof(mark));

    /// <summary>Ends the thread, wherever it is, and waits for it. The source is not disposed.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isStopped = true;
            Monitor.PulseAll(gate);
        }
        reader?.Join();
    }

    private void ReadAll()
    {
        while (true)
        {
            EventBlock block;
            lock (gate)
            {
                if (free.Count == 0)
                    while (free.Count < enoughFree && !isStopped) Monitor.Wait(gate);
                if (isStopped) return;
                block = free.Dequeue();
            }
            block.FillFrom(source);
            lock (gate)
            {
                ready.Enqueue(block);
                isRead = block.IsLast;
                if (ready.Count == enoughReady || isRead) Monitor.Pulse(gate);
                if (isRead) return;
            }
        }
    }
}
