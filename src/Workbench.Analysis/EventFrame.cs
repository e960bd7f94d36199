using Microsoft.Data.Analysis;
using Workbench.Iommu;
using Workbench.Traces;

namespace Workbench.Analysis;

/// <summary>Trace events as a data frame; what a kind does not have is null.</summary>
internal static class EventFrame
{
    private const EventFlags AnyInferred = EventFlags.Inferred | EventFlags.DirectionInferred | EventFlags.LengthInferred;

    public static DataFrame Of(IReadOnlyList<TraceEvent> events, IReadOnlyList<string?> texts) => new(
        new Int64DataFrameColumn("time_ns", events.Select(e => e.TimeNs)), new StringDataFrameColumn("kind", events.Select(e => Words.Of(e.Kind))),
        new StringDataFrameColumn("device", events.Select(e => HasDevice(e.Kind) ? e.Device.ToString() : null)), new UInt32DataFrameColumn("pasid", events.Select(e => e.Pasid?.Value)),
        new UInt16DataFrameColumn("domain", events.Select(e => HasDomain(e.Kind) ? e.Domain.Value : (ushort?)null)),
        new UInt64DataFrameColumn("address", events.Select(e => HasRange(e.Kind) ? e.Iova : (ulong?)null)), new UInt64DataFrameColumn("length", events.Select(e => HasRange(e.Kind) ? e.Length : (ulong?)null)),
        new UInt64DataFrameColumn("physical", events.Select(e => HasPermission(e.Kind) ? e.Target : (ulong?)null)), new StringDataFrameColumn("direction", events.Select(DirectionOf)),
        new BooleanDataFrameColumn("hit", events.Select(e => e.Kind == EventKind.Translate ? (e.Flags & EventFlags.Hit) != 0 : (bool?)null)),
        new BooleanDataFrameColumn("ring", events.Select(e => e.IsAccess ? (e.Flags & EventFlags.Ring) != 0 : (bool?)null)),
        new BooleanDataFrameColumn("interrupt", events.Select(e => e.IsAccess ? (e.Flags & EventFlags.Interrupt) != 0 : (bool?)null)),
        new BooleanDataFrameColumn("inferred", events.Select(e => (e.Flags & AnyInferred) != 0)), new StringDataFrameColumn("text", texts));

    private static string? DirectionOf(TraceEvent e) => e.Kind switch
    {
        EventKind.Read => "read",
        EventKind.Write => "write",
        EventKind.Map or EventKind.Translate => e.Permission switch { Permission.Read => "read", Permission.Write => "write", Permission.ReadWrite => "both", _ => "none" },
        _ => null,
    };

    private static bool HasDevice(EventKind kind) => kind is not (EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll or EventKind.Mark);

    private static bool HasDomain(EventKind kind) => kind is EventKind.Attach or EventKind.InvalidateRange or EventKind.InvalidateDomain;

    private static bool HasRange(EventKind kind) => kind is EventKind.Map or EventKind.Unmap or EventKind.Read or EventKind.Write or EventKind.InvalidateRange or EventKind.Translate;

    private static bool HasPermission(EventKind kind) => kind is EventKind.Map or EventKind.Translate;
}
