using System.Text;

namespace Workbench.Traces.Guest;

/// <summary>Turns the named fields of one recorded event into guest events. Field names are those of the kernel's format files.</summary>
internal sealed class GuestFieldDecoder(GuestEventBatch batch)
{
    private const int AddressBytes = 8;

    /// <summary>Reads one event into the batch, which has begun.</summary>
    public EventVerdict Read<TFields>(GuestStatement statement, in TFields fields) where TFields : struct, IEventFields, allows ref struct => statement switch
    {
        GuestStatement.Map => fields.TryNumber("iova"u8, out ulong iova) && fields.TryNumber("paddr"u8, out ulong physical) && fields.TryNumber("size"u8, out ulong length)
            ? batch.AddRange(GuestEventKind.Map, iova, length, physical)
            : batch.Refuse("needed are the fields iova, paddr and size"),
        GuestStatement.Unmap => fields.TryNumber("iova"u8, out ulong iova) && fields.TryNumber("unmapped_size"u8, out ulong length)
            ? batch.AddRange(GuestEventKind.Unmap, iova, length, 0)
            : batch.Refuse("needed are the fields iova and unmapped_size"),
        GuestStatement.DmaMap => TrySubject(fields, out DmaSubject subject) && fields.TryNumber("dma_addr"u8, out ulong iova) && fields.TryNumber("size"u8, out ulong length) && fields.TryNumber("phys_addr"u8, out ulong physical)
            ? batch.AddDma(GuestEventKind.DmaMap, subject, iova, length, physical)
            : batch.Refuse("needed are the fields device, dma_addr, size, phys_addr and dir (0 to 3)"),
        GuestStatement.DmaUnmap => TrySubject(fields, out DmaSubject subject) && fields.TryNumber("addr"u8, out ulong iova) && fields.TryNumber("size"u8, out ulong length)
            ? batch.AddDma(GuestEventKind.DmaUnmap, subject, iova, length, 0)
            : batch.Refuse("needed are the fields device, addr, size and dir (0 to 3)"),
        GuestStatement.Allocate => Coherent(GuestEventKind.DmaMap, fields),
        GuestStatement.Free => Coherent(GuestEventKind.DmaUnmap, fields),
        GuestStatement.MapScatter => MapScatter(fields),
        GuestStatement.UnmapScatter => UnmapScatter(fields),
        GuestStatement.Attach => Device(GuestEventKind.Attach, fields),
        GuestStatement.Detach => Device(GuestEventKind.Detach, fields),
        GuestStatement.PageFault => fields.TryText("device"u8, out ReadOnlySpan<byte> device) && fields.TryNumber("iova"u8, out ulong iova) && fields.TryNumber("flags"u8, out ulong flags)
            ? batch.AddFault(DeviceName.ToRequester(device), iova, unchecked((uint)flags))
            : batch.Refuse("needed are the fields device, iova and flags"),
        GuestStatement.Mark or GuestStatement.PrintedMark => fields.TryText("buf"u8, out ReadOnlySpan<byte> text)
            ? batch.AddMark(Encoding.UTF8.GetString(text.TrimEnd((byte)'\n')))
            : batch.Refuse("needed is the field buf"),
        _ => EventVerdict.Other,
    };

    private EventVerdict Coherent<TFields>(GuestEventKind kind, in TFields fields) where TFields : struct, IEventFields, allows ref struct
    {
        if (!TrySubject(fields, out DmaSubject subject, mayBeUnset: true) || !fields.TryNumber("dma_addr"u8, out ulong iova) || !fields.TryNumber("size"u8, out ulong length))
            return batch.Refuse("needed are the fields device, dma_addr, size and dir");
        // A failed allocation, or the release of nothing.
        if (fields.TryNumber("virt_addr"u8, out ulong pointer) && pointer == 0) return EventVerdict.Other;
        return batch.AddDma(kind, subject with { IsCoherent = true }, iova, length, 0);
    }

    private EventVerdict MapScatter<TFields>(in TFields fields) where TFields : struct, IEventFields, allows ref struct
    {
        if (!TrySubject(fields, out DmaSubject subject) || !fields.TryArray("dma_addrs"u8, out FieldArray iovas)
            || !fields.TryArray("lengths"u8, out FieldArray lengths) || !fields.TryArray("phys_addrs"u8, out FieldArray physicals)
            || !TryShape(iovas, lengths, physicals, out int pieces, out int lengthBytes))
            return batch.Refuse("needed are the fields device, dir (0 to 3), and dma_addrs, lengths and phys_addrs with as many lengths as dma_addrs");

        bool isCut = fields.TryNumber("truncated"u8, out ulong truncated) && truncated != 0;
        // Pieces may have been merged into fewer IOVA ranges; then only the first one's physical address is known.
        bool isOneToOne = !isCut && physicals.ByteCount == iovas.ByteCount;
        EventVerdict verdict = EventVerdict.Other;
        for (int i = 0; i < pieces; i++)
        {
            ulong physical = isOneToOne || (i == 0 && physicals.ByteCount > 0) ? physicals[i, AddressBytes] : 0;
            EventVerdict piece = batch.AddDma(GuestEventKind.DmaMap, subject, iovas[i, AddressBytes], lengths[i, lengthBytes], physical);
            if (piece == EventVerdict.Bad) return piece;
            if (piece == EventVerdict.Understood) verdict = piece;
        }
        return verdict;
    }

    private static bool TryShape(in FieldArray iovas, in FieldArray lengths, in FieldArray physicals, out int pieces, out int lengthBytes)
    {
        pieces = iovas.ByteCount / AddressBytes;
        lengthBytes = pieces == 0 ? 0 : lengths.ByteCount / pieces;
        return iovas.ByteCount % AddressBytes == 0 && physicals.ByteCount % AddressBytes == 0
            && lengths.ByteCount == pieces * lengthBytes && (pieces == 0 || lengthBytes is 4 or 8);
    }

    private EventVerdict UnmapScatter<TFields>(in TFields fields) where TFields : struct, IEventFields, allows ref struct
    {
        if (!TrySubject(fields, out DmaSubject subject) || !fields.TryArray("addrs"u8, out FieldArray physicals) || physicals.ByteCount % AddressBytes != 0)
            return batch.Refuse("needed are the fields device, addrs and dir (0 to 3)");
        int pieces = physicals.ByteCount / AddressBytes;
        for (int i = 0; i < pieces; i++) batch.AddScatterUnmap(subject, physicals[i, AddressBytes]);
        return pieces > 0 ? EventVerdict.Understood : EventVerdict.Other;
    }

    private EventVerdict Device<TFields>(GuestEventKind kind, in TFields fields) where TFields : struct, IEventFields, allows ref struct =>
        fields.TryText("device"u8, out ReadOnlySpan<byte> device) ? batch.AddDevice(kind, DeviceName.ToRequester(device)) : batch.Refuse("needed is the field device");

    private static bool TrySubject<TFields>(in TFields fields, out DmaSubject subject, bool mayBeUnset = false) where TFields : struct, IEventFields, allows ref struct
    {
        subject = default;
        if (!fields.TryText("device"u8, out ReadOnlySpan<byte> device) || !fields.TryNumber("dir"u8, out ulong code)) return false;
        // enum dma_data_direction; kernels before 6.18 never set it in the allocation events.
        DmaDirection direction = code switch { 0 => DmaDirection.Bidirectional, 1 => DmaDirection.ToDevice, 2 => DmaDirection.FromDevice, _ => DmaDirection.None };
        subject = new(DeviceName.ToRequester(device), direction);
        return code <= 3 || mayBeUnset;
    }
}
