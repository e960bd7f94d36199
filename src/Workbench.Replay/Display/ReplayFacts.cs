using Workbench.Display;
using Workbench.Replay.Costs;

namespace Workbench.Replay.Display;

/// <summary>The counts that a result and its flat summary have in common, and how both say them.</summary>
internal readonly record struct ReplayFacts
{
    public required long Events { get; init; }
    public required long Accesses { get; init; }
    public required double DurationNs { get; init; }
    public required ulong BytesWritten { get; init; }
    public required ulong BytesRead { get; init; }
    public required long Written { get; init; }
    public required long DistinctWritten { get; init; }
    public required long Reported { get; init; }
    public required long ReportedLeaves { get; init; }
    public required long OverReported { get; init; }
    public required long Missed { get; init; }
    public required ulong ToSendAt4K { get; init; }
    public required ulong ToSendAt2M { get; init; }
    public required ulong ToSendAt1G { get; init; }
    public required long Hits { get; init; }
    public required long Misses { get; init; }
    public required long Rewalks { get; init; }
    public required long Invalidations { get; init; }
    public required long Commands { get; init; }
    public required CostRange HarvestNs { get; init; }
    public required CostRange WalkNs { get; init; }
    public required string CostProfile { get; init; }
    public long? Leaves { get; init; }
    public required long PeakTableBytes { get; init; }
    public required long Faults { get; init; }
    public required long Unmapped { get; init; }
    public required long Interrupts { get; init; }

    /// <summary>The rows of the table, those that say nothing left out.</summary>
    public static IEnumerable<Fact> Of(ReplayFacts r)
    {
        yield return new("Trace", $"{Quantity.Count(r.Events, "event")}, {Quantity.Count(r.Accesses, "access", "accesses")} in {Quantity.Time(r.DurationNs)}");
        yield return new("Payload", $"{Quantity.Bytes(r.BytesWritten)} written, {Quantity.Bytes(r.BytesRead)} read");
        yield return new("4 KiB pages written", $"{Quantity.Count(r.Written)} summed over harvests, {Quantity.Count(r.DistinctWritten)} distinct");
        yield return new("4 KiB pages reported", $"{Quantity.Count(r.Reported)} in {Quantity.Count(r.ReportedLeaves)} leaves");
        yield return new("4 KiB pages over-reported", $"{Quantity.Count(r.OverReported)} ({Quantity.Share(r.OverReported, r.Reported)} of reported)");
        yield return new("4 KiB pages missed", Quantity.Count(r.Missed));
        yield return new("To send, tracked at 4 KiB", Quantity.Bytes(r.ToSendAt4K));
        yield return new("To send, tracked at 2 MiB", Quantity.Bytes(r.ToSendAt2M) + Times(r.ToSendAt2M, r.ToSendAt4K));
        yield return new("To send, tracked at 1 GiB", Quantity.Bytes(r.ToSendAt1G) + Times(r.ToSendAt1G, r.ToSendAt4K));
        yield return new("IOTLB", $"{Quantity.Count(r.Hits)} hits, {Quantity.Count(r.Misses)} misses, {Quantity.Count(r.Rewalks)} re-walks to set D ({Quantity.Share(r.Hits, (double)r.Hits + r.Misses + r.Rewalks)} hits)");
        yield return new("Commands", $"{Quantity.Count(r.Invalidations, "invalidation")} ({Quantity.Count(r.Commands, "descriptor")})");
        yield return new("Harvests took", $"{Range(r.HarvestNs)} (low - typical - high; costs: {r.CostProfile})");
        yield return new("Walks took", $"{Range(r.WalkNs)} of the IOMMU's time");
        yield return new("Tables", $"{(r.Leaves is { } leaves ? $"{Quantity.Count(leaves, "leaf", "leaves")} at the end, " : "")}{Quantity.Bytes(r.PeakTableBytes)} of memory at most");
        if (r.Faults != 0) yield return new("Faults", Quantity.Count(r.Faults));
        if (r.Unmapped != 0) yield return new("Left out", $"{Quantity.Count(r.Unmapped)} accesses to addresses the trace never maps");
        if (r.Interrupts != 0) yield return new("Left out", $"{Quantity.Count(r.Interrupts)} interrupt writes (not memory)");
    }

    /// <summary>A time with its range.</summary>
    public static string Range(CostRange ns) => Quantity.Times(ns.Low, ns.Default, ns.High);

    private static string Times(ulong more, ulong less) => less == 0 ? "" : FormattableString.Invariant($" ({(double)more / less:n1} x)");
}
