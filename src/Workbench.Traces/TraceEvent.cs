using Workbench.Display;
using Workbench.Iommu;
using Workbench.Traces.Display;

namespace Workbench.Traces;

/// <summary>One event of a DMA trace, 40 bytes. Build it with the factory of its kind; a field a kind does not name is zero.</summary>
[TypeFormatterSource(typeof(SelfFormatter<TraceEvent, TraceEventDisplay>))]
public readonly record struct TraceEvent : IDmaAccess
{
    /// <summary>The value of <see cref="PasidOrNone"/> for a request without PASID.</summary>
    public const uint NoPasid = uint.MaxValue;

    /// <summary>Nanoseconds since the trace's origin (see the provenance for what that is); never decreases within a trace.</summary>
    public long TimeNs { get; init; }
    /// <summary>First byte of the event's range, as the device names it.</summary>
    public ulong Iova { get; init; }
    /// <summary>Bytes in the range; accesses and mappings have at least 1. Translate: the size of the page that was used.</summary>
    public ulong Length { get; init; }
    /// <summary>Map and Translate: physical address of the first byte. Attach and invalidations: the domain. Mark: the text's number.</summary>
    public ulong Target { get; init; }
    /// <summary>The device, where the kind has one.</summary>
    public RequesterId Device { get; init; }
    /// <summary>What the event is.</summary>
    public EventKind Kind { get; init; }
    /// <summary>How it is to be taken.</summary>
    public EventFlags Flags { get; init; }
    /// <summary>The PASID of the request, or <see cref="NoPasid"/>.</summary>
    public uint PasidOrNone { get; init; }

    // PASID 0 is the address space of requests without PASID: not every vendor lets a device name it.
    uint IDmaAccess.PasidOrNone => PasidOrNone == 0 ? NoPasid : PasidOrNone;
    bool IDmaAccess.IsWrite => Kind == EventKind.Write;

    /// <summary>The PASID, if the request carries one.</summary>
    public Pasid? Pasid => PasidOrNone == NoPasid ? null : new Pasid(PasidOrNone);
    /// <summary>The domain of an attach or an invalidation; of other kinds it means nothing.</summary>
    public DomainId Domain => new(unchecked((ushort)Target));
    /// <summary>Map and Translate: what the mapping allows.</summary>
    public Permission Permission => (Permission)((byte)Flags & 3);
    /// <summary>Is this an access by the device (Read or Write)?</summary>
    public bool IsAccess => Kind is EventKind.Read or EventKind.Write;
    /// <summary>Is it payload, as against rings, descriptors and interrupts?</summary>
    public bool IsData => IsAccess && (Flags & (EventFlags.Ring | EventFlags.Interrupt)) == 0;

    private TraceEvent(EventKind kind, long timeNs, RequesterId device, ulong iova, ulong length, ulong target, EventFlags flags, uint pasid = NoPasid)
    {
        Kind = kind; TimeNs = timeNs; Device = device; Iova = iova; Length = length; Target = target; Flags = flags; PasidOrNone = pasid;
    }

    /// <summary>The device reads <paramref name="length"/> bytes of memory.</summary>
    public static TraceEvent Read(long timeNs, RequesterId device, ulong iova, ulong length, EventFlags flags = EventFlags.None, uint pasid = NoPasid) =>
        new(EventKind.Read, timeNs, device, iova, length, 0, flags, pasid);

    /// <summary>The device writes <paramref name="length"/> bytes of memory.</summary>
    public static TraceEvent Write(long timeNs, RequesterId device, ulong iova, ulong length, EventFlags flags = EventFlags.None, uint pasid = NoPasid) =>
        new(EventKind.Write, timeNs, device, iova, length, 0, flags, pasid);

    /// <summary>Software maps a range; addresses and length are multiples of 4 KiB.</summary>
    public static TraceEvent Map(long timeNs, RequesterId device, ulong iova, ulong length, ulong physical, Permission permission, EventFlags flags = EventFlags.None, uint pasid = NoPasid) =>
        new(EventKind.Map, timeNs, device, iova, length, physical, flags | (EventFlags)(byte)permission, pasid);

    /// <summary>Software unmaps a range.</summary>
    public static TraceEvent Unmap(long timeNs, RequesterId device, ulong iova, ulong length, EventFlags flags = EventFlags.None, uint pasid = NoPasid) =>
        new(EventKind.Unmap, timeNs, device, iova, length, 0, flags, pasid);

    /// <summary>The recorder's IOMMU translated one access: the page's size, its target and permission, hit or fill.</summary>
    public static TraceEvent Translate(long timeNs, RequesterId device, ulong iova, ulong pageBytes, ulong physical, Permission permission, bool hit, uint pasid = NoPasid) =>
        new(EventKind.Translate, timeNs, device, iova, pageBytes, physical, (EventFlags)(byte)permission | (hit ? EventFlags.Hit : EventFlags.None), pasid);

    /// <summary>Software invalidates a range in a domain.</summary>
    public static TraceEvent InvalidateRange(long timeNs, DomainId domain, ulong iova, ulong length) =>
        new(EventKind.InvalidateRange, timeNs, default, iova, length, domain.Value, EventFlags.None);

    /// <summary>Software invalidates a domain.</summary>
    public static TraceEvent InvalidateDomain(long timeNs, DomainId domain) =>
        new(EventKind.InvalidateDomain, timeNs, default, 0, 0, domain.Value, EventFlags.None);

    /// <summary>Software invalidates everything.</summary>
    public static TraceEvent InvalidateAll(long timeNs) => new(EventKind.InvalidateAll, timeNs, default, 0, 0, 0, EventFlags.None);

    /// <summary>A device starts to use a domain.</summary>
    public static TraceEvent Attach(long timeNs, RequesterId device, DomainId domain, EventFlags flags = EventFlags.None, uint pasid = NoPasid) =>
        new(EventKind.Attach, timeNs, device, 0, 0, domain.Value, flags, pasid);

    /// <summary>A text; <paramref name="textNumber"/> indexes the texts kept beside the events.</summary>
    public static TraceEvent Mark(long timeNs, ulong textNumber) => new(EventKind.Mark, timeNs, default, 0, 0, textNumber, EventFlags.None);
}
