using Workbench.Display;
using Workbench.Iommu;

namespace Workbench.Traces.Display;

/// <summary>An event in one line: when, who, what, where.</summary>
internal sealed class TraceEventDisplay : IDisplay<TraceEvent>
{
    /// <inheritdoc/>
    public static void Describe(TraceEvent value, ICard card) => card.Text($"{Quantity.Moment(value.TimeNs)} {Sentence(value)}{Remarks(value)}");

    private static string Sentence(in TraceEvent e) => e.Kind switch
    {
        EventKind.Map => $"{Who(e)}: map {Range(e)} to {Quantity.Hex(e.Target)}, {Letters(e.Permission)}",
        EventKind.Unmap => $"{Who(e)}: unmap {Range(e)}",
        EventKind.Read => $"{Who(e)}: read {Range(e)}",
        EventKind.Write => $"{Who(e)}: write {Range(e)}",
        EventKind.InvalidateRange => $"domain {e.Domain}: invalidate {Range(e)}",
        EventKind.InvalidateDomain => $"domain {e.Domain}: invalidate all",
        EventKind.InvalidateAll => "every domain: invalidate all",
        EventKind.Mark => $"mark, text {Quantity.Count(unchecked((long)e.Target))}",
        EventKind.Attach => $"{Who(e)}: attach to domain {e.Domain}",
        EventKind.Translate => $"{Who(e)}: recorder translated {Quantity.Hex(e.Iova)} to {Quantity.Hex(e.Target)}, page of {Quantity.Bytes(e.Length)}, {Letters(e.Permission)}, {((e.Flags & EventFlags.Hit) != 0 ? "hit" : "fill")}",
        _ => $"no event (kind {(byte)e.Kind})",
    };

    private static string Who(in TraceEvent e) => e.Pasid is { } pasid ? $"{e.Device} PASID {pasid}" : e.Device.ToString();

    // Of a length that leads beyond 2^64 the end wraps, as it does on the bus.
    private static string Range(in TraceEvent e) => e.Length == 0 ? $"nothing at {Quantity.Hex(e.Iova)}" : $"{Quantity.Hex(e.Iova)}-{Quantity.Hex(unchecked(e.Iova + e.Length - 1))} ({Quantity.Bytes(e.Length)})";

    private static string Letters(Permission permission) => permission switch
    {
        Permission.ReadWrite => "RW",
        Permission.Read => "R",
        Permission.Write => "W",
        _ => "no access",
    };

    private static string Remarks(in TraceEvent e)
    {
        List<string> remarks = [];
        if ((e.Flags & EventFlags.Ring) != 0) remarks.Add("ring");
        if ((e.Flags & EventFlags.Interrupt) != 0) remarks.Add("interrupt");
        if ((e.Flags & EventFlags.Inferred) != 0) remarks.Add("inferred");
        if ((e.Flags & EventFlags.DirectionInferred) != 0) remarks.Add("direction inferred");
        if ((e.Flags & EventFlags.LengthInferred) != 0) remarks.Add("length inferred");
        return remarks.Count == 0 ? "" : $"; {string.Join(", ", remarks)}";
    }
}
