using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Workbench.Iommu.Memory;

/// <summary>
/// The memory that holds what software and IOMMU share: tables, queues, status words. Payload is not simulated. It lies at
/// <see cref="Base"/>, far above any guest memory, and grows in 2 MiB chunks; frames of 4 KiB are handed out zeroed.
/// </summary>
public sealed unsafe partial class PhysicalMemory : IDisposable
{
    /// <summary>System physical address of the first byte, 32 TiB: below 2^46, the smallest host address width modelled.</summary>
    public const ulong Base = 1UL << 45;
    /// <summary>Bytes in a frame.</summary>
    public const int FrameBytes = 4096;

    private const int ChunkLog2 = 21;
    private const int FramesPerChunk = 1 << (ChunkLog2 - 12);

    private readonly int maxChunks;
    private readonly ulong** chunks;
    // What was allocated for the first chunk, which begins at the first frame inside.
    private nint first;
    // By size: index is log2 of the size less 12.
    private readonly Stack<ulong>[] freed = [.. Enumerable.Range(0, ChunkLog2 - 12 + 1).Select(_ => new Stack<ulong>())];
    private int chunkCount;
    private ulong committedBytes;
    private ulong nextFrame;
    private bool disposed;

    /// <summary>Creates an empty memory that may grow to <paramref name="maxBytes"/> (default 16 GiB, enough tables for 8 TiB of 4 KiB pages).</summary>
    public PhysicalMemory(ulong maxBytes = 16UL << 30)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, 1UL << 44);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1UL << ChunkLog2);
        maxChunks = (int)(maxBytes >> ChunkLog2);
        chunks = (ulong**)NativeMemory.AllocZeroed((nuint)maxChunks, (nuint)sizeof(ulong*));
    }

    /// <summary>Frames handed out and not freed: what a leak check compares.</summary>
    public int FramesInUse { get; private set; }

    /// <summary>Do several threads of this process change what lies here? Then a walk sets A and D by locked exchanges; else by stores.</summary>
    internal bool HasRacingThreads { get; set; }

    /// <summary>Is the 64-bit word at this address backed by memory?</summary>
    public bool Contains(Spa address) => unchecked(address.Value - Base) < committedBytes && (address.Value & 7) == 0;

    /// <summary>The word at an address. Asking for memory that is not there is a bug of the caller: check with <see cref="Contains"/>.</summary>
    public ref ulong Word(Spa address)
    {
        ulong* word = PointerOrNull(address.Value);
        if (word == null) ThrowUnbacked(address);
        return ref *word;
    }

    /// <summary>
    /// The word at an address, or null where there is no memory. Unsafe for the walker: one bounds check, one dependent load (see the
    /// workload benchmark); the chunk it points into lives as long as this object.
    /// </summary>
    internal ulong* PointerOrNull(ulong address)
    {
        unchecked
        {
            ulong offset = address - Base;
            if (offset >= committedBytes || (offset & 7) != 0) return null;
            // In bytes: checked arithmetic on pointers would cost two multiplications.
            byte* chunk = *(byte**)((byte*)chunks + ((offset >> ChunkLog2) << 3));
            return (ulong*)(chunk + (offset & ((1UL << ChunkLog2) - 1)));
        }
    }

    /// <summary>A zeroed frame of 4 KiB.</summary>
    public Spa AllocateFrame() => Allocate(12);

    /// <summary>Zeroed memory of 2^<paramref name="sizeLog2"/> bytes, 12 to 21, aligned to its size.</summary>
    public Spa Allocate(int sizeLog2)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeLog2, 12);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeLog2, ChunkLog2);
        int frames = 1 << (sizeLog2 - 12);
        if (freed[sizeLog2 - 12].TryPop(out ulong reused))
        {
            FramesInUse += frames;
            new Span<ulong>(PointerOrNull(reused), frames * FrameBytes / 8).Clear();
            return new(reused);
        }
        // A chunk is a whole number of any size, so aligning never runs past its end.
        for (; nextFrame % (ulong)frames != 0; nextFrame++) freed[0].Push(Base + (nextFrame << 12));
        return Take(frames);
    }

    /// <summary>Gives a frame back.</summary>
    public void FreeFrame(Spa frame) => Free(frame, 12);

    /// <summary>Gives memory of 2^<paramref name="sizeLog2"/> bytes back.</summary>
    public void Free(Spa address, int sizeLog2)
    {
        Debug.Assert(Contains(address) && (address.Value & Iommu.Bits.Mask(sizeLog2)) == 0, "memory that was never handed out");
        FramesInUse -= 1 << (sizeLog2 - 12);
        freed[sizeLog2 - 12].Push(address.Value);
    }

    /// <summary>Contiguous zeroed frames (a queue, a directory); at most one chunk of 2 MiB. They are never freed.</summary>
    public Spa AllocateContiguous(int frames)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frames, FramesPerChunk);
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ulong inChunk = nextFrame % FramesPerChunk;
        if (inChunk + (ulong)frames > FramesPerChunk)
            for (; nextFrame % FramesPerChunk != 0; nextFrame++) freed[0].Push(Base + (nextFrame << 12));
        return Take(frames);
    }

    private Spa Take(int frames)
    {
        if (nextFrame == (ulong)chunkCount * FramesPerChunk) Grow();
        Spa first = new(Base + (nextFrame << 12));
        nextFrame += (ulong)frames;
        FramesInUse += frames;
        return first;
    }

    private void Grow()
    {
        if (chunkCount == maxChunks)
            throw new InsufficientMemoryException($"The simulated table memory is full ({(ulong)maxChunks << ChunkLog2} bytes). Map with larger pages, or give the machine more table memory.");
        chunks[chunkCount] = (ulong*)(chunkCount == 0 ? FirstChunk() : LargePage());
        chunkCount++;
        committedBytes = (ulong)chunkCount << ChunkLog2;
    }

    /// <summary>Most machines need no more, and little of it: memory that is zero and only there when used. Entries that are looked at together lie in one line of a cache each time.</summary>
    private nint FirstChunk()
    {
        first = (nint)NativeMemory.AllocZeroed((1u << ChunkLog2) + FrameBytes);
        return (first + (FrameBytes - 1)) & -FrameBytes;
    }

    /// <summary>Walks through large tables meet another page each time: one large page spares the processor's own translations (Workloads benchmark, scatter and uni64g).</summary>
    private static nint LargePage()
    {
        void* chunk = NativeMemory.AlignedAlloc(1u << ChunkLog2, 1u << ChunkLog2);
        Hints.UseLargePage(chunk, 1u << ChunkLog2);
        NativeMemory.Clear(chunk, 1u << ChunkLog2);
        return (nint)chunk;
    }

    [DoesNotReturn]
    private static void ThrowUnbacked(Spa address) => throw new UnreachableException($"No simulated memory at {address}.");

    /// <summary>Releases the native memory.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the native memory of an object nobody disposed.</summary>
    ~PhysicalMemory() => Release();

    private void Release()
    {
        if (disposed) return;
        disposed = true;
        committedBytes = 0;
        NativeMemory.Free((void*)first);
        for (int chunk = 1; chunk < chunkCount; chunk++) NativeMemory.AlignedFree(chunks[chunk]);
        NativeMemory.Free(chunks);
    }
}
