namespace Workbench.Replay.Checkpoints;

/// <summary>What a checkpoint says of itself.</summary>
public sealed record CheckpointInfo
{
    /// <summary>Program and version.</summary>
    public string Tool { get; init; } = "";
    /// <summary>The exact build: a checkpoint is read by no other.</summary>
    public string Build { get; init; } = "";
    /// <summary>The trace's file name.</summary>
    public string Trace { get; init; } = "";
    /// <summary>sha256 of the trace file, lower-case hex; empty if nobody knew.</summary>
    public string TraceSha256 { get; init; } = "";
    /// <summary>Events in the trace, -1 if its source does not know.</summary>
    public long TraceEvents { get; init; } = -1;
    /// <summary>Events of the trace that were done with (<see cref="Replayer.Position"/>).</summary>
    public long Position { get; init; }
    /// <summary>Number of the event that the source goes on with.</summary>
    public long SourcePosition { get; init; }
    /// <summary>Time of the last event replayed, ns.</summary>
    public long TimeNs { get; init; }
    /// <summary>Had tracking begun?</summary>
    public bool Tracks { get; init; }
    /// <summary>The experiment.</summary>
    public Experiment Experiment { get; init; } = new();
}
