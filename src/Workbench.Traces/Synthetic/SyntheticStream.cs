using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>A synthetic trace being generated, without end: attaches and maps at time 0, then accesses at a fixed rate.</summary>
public sealed class SyntheticStream
{
    private readonly TraceEvent[] setup;
    private readonly IAccessPattern pattern;
    private readonly long stepNs;
    private SplitMix64 random;
    private int setupAt;

    internal SyntheticStream(IReadOnlyList<SyntheticMapping> mappings, IAccessPattern pattern, ulong seed, long stepNs)
    {
        this.pattern = pattern;
        this.stepNs = stepNs;
        random = new(seed);
        TimeNs = stepNs;
        setup =
        [
            .. mappings.Select(static m => TraceEvent.Attach(0, m.Device, m.Domain)),
            .. mappings.Select(static m => TraceEvent.Map(0, m.Device, m.Iova, m.Length, m.Physical, Permission.ReadWrite)),
        ];
    }

    /// <summary>How many events come before the first access.</summary>
    public int SetupEvents => setup.Length;
    /// <summary>Time of the next access.</summary>
    public long TimeNs { get; private set; }

    /// <summary>Writes the next events. How a trace is cut into spans does not change it.</summary>
    public void Fill(Span<TraceEvent> events)
    {
        int count = Math.Min(setup.Length - setupAt, events.Length);
        setup.AsSpan(setupAt, count).CopyTo(events);
        setupAt += count;
        events = events[count..];
        if (events.IsEmpty) return;
        pattern.Fill(events, TimeNs, stepNs, ref random);
        TimeNs += events.Length * stepNs;
    }
}
