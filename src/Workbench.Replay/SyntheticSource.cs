using Workbench.Replay.Feeding;
using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Replay;

/// <summary>A synthetic workload as a source of events, generated as they are asked for: the same events as in the file that <c>workbench trace generate</c> writes.</summary>
public sealed class SyntheticSource : IFillingSource
{
    private const int AtOnce = 1024;

    private readonly SyntheticStream stream;
    private readonly TraceEvent[] buffer = new TraceEvent[AtOnce];
    private long left;

    /// <summary>Begins the workload.</summary>
    /// <param name="workload">What the devices do.</param>
    /// <param name="accesses">Accesses to generate, at least 1; attaches and maps come before them.</param>
    /// <param name="seed">Another seed gives another trace of the same kind.</param>
    /// <param name="nanosecondsPerEvent">Time from one access to the next, 0 to 1,000,000,000 ns.</param>
    public SyntheticSource(SyntheticWorkload workload, long accesses, ulong seed = 1, long nanosecondsPerEvent = 100)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentOutOfRangeException.ThrowIfLessThan(accesses, 1);
        stream = workload.Begin(seed, nanosecondsPerEvent);
        EventCount = left = accesses + stream.SetupEvents;
        Provenance = new() { Title = $"synthetic workload {workload.Name}: {workload.Description}", TimeOrigin = "generated from 0", MigrationView = "iova", License = "MIT" };
    }

    /// <inheritdoc/>
    public TraceProvenance Provenance { get; }
    /// <inheritdoc/>
    public long EventCount { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<TraceEvent> Next() => buffer.AsSpan(0, Fill(buffer, out _));

    /// <inheritdoc/>
    public int Fill(Span<TraceEvent> events, out bool mayHoldMarks)
    {
        int count = (int)Math.Min(events.Length, left);
        stream.Fill(events[..count]);
        left -= count;
        mayHoldMarks = false;
        return count;
    }

    /// <summary>Refuses: workloads have no marks.</summary>
    public string TextOf(in TraceEvent mark) => throw new ArgumentException("A synthetic workload has no marks.", nameof(mark));
}
