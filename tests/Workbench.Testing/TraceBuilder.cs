using Workbench.Iommu;
using Workbench.Traces;

namespace Workbench.Testing;

/// <summary>Writes small traces by hand: each call adds an event at the current time, by the current device.</summary>
public sealed class TraceBuilder
{
    private readonly List<TraceEvent> events = [];
    private readonly List<string> texts = [];
    private long timeNs;
    private RequesterId device = RequesterId.Of(0, 1, 0);
    private uint pasid = TraceEvent.NoPasid;

    public TraceProvenance Provenance { get; set; } = new() { Title = "made by hand" };
    public IReadOnlyList<TraceEvent> Events => events;
    public long TimeNs => timeNs;

    public TraceBuilder At(long ns)
    {
        timeNs = ns;
        return this;
    }

    public TraceBuilder After(long ns) => At(timeNs + ns);

    public TraceBuilder By(RequesterId requester, uint pasidOrNone = TraceEvent.NoPasid)
    {
        (device, pasid) = (requester, pasidOrNone);
        return this;
    }

    public TraceBuilder Attach(ushort domain) => Add(TraceEvent.Attach(timeNs, device, new(domain), EventFlags.None, pasid));

    /// <summary>Maps a range; to the same physical address plus 4 GiB unless told otherwise.</summary>
    public TraceBuilder Map(ulong iova, ulong length, ulong? physical = null, Permission permission = Permission.ReadWrite) =>
        Add(TraceEvent.Map(timeNs, device, iova, length, physical ?? iova + (1UL << 32), permission, EventFlags.None, pasid));

    public TraceBuilder Unmap(ulong iova, ulong length) => Add(TraceEvent.Unmap(timeNs, device, iova, length, EventFlags.None, pasid));

    public TraceBuilder Write(ulong iova, ulong length = 64, EventFlags flags = EventFlags.None) => Add(TraceEvent.Write(timeNs, device, iova, length, flags, pasid));

    public TraceBuilder Read(ulong iova, ulong length = 64, EventFlags flags = EventFlags.None) => Add(TraceEvent.Read(timeNs, device, iova, length, flags, pasid));

    public TraceBuilder Invalidate(ushort domain, ulong iova, ulong length) => Add(TraceEvent.InvalidateRange(timeNs, new(domain), iova, length));

    public TraceBuilder InvalidateDomain(ushort domain) => Add(TraceEvent.InvalidateDomain(timeNs, new(domain)));

    public TraceBuilder InvalidateAll() => Add(TraceEvent.InvalidateAll(timeNs));

    public TraceBuilder Mark(string text)
    {
        texts.Add(text);
        return Add(TraceEvent.Mark(timeNs, (ulong)texts.Count - 1));
    }

    public TraceBuilder Add(TraceEvent traceEvent)
    {
        events.Add(traceEvent);
        return this;
    }

    /// <summary>Says what memory the guest has, for the gpa view.</summary>
    public TraceBuilder WithGuestMemory(params (ulong Start, ulong Length)[] ranges)
    {
        Provenance = Provenance with { GuestMemory = [.. ranges.Select(r => new TraceMemoryRange { Start = r.Start, Length = r.Length })] };
        return this;
    }

    /// <summary>The trace from its beginning; <paramref name="mostAtOnce"/> events at most in one read.</summary>
    public ListTrace Build(int mostAtOnce = int.MaxValue) => new([.. events], [.. texts], Provenance, mostAtOnce);
}
