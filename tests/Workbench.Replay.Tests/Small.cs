using Workbench.Iommu;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests;

/// <summary>
/// The machine of the named examples: 39 address bits, so three tables of 512 entries lead to the page at 0 and a whole scan looks at 1536
/// entries of 5 ns; clearing costs 15 ns, an invalidation 1000 ns; the first harvest begins at 1 ms.
/// </summary>
internal static class Small
{
    public const long Begin = 1_000_000;
    /// <summary>When the first harvest looks at the leaf of page 0: after one entry of each table above.</summary>
    public const long LooksAtPage0 = Begin + (2 * 5);
    /// <summary>When it has looked at everything, having cleared nothing.</summary>
    public const long ScanEndClean = Begin + (3 * 512 * 5);
    /// <summary>When it has looked at everything, having cleared one leaf.</summary>
    public const long ScanEnd = ScanEndClean + 15;
    /// <summary>When the invalidation after that has completed.</summary>
    public const long FlushEnd = ScanEnd + 1000;
    /// <summary>When the traces end: long after the first harvest, before the second.</summary>
    public const long TraceEnd = 1_500_000;

    public const ulong Page = 4096, Large = 1UL << 21, Huge = 1UL << 30;
    public static readonly RequesterId First = RequesterId.Of(0, 1, 0), Second = RequesterId.Of(0, 2, 0);

    public static Experiment InIova => new() { View = View.Iova, AddressBits = 39, Iotlb = "1x64", HarvestEvery = "1ms" };
    public static Experiment InGpa => InIova with { View = View.Gpa };

    /// <summary>Domain 1 of the first device, page 0 mapped.</summary>
    public static TraceBuilder Trace() => new TraceBuilder().Attach(1).Map(0, Page);

    /// <summary>Replays up to <see cref="TraceEnd"/>: one harvest at 1 ms and the last one.</summary>
    public static ReplayResult Run(this TraceBuilder trace, Experiment experiment)
    {
        if (trace.TimeNs < TraceEnd) trace.At(TraceEnd).Mark("end of the example");
        return trace.RunAsItIs(experiment);
    }

    public static ReplayResult RunAsItIs(this TraceBuilder trace, Experiment experiment) => Replayer.Run(experiment, trace.Build(), cancellation: TestContext.Current.CancellationToken);
}
