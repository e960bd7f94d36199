using System.Buffers.Binary;

namespace Workbench.Traces.Native;

/// <summary>Fetches blocks from a file and finds them without an index. A problem is a phrase for a message.</summary>
internal sealed class BlockSource(Stream stream, int capacity)
{
    private byte[] buffer = [];

    public long FileBytes { get; } = stream.Length;

    /// <summary>The bytes of the block last fetched.</summary>
    public ReadOnlySpan<byte> Bytes(in BlockHeader header) => buffer.AsSpan(0, header.StoredBytes);

    /// <summary>Reads the block at an offset and checks lengths and checksum; <paramref name="end"/> is where blocks end at the latest.</summary>
    public string? Fetch(long offset, long end, out BlockHeader header)
    {
        Span<byte> front = stackalloc byte[DmatLayout.BlockHeaderBytes];
        stream.Position = offset;
        front = front[..stream.ReadAtLeast(front, front.Length, throwOnEndOfStream: false)];
        if (BlockHeader.Parse(front, capacity, end - offset, out header) is { } problem) return problem;
        if (header.StoredBytes > buffer.Length) buffer = new byte[Math.Max(header.StoredBytes, Math.Min(buffer.Length * 2, DmatLayout.MaxBlockBytes))];
        Span<byte> block = buffer.AsSpan(0, header.StoredBytes);
        front.CopyTo(block);
        int read = stream.ReadAtLeast(block[front.Length..], block.Length - front.Length, throwOnEndOfStream: false);
        if (read < block.Length - front.Length) return "the file ends within the block";
        return DmatLayout.ChecksumOfBlock(block) == header.Checksum ? null : "its checksum does not match";
    }

    /// <summary>The offset of the next block marker at or after an offset, or <paramref name="end"/>.</summary>
    public long FindMarker(long offset, long end)
    {
        byte[] window = new byte[1 << 16];
        int overlap = DmatLayout.BlockMarker.Length - 1;
        int kept = 0;
        long at = offset;
        stream.Position = offset;
        while (true)
        {
            int read = stream.Read(window, kept, (int)Math.Min(window.Length - kept, Math.Max(0, end - at - kept)));
            if (read == 0) return end;
            int found = window.AsSpan(0, kept + read).IndexOf(DmatLayout.BlockMarker);
            if (found >= 0) return at + found;
            int next = Math.Min(overlap, kept + read);
            window.AsSpan(kept + read - next, next).CopyTo(window);
            at += kept + read - next;
            kept = next;
        }
    }

    /// <summary>Walks the file block by block, from marker to marker where one is damaged; reads every byte once.</summary>
    /// <param name="end">Where blocks end at the latest.</param>
    /// <param name="gaps">Receives the places without a good block.</param>
    public List<DmatBlock> Walk(long end, List<BlockGap> gaps)
    {
        List<DmatBlock> found = [];
        long offset = DmatLayout.FileHeaderBytes;
        long expected = 0;
        long time = long.MinValue;
        while (offset < end)
        {
            string? problem = Fetch(offset, end, out BlockHeader header);
            if (problem is null && (header.FirstEvent < expected || header.FirstTimeNs < time))
                problem = $"it starts at event {header.FirstEvent}, {header.FirstTimeNs} ns, before the end of the block before it (event {expected}, {time} ns)";
            if (problem is not null)
            {
                if (StartsFooter(offset)) break;
                long next = FindMarker(offset + 1, end);
                gaps.Add(new(offset, next - offset, found.Count, expected, problem));
                offset = next;
                continue;
            }
            found.Add(header.At(offset));
            offset += header.StoredBytes;
            expected = header.FirstEvent + header.EventCount;
            time = header.LastTimeNs;
        }
        return found;
    }

    private bool StartsFooter(long offset)
    {
        Span<byte> magic = stackalloc byte[8];
        stream.Position = offset;
        return stream.ReadAtLeast(magic, 8, throwOnEndOfStream: false) == 8
            && BinaryPrimitives.ReadUInt64LittleEndian(magic) == BinaryPrimitives.ReadUInt64LittleEndian(DmatLayout.FooterMagic);
    }
}

/// <summary>Bytes of a file that should hold blocks and do not.</summary>
internal readonly record struct BlockGap(long Offset, long Bytes, int BlocksBefore, long EventsBefore, string Problem);
