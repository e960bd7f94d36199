using System.Diagnostics;
using Workbench.Replay;
using Workbench.Traces;

namespace Workbench.Benchmarks;

/// <summary>Events from memory. Notes clock and allocations when the first access is handed out and when the last was processed, so that set-up and the final harvest stay outside.</summary>
internal sealed class LoopSource(TraceEvent[] setup, TraceEvent[] accesses, int warmUp) : ITraceSource
{
    private int setupAt;
    private int at;
    private long beganAt;
    private long allocatedAt;

    public TraceProvenance Provenance { get; } = new() { MigrationView = "iova" };
    public long EventCount => setup.Length + accesses.Length;
    public double Seconds { get; private set; }
    public long AllocatedBytes { get; private set; }
    public int Measured => accesses.Length - warmUp;

    public int Read(Span<TraceEvent> events)
    {
        if (setupAt < setup.Length)
        {
            int count = Math.Min(events.Length, setup.Length - setupAt);
            setup.AsSpan(setupAt, count).CopyTo(events);
            setupAt += count;
            return count;
        }
        if (at == accesses.Length)
        {
            Seconds = Stopwatch.GetElapsedTime(beganAt).TotalSeconds;
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocatedAt;
            return 0;
        }
        if (at == warmUp) (allocatedAt, beganAt) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        int limit = at < warmUp ? warmUp : accesses.Length;
        int got = Math.Min(events.Length, limit - at);
        accesses.AsSpan(at, got).CopyTo(events);
        at += got;
        return got;
    }

    public string TextOf(in TraceEvent mark) => "";
}
