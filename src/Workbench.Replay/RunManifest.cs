using Workbench.Display;
using Workbench.Replay.Display;

namespace Workbench.Replay;

/// <summary>What ran: enough to run it again and to know that the result belongs to it. Holds no clock time and no path.</summary>
[TypeFormatterSource(typeof(SelfFormatter<RunManifest, RunManifestDisplay>))]
public sealed record RunManifest
{
    /// <summary>Version of the result files' layout.</summary>
    public int Format { get; init; } = 1;
    /// <summary>Program and version.</summary>
    public required string Tool { get; init; }
    /// <summary>The trace's file name.</summary>
    public required string Trace { get; init; }
    /// <summary>sha256 of the trace file, lower-case hex.</summary>
    public required string TraceSha256 { get; init; }
    /// <summary>The experiment as run.</summary>
    public required Experiment Experiment { get; init; }
    /// <summary>sha256 of the experiment's JSON.</summary>
    public required string ExperimentSha256 { get; init; }
    /// <summary>The files written beside the manifest and their sha256.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }
}
