using Workbench.Traces;
using Workbench.Traces.Synthetic;

namespace Workbench.Replay.Tests.Policies;

/// <summary>The first events of a synthetic workload as a trace of a guest whose memory is whole pieces of 1 GiB.</summary>
internal sealed class SyntheticTrace : ITraceSource
{
    private const ulong Piece = 1UL << 30;

    private readonly TraceEvent[] events;
    private int position;

    public SyntheticTrace(string workload, int accesses, long nanosecondsPerEvent)
    {
        SyntheticWorkload found = SyntheticWorkload.Find(workload);
        SyntheticStream stream = found.Begin(seed: 1, nanosecondsPerEvent);
        events = new TraceEvent[stream.SetupEvents + accesses];
        stream.Fill(events);
        ulong first = found.Mappings.Min(m => m.Physical) & ~(Piece - 1), end = (found.Mappings.Max(m => m.Physical + m.Length) + (Piece - 1)) & ~(Piece - 1);
        Provenance = new() { Title = workload, GuestMemory = [new() { Start = first, Length = end - first }] };
    }

    public TraceProvenance Provenance { get; }
    public long EventCount => events.Length;

    public ReadOnlySpan<TraceEvent> Next()
    {
        ReadOnlySpan<TraceEvent> rest = events.AsSpan(position);
        position = events.Length;
        return rest;
    }

    public string TextOf(in TraceEvent mark) => "";
}
