using System.Diagnostics;
using System.Text;
using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>Reads the printed payload of one kernel trace event of the iommu and dma groups and of trace_marker.</summary>
internal sealed class GuestPayload(GuestEventBatch batch)
{
    private const string MapForm = "allowed is \"IOMMU: iova=0xSTART - 0xEND paddr=0xADDRESS size=BYTES\" with END - START = BYTES";
    private const string UnmapForm = "allowed is \"IOMMU: iova=0xSTART - 0xEND size=BYTES unmapped_size=BYTES\" with END - START = size";
    private const string DmaMapForm = "allowed is \"DEVICE dir=DIRECTION dma_addr=HEX size=BYTES phys_addr=HEX\"";
    private const string DmaUnmapForm = "allowed is \"DEVICE dir=DIRECTION dma_addr=HEX size=BYTES\"";
    private const string MapScatterForm = "allowed is \"DEVICE dir=DIRECTION [nents=N/N ents=N/N] dma_addrs={0xHEX,..} sizes={0xHEX,..} phys_addrs={0xHEX,..}\" with as many sizes as dma_addrs";
    private const string UnmapScatterForm = "allowed is \"DEVICE dir=DIRECTION phys_addrs={0xHEX,..}\"";
    private const string DeviceForm = "allowed is \"IOMMU: device=DEVICE\"";
    private const string FaultForm = "allowed is \"IOMMU:DRIVER DEVICE iova=0xADDRESS flags=0xFLAGS\"";

    private readonly GuestFieldDecoder decoder = new(batch);

    /// <summary>Reads one event into the batch. The group is empty where the dialect does not print it.</summary>
    public EventVerdict Read(in EventOrigin origin, ReadOnlySpan<byte> group, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        GuestStatement statement = GuestStatements.Of(group, name);
        if (statement == GuestStatement.None) return EventVerdict.Other;
        batch.Begin(origin);
        if (PrintedFields.TryOpen(text, out PrintedFields fields) && statement is not (GuestStatement.Mark or GuestStatement.PrintedMark)) return decoder.Read(statement, fields);
        return statement switch
        {
            GuestStatement.Map => Map(text),
            GuestStatement.Unmap => Unmap(text),
            GuestStatement.DmaMap => DmaMap(text),
            GuestStatement.DmaUnmap => DmaUnmap(text),
            GuestStatement.Allocate => Coherent(GuestEventKind.DmaMap, text),
            GuestStatement.Free => Coherent(GuestEventKind.DmaUnmap, text),
            GuestStatement.MapScatter => MapScatter(text),
            GuestStatement.UnmapScatter => UnmapScatter(text),
            GuestStatement.Attach => Device(GuestEventKind.Attach, text),
            GuestStatement.Detach => Device(GuestEventKind.Detach, text),
            GuestStatement.PageFault => Fault(text),
            GuestStatement.Mark => Mark(text),
            GuestStatement.PrintedMark => Mark(text[(text.IndexOf(": "u8) is var at and >= 0 ? at + 2 : 0)..]),
            _ => throw new UnreachableException($"{statement}"),
        };
    }

    private EventVerdict Map(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        return TryRange(ref parser, out ulong start, out ulong bytes)
            && parser.TryLiteral(" paddr="u8) && parser.TryHex(out ulong physical)
            && parser.TryLiteral(" size="u8) && parser.TryDecimal(out ulong size) && size == bytes
            ? batch.AddRange(GuestEventKind.Map, start, size, physical)
            : batch.Refuse(MapForm);
    }

    private EventVerdict Unmap(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        return TryRange(ref parser, out ulong start, out ulong bytes)
            && parser.TryLiteral(" size="u8) && parser.TryDecimal(out ulong size) && size == bytes
            && parser.TryLiteral(" unmapped_size="u8) && parser.TryDecimal(out ulong unmapped)
            ? batch.AddRange(GuestEventKind.Unmap, start, unmapped, 0)
            : batch.Refuse(UnmapForm);
    }

    // The printed end is exclusive, and is 0 for a range that ends at 2^64: the batch refuses that one by its length.
    private static bool TryRange(ref ByteParser parser, out ulong start, out ulong bytes)
    {
        bytes = 0;
        start = 0;
        if (!parser.TryLiteral("IOMMU: iova="u8) || !parser.TryHex(out start) || !parser.TryLiteral(" - "u8) || !parser.TryHex(out ulong end)) return false;
        bytes = unchecked(end - start);
        return true;
    }

    private EventVerdict DmaMap(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        return TrySubject(ref parser, out DmaSubject subject) && TryBuffer(ref parser, out ulong iova, out ulong length)
            && parser.TryLiteral(" phys_addr="u8) && parser.TryHex(out ulong physical)
            ? batch.AddDma(GuestEventKind.DmaMap, subject, iova, length, physical)
            : batch.Refuse(DmaMapForm);
    }

    private EventVerdict DmaUnmap(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        return TrySubject(ref parser, out DmaSubject subject) && TryBuffer(ref parser, out ulong iova, out ulong length)
            ? batch.AddDma(GuestEventKind.DmaUnmap, subject, iova, length, 0)
            : batch.Refuse(DmaUnmapForm);
    }

    private EventVerdict Coherent(GuestEventKind kind, ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        // Kernels before 6.18 never set the direction of these two events: what is printed may be any number.
        if (!TrySubject(ref parser, out DmaSubject subject, mayBeUnset: true) || !TryBuffer(ref parser, out ulong iova, out ulong length))
            return batch.Refuse(DmaUnmapForm);
        if (parser.TryLiteral(" virt_addr="u8) && parser.TryToken(out ReadOnlySpan<byte> pointer) && IsNull(pointer)) return EventVerdict.Other;
        return batch.AddDma(kind, subject with { IsCoherent = true }, iova, length, 0);
    }

