using System.Buffers.Binary;
using System.Globalization;

namespace Workbench.Traces.Native;

/// <summary>The fixed front of a block, with every length checked against the caps.</summary>
internal readonly record struct BlockHeader(int HeaderBytes, int StreamCount, int PayloadBytes, int EventCount, long FirstEvent, long FirstTimeNs, long LastTimeNs, ulong Checksum)
{
    public int StoredBytes => HeaderBytes + PayloadBytes;

    public DmatBlock At(long offset) => new(offset, StoredBytes, FirstEvent, EventCount, FirstTimeNs, LastTimeNs);

    public void Write(Span<byte> header)
    {
        DmatLayout.BlockMarker.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], (ushort)HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[10..], (ushort)StreamCount);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)PayloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], (uint)EventCount);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], FirstEvent);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], FirstTimeNs);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], LastTimeNs);
        BinaryPrimitives.WriteUInt64LittleEndian(header[DmatLayout.BlockChecksumAt..], Checksum);
    }

    /// <summary>Reads <see cref="DmatLayout.BlockHeaderBytes"/> bytes; a problem is a phrase for a message, null when the header can be used.</summary>
    public static string? Parse(ReadOnlySpan<byte> bytes, int capacity, long bytesLeft, out BlockHeader header)
    {
        header = default;
        if (bytes.Length < DmatLayout.BlockHeaderBytes) return "the file ends within a block header";
        if (!bytes.StartsWith(DmatLayout.BlockMarker)) return "there is no block marker";
        int headerBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        int streams = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        uint payload = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        uint events = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        if (headerBytes is < DmatLayout.BlockHeaderBytes or > DmatLayout.MaxBlockHeaderBytes)
            return Phrase($"header length {headerBytes}, allowed {DmatLayout.BlockHeaderBytes} to {DmatLayout.MaxBlockHeaderBytes}");
        if (streams is 0 or > DmatLayout.MaxStreams) return Phrase($"{streams} streams, allowed 1 to {DmatLayout.MaxStreams}");
        if (events == 0 || events > (uint)capacity) return Phrase($"{events} events, allowed 1 to {capacity}");
        if (payload < streams * DmatLayout.DirectoryEntryBytes || payload + headerBytes > DmatLayout.MaxBlockBytes)
            return Phrase($"payload length {payload}, allowed {streams * DmatLayout.DirectoryEntryBytes} to {DmatLayout.MaxBlockBytes - headerBytes}");
        if (payload + headerBytes > bytesLeft) return Phrase($"the block takes {payload + headerBytes} bytes, the file has {bytesLeft} left");
        long first = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        if (first is < 0 or > long.MaxValue - DmatLayout.MaxBlockEvents) return Phrase($"first event number {first}, allowed 0 to 2^63 - 65537");
        header = new(headerBytes, streams, (int)payload, (int)events, first,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[DmatLayout.BlockChecksumAt..]));
        return header.FirstTimeNs > header.LastTimeNs ? Phrase($"times from {header.FirstTimeNs} to {header.LastTimeNs} ns run backwards") : null;
    }

    private static string Phrase(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
