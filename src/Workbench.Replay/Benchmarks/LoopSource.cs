using Workbench.Traces;

namespace Workbench.Replay.Benchmarks;

/// <summary>Events from memory. Notes processor time and allocations when the first access is handed out and when the last was processed, so that set-up and the final harvest stay outside.</summary>
internal sealed class LoopSource(TraceEvent[] setup, TraceEvent[] accesses, int warmUp) : ITraceSource
{
    private const int AtOnce = 4096;

    private bool isSetUp;
    private int at;
    private long beganAt;
    private long allocatedAt;

    public TraceProvenance Provenance { get; } = new() { MigrationView = "iova" };
    public long EventCount => setup.Length + accesses.Length;
    public double Seconds { get; private set; }
    public long AllocatedBytes { get; private set; }
    public TraceEvent[] Accesses => accesses;
    public int Measured => accesses.Length - warmUp;

    public ReadOnlySpan<TraceEvent> Next()
    {
        if (!isSetUp)
        {
            isSetUp = true;
            return setup;
        }
        if (at == accesses.Length)
        {
            Seconds = (ThreadClock.Ns - beganAt) / 1e9;
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocatedAt;
            return [];
        }
        if (at == warmUp) (allocatedAt, beganAt) = (GC.GetAllocatedBytesForCurrentThread(), ThreadClock.Ns);
        int limit = at < warmUp ? warmUp : accesses.Length;
        ReadOnlySpan<TraceEvent> next = accesses.AsSpan(at, Math.Min(AtOnce, limit - at));
        at += next.Length;
        return next;
    }

    public string TextOf(in TraceEvent mark) => "";
}