    private EventVerdict MapScatter(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        if (!TrySubject(ref parser, out DmaSubject subject) || !TryCounts(ref parser, out bool isCut)
            || !HexList.TryCut(ref parser, " dma_addrs="u8, out HexList iovas)
            || !HexList.TryCut(ref parser, " sizes="u8, out HexList sizes)
            || !HexList.TryCut(ref parser, " phys_addrs="u8, out HexList physicals)
            || iovas.Count != sizes.Count)
            return batch.Refuse(MapScatterForm);

        // Pieces may have been merged into fewer IOVA ranges; then only the first one's physical address is known.
        bool isOneToOne = !isCut && physicals.Count == iovas.Count;
        EventVerdict verdict = EventVerdict.Other;
        for (int i = 0; i < iovas.Count; i++)
        {
            if (!iovas.TryNext(out ulong iova) || !sizes.TryNext(out ulong length)) return batch.Refuse(MapScatterForm);
            ulong physical = 0;
            if ((isOneToOne || i == 0) && physicals.Count > 0 && !physicals.TryNext(out physical)) return batch.Refuse(MapScatterForm);
            EventVerdict piece = batch.AddDma(GuestEventKind.DmaMap, subject, iova, length, physical);
            if (piece == EventVerdict.Bad) return piece;
            if (piece == EventVerdict.Understood) verdict = piece;
        }
        while (physicals.TryNext(out _)) { }
        return iovas.IsSpent && sizes.IsSpent && physicals.IsSpent ? verdict : batch.Refuse(MapScatterForm);
    }

    private EventVerdict UnmapScatter(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        if (!TrySubject(ref parser, out DmaSubject subject) || !HexList.TryCut(ref parser, " phys_addrs="u8, out HexList physicals)) return batch.Refuse(UnmapScatterForm);
        int pieces = 0;
        for (; physicals.TryNext(out ulong physical); pieces++) batch.AddScatterUnmap(subject, physical);
        if (!physicals.IsSpent) return batch.Refuse(UnmapScatterForm);
        return pieces > 0 ? EventVerdict.Understood : EventVerdict.Other;
    }

    private EventVerdict Device(GuestEventKind kind, ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        return parser.TryLiteral("IOMMU: device="u8) && !parser.Rest.IsEmpty
            ? batch.AddDevice(kind, DeviceName.ToRequester(parser.Rest.Trim(" "u8)))
            : batch.Refuse(DeviceForm);
    }

    private EventVerdict Fault(ReadOnlySpan<byte> text)
    {
        ByteParser parser = new(text);
        int at = text.LastIndexOf(" iova="u8);
        if (at < 0 || !parser.TryLiteral("IOMMU:"u8)) return batch.Refuse(FaultForm);
        ReadOnlySpan<byte> names = text[..at];
        parser = new(text[at..]);
        return parser.TryLiteral(" iova="u8) && parser.TryHex(out ulong iova) && parser.TryLiteral(" flags="u8) && parser.TryHex(out ulong flags) && flags <= uint.MaxValue
            ? batch.AddFault(DeviceName.ToRequester(names[(names.LastIndexOf((byte)' ') + 1)..]), iova, (uint)flags)
            : batch.Refuse(FaultForm);
    }

    private EventVerdict Mark(ReadOnlySpan<byte> text) => batch.AddMark(Encoding.UTF8.GetString(text));

    private static bool TrySubject(ref ByteParser parser, out DmaSubject subject, bool mayBeUnset = false)
    {
        subject = default;
        int at = parser.Rest.IndexOf(" dir="u8);
        if (at <= 0) return false;
        ReadOnlySpan<byte> device = parser.Rest[..at];
        ByteParser after = new(parser.Rest[(at + 5)..]);
        if (!after.TryToken(out ReadOnlySpan<byte> word)) return false;
        DmaDirection direction = DmaDirection.None;
        if (word.SequenceEqual("TO_DEVICE"u8)) direction = DmaDirection.ToDevice;
        else if (word.SequenceEqual("FROM_DEVICE"u8)) direction = DmaDirection.FromDevice;
        else if (word.SequenceEqual("BIDIRECTIONAL"u8)) direction = DmaDirection.Bidirectional;
        else if (!word.SequenceEqual("NONE"u8) && !mayBeUnset) return false;
        subject = new(DeviceName.ToRequester(device), direction);
        parser = after;
        return true;
    }

    private static bool TryBuffer(ref ByteParser parser, out ulong iova, out ulong length)
    {
        length = 0;
        iova = 0;
        return parser.TryLiteral(" dma_addr="u8) && parser.TryHex(out iova) && parser.TryLiteral(" size="u8) && parser.TryDecimal(out length);
    }

    // "nents=PRINTED/ALL ents=PRINTED/ALL", absent before 6.13; a list cut at the kernel's limit says [TRUNCATED] after them.
    private static bool TryCounts(ref ByteParser parser, out bool isCut)
    {
        isCut = false;
        if (!parser.TryLiteral(" nents="u8)) return true;
        bool fits = parser.TryDecimal(out _) && parser.TryLiteral("/"u8) && parser.TryDecimal(out _)
            && parser.TryLiteral(" ents="u8) && parser.TryDecimal(out _) && parser.TryLiteral("/"u8) && parser.TryDecimal(out _);
        isCut = parser.TryLiteral(" [TRUNCATED]"u8);
        return fits;
    }

    private static bool IsNull(ReadOnlySpan<byte> pointer) => pointer.SequenceEqual("(null)"u8) || pointer.TrimStart("0x"u8).IsEmpty;
}
