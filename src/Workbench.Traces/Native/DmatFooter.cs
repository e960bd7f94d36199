using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using ZstdSharp;

namespace Workbench.Traces.Native;

/// <summary>What the end of a .dmat file says: provenance, index and totals.</summary>
internal sealed class DmatFooter
{
    private const int CountedKinds = 16;
    // Shorter provenance stays readable in a hex dump.
    private const int LeastCompressedJson = 512;

    public required TraceProvenance Provenance { get; init; }
    public required DmatBlock[] Blocks { get; init; }
    public required long EventCount { get; init; }
    /// <summary>Events of each kind, by the kind's number.</summary>
    public required long[] KindCounts { get; init; }
    /// <summary>Where the footer starts: the end of the last block.</summary>
    public required long Offset { get; init; }

    /// <summary>Footer and trailer as they follow the last block.</summary>
    public static byte[] Build(TraceProvenance provenance, List<DmatBlock> blocks, long events, ReadOnlySpan<long> kindCounts, long offset, int level)
    {
        byte[] json = provenance.ToJson();
        if (json.Length > DmatLayout.MaxProvenanceBytes)
            throw new ArgumentException($"The provenance takes {json.Length} bytes as JSON; at most {DmatLayout.MaxProvenanceBytes} fit. Shorten its notes.", nameof(provenance));
        using Compressor compressor = new(level);
        Span<byte> packed = compressor.Wrap(json);
        Codec codec = json.Length >= LeastCompressedJson && packed.Length < json.Length ? Codec.Zstd : Codec.Raw;
        ReadOnlySpan<byte> stored = codec == Codec.Zstd ? packed : json;

        int indexBytes = checked(blocks.Count * DmatLayout.IndexEntryBytes);
        int footerBytes = checked(DmatLayout.FooterHeaderBytes + (2 * DmatLayout.SectionEntryBytes) + stored.Length + indexBytes);
        byte[] bytes = new byte[footerBytes + DmatLayout.TrailerBytes];
        DmatLayout.FooterMagic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), CountedKinds);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), blocks.Count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), events);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), blocks.Count == 0 ? 0 : blocks[0].FirstTimeNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), blocks.Count == 0 ? 0 : blocks[^1].LastTimeNs);
        for (int kind = 0; kind < kindCounts.Length; kind++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48 + (kind * 8)), kindCounts[kind]);
        WriteEntry(bytes.AsSpan(DmatLayout.FooterHeaderBytes), SectionId.Provenance, codec, json.Length, stored.Length);
        WriteEntry(bytes.AsSpan(DmatLayout.FooterHeaderBytes + DmatLayout.SectionEntryBytes), SectionId.Index, Codec.Raw, indexBytes, indexBytes);
        int at = DmatLayout.FooterHeaderBytes + (2 * DmatLayout.SectionEntryBytes);
        stored.CopyTo(bytes.AsSpan(at));
        at += stored.Length;
        foreach (DmatBlock block in blocks)
        {
            WriteIndexEntry(bytes.AsSpan(at), block);
            at += DmatLayout.IndexEntryBytes;
        }
        Span<byte> trailer = bytes.AsSpan(at);
        BinaryPrimitives.WriteInt64LittleEndian(trailer, offset);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], footerBytes);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[16..], events);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[24..], XxHash64.HashToUInt64(bytes.AsSpan(0, at + 24)));
        DmatLayout.EndMagic.CopyTo(trailer[32..]);
        return bytes;
    }

    /// <summary>Reads the footer. A problem is a sentence without the file's name; null when the footer can be used.</summary>
    public static string? Read(Stream stream, int capacity, out DmatFooter? footer)
    {
        footer = null;
        long length = stream.Length;
        if (length < DmatLayout.FileHeaderBytes + DmatLayout.TrailerBytes) return "there is no trailer";
        Span<byte> trailer = stackalloc byte[DmatLayout.TrailerBytes];
        stream.Position = length - DmatLayout.TrailerBytes;
        stream.ReadExactly(trailer);
        if (!trailer[32..].SequenceEqual(DmatLayout.EndMagic)) return "there is no trailer";
        long offset = BinaryPrimitives.ReadInt64LittleEndian(trailer);
        long bytes = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        if (offset < DmatLayout.FileHeaderBytes || bytes < DmatLayout.FooterHeaderBytes || bytes > Array.MaxLength - DmatLayout.TrailerBytes
            || offset > length || length - offset != bytes + DmatLayout.TrailerBytes)
            return Phrase($"the trailer puts a footer of {bytes} bytes at byte {offset}, which does not end where the trailer starts");
        if (Checksum(stream, offset, bytes + 24) != BinaryPrimitives.ReadUInt64LittleEndian(trailer[24..]))
            return Phrase($"the checksum of the footer at byte {offset} does not match");
        byte[] all = new byte[bytes];
        stream.Position = offset;
        stream.ReadExactly(all);
        if (!all.AsSpan().StartsWith(DmatLayout.FooterMagic)) return Phrase($"there is no footer at byte {offset}");
        if (BinaryPrimitives.ReadInt64LittleEndian(all.AsSpan(24)) != BinaryPrimitives.ReadInt64LittleEndian(trailer[16..])) return "footer and trailer disagree about the number of events";
        return Parse(all, offset, capacity, out footer);
    }

    // Before the footer is loaded: a damaged length must not make the reader allocate half the file.
    private static ulong Checksum(Stream stream, long offset, long bytes)
    {
        XxHash64 hash = new();
        Span<byte> piece = new byte[(int)Math.Min(bytes, 1 << 16)];
        stream.Position = offset;
        while (bytes > 0)
        {
            Span<byte> part = piece[..(int)Math.Min(bytes, piece.Length)];
            stream.ReadExactly(part);
            hash.Append(part);
            bytes -= part.Length;
        }
        return hash.GetCurrentHashAsUInt64();
    }

    private static string? Parse(ReadOnlySpan<byte> bytes, long offset, int capacity, out DmatFooter? footer)
    {
        footer = null;
        uint sections = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint kinds = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (sections > DmatLayout.MaxSections || kinds != CountedKinds) return Phrase($"the footer has {sections} sections and {kinds} kinds; allowed are {DmatLayout.MaxSections} and {CountedKinds}");
        long at = DmatLayout.FooterHeaderBytes + (sections * DmatLayout.SectionEntryBytes);
        TraceProvenance? provenance = null;
        DmatBlock[]? blocks = null;
        for (int i = 0; i < sections; i++)
        {
            int entryAt = DmatLayout.FooterHeaderBytes + (i * DmatLayout.SectionEntryBytes);
            if (entryAt + DmatLayout.SectionEntryBytes > bytes.Length) return "the footer ends within its section list";
            ReadOnlySpan<byte> entry = bytes[entryAt..];
            SectionId id = (SectionId)BinaryPrimitives.ReadUInt16LittleEndian(entry);
            long raw = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
            long stored = BinaryPrimitives.ReadInt64LittleEndian(entry[16..]);
            if (raw < 0 || stored < 0 || stored > bytes.Length - at) return Phrase($"section {i} of the footer takes {stored} bytes, more than the footer has");
            ReadOnlySpan<byte> data = bytes.Slice((int)at, (int)stored);
            at += stored;
            switch (id)
            {
                case SectionId.Provenance:
                    if (Unpack(data, (Codec)entry[2], raw, out provenance) is { } problem) return problem;
                    break;
                case SectionId.Index:
                    if ((Codec)entry[2] != Codec.Raw || stored % DmatLayout.IndexEntryBytes != 0) return "the index is not stored raw in whole entries";
                    blocks = ReadIndex(data);
                    break;
            }
        }
        if (provenance is null || blocks is null) return "the footer lacks its provenance or its index";
        long events = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        if (IndexProblem(blocks, offset, capacity, events) is { } wrong) return wrong;
        if (blocks.Length != BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])
            || (blocks.Length == 0 ? 0 : blocks[0].FirstTimeNs) != BinaryPrimitives.ReadInt64LittleEndian(bytes[32..])
            || (blocks.Length == 0 ? 0 : blocks[^1].LastTimeNs) != BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]))
            return "the footer's totals disagree with its index";
        long[] counts = new long[CountedKinds];
        for (int kind = 0; kind < CountedKinds; kind++) counts[kind] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(48 + (kind * 8))..]);
        footer = new() { Provenance = provenance, Blocks = blocks, EventCount = events, KindCounts = counts, Offset = offset };
        return null;
    }

    private static string? Unpack(ReadOnlySpan<byte> data, Codec codec, long rawBytes, out TraceProvenance? provenance)
    {
        provenance = null;
        if (rawBytes > DmatLayout.MaxProvenanceBytes) return Phrase($"the provenance takes {rawBytes} bytes, allowed {DmatLayout.MaxProvenanceBytes}");
        byte[] json = new byte[rawBytes];
        try
        {
            using Decompressor decompressor = new();
            if (codec == Codec.Raw && data.Length == json.Length) data.CopyTo(json);
            else if (codec != Codec.Zstd || !decompressor.TryUnwrap(data, json, out int written) || written != json.Length) return "the provenance cannot be decompressed";
            provenance = TraceProvenance.FromJson(json);
            return null;
        }
        catch (ZstdException wrong)
        {
            return $"the provenance cannot be decompressed ({wrong.Message})";
        }
        catch (TraceFormatException wrong)
        {
            return wrong.Message;
        }
    }

    private static DmatBlock[] ReadIndex(ReadOnlySpan<byte> data)
    {
        DmatBlock[] blocks = new DmatBlock[data.Length / DmatLayout.IndexEntryBytes];
        for (int i = 0; i < blocks.Length; i++)
        {
            ReadOnlySpan<byte> e = data[(i * DmatLayout.IndexEntryBytes)..];
            blocks[i] = new(BinaryPrimitives.ReadInt64LittleEndian(e), BinaryPrimitives.ReadInt32LittleEndian(e[36..]), BinaryPrimitives.ReadInt64LittleEndian(e[8..]),
                BinaryPrimitives.ReadInt32LittleEndian(e[32..]), BinaryPrimitives.ReadInt64LittleEndian(e[16..]), BinaryPrimitives.ReadInt64LittleEndian(e[24..]));
        }
        return blocks;
    }

    private static string? IndexProblem(DmatBlock[] blocks, long footerOffset, int capacity, long events)
    {
        long offset = DmatLayout.FileHeaderBytes;
        long first = 0;
        long time = long.MinValue;
        for (int i = 0; i < blocks.Length; i++)
        {
            DmatBlock b = blocks[i];
            if (b.FileOffset != offset || b.FirstEvent != first || b.EventCount < 1 || b.EventCount > capacity || b.FirstTimeNs < time || b.LastTimeNs < b.FirstTimeNs
                || b.StoredBytes < DmatLayout.BlockHeaderBytes || b.StoredBytes > DmatLayout.MaxBlockBytes || b.StoredBytes > footerOffset - offset)
                return Phrase($"index entry {i} (byte {b.FileOffset}, event {b.FirstEvent}) does not follow the entry before it");
            offset += b.StoredBytes;
            first += b.EventCount;
            time = b.LastTimeNs;
        }
        return offset != footerOffset || first != events ? "the index does not cover the file" : null;
    }

    private static void WriteEntry(Span<byte> entry, SectionId id, Codec codec, long raw, long stored)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)id);
        entry[2] = (byte)codec;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], raw);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], stored);
    }

    private static void WriteIndexEntry(Span<byte> entry, DmatBlock block)
    {
        BinaryPrimitives.WriteInt64LittleEndian(entry, block.FileOffset);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], block.FirstEvent);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], block.FirstTimeNs);
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], block.LastTimeNs);
        BinaryPrimitives.WriteInt32LittleEndian(entry[32..], block.EventCount);
        BinaryPrimitives.WriteInt32LittleEndian(entry[36..], block.StoredBytes);
    }

    private static string Phrase(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
