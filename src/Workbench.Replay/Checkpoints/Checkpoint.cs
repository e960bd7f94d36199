using Workbench.Traces;

namespace Workbench.Replay.Checkpoints;

/// <summary>
/// The whole state of a replay at one event, in memory or in a file: tables, caches, queues, domains, trackers, software in the middle of its steps, results so far.
/// Any number of replays can go on from one checkpoint, each with a result as if it had never stopped (docs/checkpoints.md).
/// </summary>
public sealed class Checkpoint
{
    private readonly byte[] image;

    internal Checkpoint(CheckpointInfo info, byte[] image) => (Info, this.image) = (info, image);

    /// <summary>What it says of itself.</summary>
    public CheckpointInfo Info { get; }
    /// <summary>Size of the state, uncompressed, bytes.</summary>
    public long Bytes => image.LongLength;

    /// <summary>A checkpoint of a replay that has not finished, which goes on as if nothing had happened. Policies that a caller made himself cannot be held.</summary>
    public static Checkpoint Of(Replayer replayer)
    {
        ArgumentNullException.ThrowIfNull(replayer);
        byte[] image = replayer.Image();
        return new(new()
        {
            Build = StateTypes.BuildId, TraceEvents = replayer.SourceEvents, Position = replayer.Position, SourcePosition = replayer.SourcePosition, TimeNs = replayer.LastTimeNs, Tracks = replayer.Tracks, Experiment = replayer.Experiment,
        }, image);
    }

    /// <summary>
    /// A replay that goes on from here. <paramref name="source"/> is the same trace; it is moved to the right event, or read up to it if it cannot seek.
    /// <paramref name="changed"/>: an experiment that differs in what only tracking decides; possible as long as tracking had not begun.
    /// </summary>
    public Replayer Resume(ITraceSource source, Experiment? changed = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.EventCount != Info.TraceEvents && Info.TraceEvents >= 0)
            throw new TraceFormatException($"The checkpoint is of a trace of {Info.TraceEvents} events{(Info.Trace.Length > 0 ? $", '{Info.Trace}'" : "")}; this one has {source.EventCount}. Resume with the trace it was made from.");
        Replayer replayer;
        try
        {
            replayer = Replayer.Of(image, source, Info.SourcePosition, cancellation);
        }
        catch (InvalidDataException wrong)
        {
            throw new TraceFormatException($"The state of the checkpoint cannot be used: {wrong.Message}. Make it anew, or replay from the beginning.", wrong);
        }
        if (changed is null || changed == Info.Experiment) return replayer;
        try
        {
            return replayer.With(changed);
        }
        catch
        {
            replayer.Dispose();
            throw;
        }
    }

    /// <summary>Writes the file whole or not at all; an older one is replaced.</summary>
    /// <param name="path">Where.</param>
    /// <param name="trace">The trace's file name.</param>
    /// <param name="traceSha256">sha256 of the trace file, lower-case hex, so that no other trace is resumed by mistake; empty if not known.</param>
    /// <param name="tool">Program and version.</param>
    public void Save(string path, string trace = "", string traceSha256 = "", string tool = "") => CheckpointFile.Write(path, Info with { Trace = trace, TraceSha256 = traceSha256, Tool = tool }, image);

    /// <summary>Reads a file that <see cref="Save"/> wrote. What is damaged, cut short, foreign or of another build is refused with a <see cref="TraceFormatException"/>.</summary>
    public static Checkpoint Load(string path)
    {
        (CheckpointInfo info, byte[] state) = CheckpointFile.Read(path);
        return new(info, state);
    }

    /// <summary>Does the file begin as a checkpoint does? Says nothing of whether it is whole.</summary>
    public static bool IsAt(string path) => CheckpointFile.IsAt(path);
}
