using Workbench.Iommu;

namespace Workbench.Traces.Guest;

/// <summary>Where and when an event was recorded: what every dialect says before the event itself.</summary>
internal readonly record struct EventOrigin(long TimeNs, int Cpu, int ThreadId, long Line);

/// <summary>What the DMA API events say of a buffer besides its addresses.</summary>
internal readonly record struct DmaSubject(RequesterId? Device, DmaDirection Direction, bool IsCoherent = false);

/// <summary>What came of looking at one recorded event.</summary>
internal enum EventVerdict
{
    /// <summary>It became guest events.</summary>
    Understood,
    /// <summary>It is of a kind, or says something, that guest events have no word for.</summary>
    Other,
    /// <summary>It should have become guest events but cannot be understood.</summary>
    Bad,
}

/// <summary>The guest events of one recorded event, checked; one scatter list becomes several. Shared by the text and the binary readers.</summary>
internal sealed class GuestEventBatch
{
    // The kernel's DMA_MAPPING_ERROR: newer kernels trace failed mappings too, with this address.
    private const ulong FailedMapping = ulong.MaxValue;
    private const ulong PageBytes = 4096;

    private readonly List<GuestEvent> events = [];
    private int taken;
    private EventOrigin origin;

    /// <summary>After <see cref="Refuse"/>: what was wrong and what is allowed.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Forgets the last recorded event and starts the next.</summary>
    public void Begin(in EventOrigin next)
    {
        events.Clear();
        taken = 0;
        origin = next;
    }

    /// <summary>Takes the next guest event out.</summary>
    public bool TryTake(out GuestEvent guestEvent)
    {
        if (taken == events.Count)
        {
            guestEvent = default;
            return false;
        }
        guestEvent = events[taken++];
        return true;
    }

    /// <summary>Drops what was added since <see cref="Begin"/> and keeps the reason.</summary>
    public EventVerdict Refuse(string problem)
    {
        events.Clear();
        taken = 0;
        Problem = problem;
        return EventVerdict.Bad;
    }

    /// <summary>Adds iommu:map or iommu:unmap. A length of 0 did nothing and is passed over.</summary>
    public EventVerdict AddRange(GuestEventKind kind, ulong iova, ulong length, ulong physical)
    {
        if (length == 0) return EventVerdict.Other;
        if (Wraps(iova, length) || Wraps(physical, length)) return RefuseWrap();
        if (((iova | length | physical) & (PageBytes - 1)) != 0) return Refuse("an IOMMU maps whole pages; addresses and sizes must be multiples of 4096");
        events.Add(Blank(kind) with { Iova = iova, Length = length, Physical = physical });
        return EventVerdict.Understood;
    }

    /// <summary>Adds one buffer of the DMA API. A length of 0 and a failed mapping are passed over.</summary>
    public EventVerdict AddDma(GuestEventKind kind, in DmaSubject subject, ulong iova, ulong length, ulong physical)
    {
        if (length == 0 || iova == FailedMapping) return EventVerdict.Other;
        if (Wraps(iova, length) || Wraps(physical, length)) return RefuseWrap();
        events.Add(Blank(kind) with
        {
            Device = subject.Device,
            Direction = subject.Direction,
            IsCoherent = subject.IsCoherent,
            Iova = iova,
            Length = length,
            Physical = physical,
        });
        return EventVerdict.Understood;
    }

    /// <summary>Adds one piece of dma_unmap_sg, which names physical addresses only.</summary>
    public void AddScatterUnmap(in DmaSubject subject, ulong physical) =>
        events.Add(Blank(GuestEventKind.DmaUnmapScatter) with { Device = subject.Device, Direction = subject.Direction, Physical = physical });

    /// <summary>Adds an attach or a detach.</summary>
    public EventVerdict AddDevice(GuestEventKind kind, RequesterId? device)
    {
        events.Add(Blank(kind) with { Device = device });
        return EventVerdict.Understood;
    }

    /// <summary>Adds a fault report.</summary>
    public EventVerdict AddFault(RequesterId? device, ulong iova, uint flags)
    {
        events.Add(Blank(GuestEventKind.PageFault) with { Device = device, Iova = iova, FaultFlags = flags });
        return EventVerdict.Understood;
    }

    /// <summary>Adds a text.</summary>
    public EventVerdict AddMark(string text)
    {
        events.Add(Blank(GuestEventKind.Mark) with { Text = text });
        return EventVerdict.Understood;
    }

    private GuestEvent Blank(GuestEventKind kind) =>
        new() { TimeNs = origin.TimeNs, Kind = kind, Cpu = origin.Cpu, ThreadId = origin.ThreadId, Line = origin.Line };

    private EventVerdict RefuseWrap() => Refuse("the range runs past 2^64; address plus length must stay below it");

    private static bool Wraps(ulong address, ulong length) => length > ulong.MaxValue - address;
}
