namespace Workbench.Iommu.Memory;

/// <summary>Saving and restoring: what was handed out, with its contents, and which pieces wait to be used again.</summary>
public sealed unsafe partial class PhysicalMemory
{
    /// <summary>Writes everything: limits, free pieces in the order in which they will be used again, and all bytes up to the last one handed out.</summary>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ObjectDisposedException.ThrowIf(disposed, this);
        writer.Write(maxChunks);
        writer.Write(chunkCount);
        writer.Write(nextFrame);
        writer.Write(FramesInUse);
        writer.Write(HasRacingThreads);
        foreach (Stack<ulong> pieces in freed)
        {
            writer.Write(pieces.Count);
            foreach (ulong piece in pieces.Reverse()) writer.Write(piece);
        }
        for (int chunk = 0; chunk < chunkCount; chunk++) writer.Write(new ReadOnlySpan<byte>(chunks[chunk], UsedBytes(chunk)));
    }

    /// <summary>A memory as <see cref="Save"/> wrote it.</summary>
    public static PhysicalMemory Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        PhysicalMemory memory = new((ulong)reader.ReadInt32() << ChunkLog2);
        try
        {
            int chunkCount = reader.ReadInt32();
            memory.nextFrame = reader.ReadUInt64();
            memory.FramesInUse = reader.ReadInt32();
            memory.HasRacingThreads = reader.ReadBoolean();
            foreach (Stack<ulong> pieces in memory.freed)
                for (int left = reader.ReadInt32(); left > 0; left--) pieces.Push(reader.ReadUInt64());
            while (memory.chunkCount < chunkCount) memory.Grow();
            for (int chunk = 0; chunk < chunkCount; chunk++) reader.BaseStream.ReadExactly(new Span<byte>(memory.chunks[chunk], memory.UsedBytes(chunk)));
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The simulated address of a pointer into this memory; null if it points elsewhere.</summary>
    public ulong? AddressOf(nint pointer)
    {
        for (int chunk = 0; chunk < chunkCount; chunk++)
        {
            long offset = unchecked((long)pointer - (long)chunks[chunk]);
            if (offset is >= 0 and < 1L << ChunkLog2) return Base + ((ulong)chunk << ChunkLog2) + (ulong)offset;
        }
        return null;
    }

    /// <summary>The pointer to the word at a simulated address; 0 where there is no memory.</summary>
    public nint PointerTo(ulong address) => (nint)PointerOrNull(address);

    /// <summary>Frames are handed out from the bottom, so what lies above the last one is zero.</summary>
    private int UsedBytes(int chunk) => (int)Math.Min(1L << ChunkLog2, (long)((nextFrame << 12) - ((ulong)chunk << ChunkLog2)));
}
