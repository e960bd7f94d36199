namespace Workbench.Traces.Guest;

/// <summary>Pages in zstd chunks, unpacked one chunk at a time: a count, then each chunk's packed size, unpacked size and data.</summary>
internal sealed class PackedPages : IPageSource
{
    private readonly TraceCmdBytes file;
    private readonly CpuExtent extent;
    private readonly int pageBytes;
    private readonly HeldBytes held;
    private readonly ZstdChunk zstd = new();
    private byte[] packed = [];
    private byte[] unpacked = [];
    private ulong position;
    private uint chunksLeft;
    private long chunkOffset;
    private int taken;
    private int length;

    public PackedPages(TraceCmdBytes file, in CpuExtent extent, int pageBytes, HeldBytes held)
    {
        this.file = file;
        this.extent = extent;
        this.pageBytes = pageBytes;
        this.held = held;
        file.Seek(extent.Offset, "a CPU's chunks");
        chunksLeft = file.Word32("the number of chunks");
        position = (ulong)file.Position;
    }

    /// <inheritdoc/>
    public bool TryNext(Span<byte> page, out long offset)
    {
        bool isEmpty = taken == length;
        bool isEnd = isEmpty && chunksLeft == 0;
        if (isEmpty && !isEnd) ReadChunk();
        offset = chunkOffset;
        if (isEnd) return false;
        unpacked.AsSpan(taken, pageBytes).CopyTo(page);
        taken += pageBytes;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => zstd.Dispose();

    private void ReadChunk()
    {
        file.Seek(position, "a chunk");
        chunkOffset = file.Position;
        uint packedSize = file.Word32("a chunk's packed size");
        uint unpackedSize = file.Word32("a chunk's unpacked size");
        ulong end = extent.Offset + extent.Bytes;
        if ((ulong)file.Position + packedSize > end)
            throw file.RefusalAt(chunkOffset, $"CPU {extent.Cpu}: a chunk of {packedSize} packed bytes runs past the CPU's end at byte {end}. The file is damaged; copy it again");
        if (packedSize > TraceCmdLimits.MostChunkBytes || unpackedSize is 0 or > TraceCmdLimits.MostChunkBytes || unpackedSize % (uint)pageBytes != 0)
            throw file.RefusalAt(chunkOffset, $"CPU {extent.Cpu}: a chunk of {packedSize} packed and {unpackedSize} unpacked bytes; allowed are up to {TraceCmdLimits.MostChunkBytes}, unpacked in whole pages of {pageBytes}. The file is damaged; copy it again");
        packed = held.Grow(packed, (int)packedSize);
        unpacked = held.Grow(unpacked, (int)unpackedSize);
        file.Fill(packed.AsSpan(0, (int)packedSize), "a chunk");
        position = (ulong)file.Position;
        length = (int)unpackedSize;
        taken = 0;
        chunksLeft--;
        if (zstd.Unpack(packed.AsSpan(0, (int)packedSize), unpacked.AsSpan(0, length)) is { } problem) throw file.RefusalAt(chunkOffset, problem);
    }
}
