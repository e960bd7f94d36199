using System.Numerics;

namespace Workbench.Replay.Iommufd;

/// <summary>
/// A bitmap in a process's memory, as the kernel sees it: at an address, in pages of 4 KiB that may be read-only or missing. One page on either side is there too,
/// so that bits beyond the buffer can be seen.
/// </summary>
public sealed class UserBitmap
{
    internal const int PageBytes = 4096;

    private readonly byte[] memory;
    private readonly bool[] isReadOnly;
    private readonly ulong memoryAddress;
    private readonly int start;

    /// <summary>A zeroed bitmap of so many bytes at an address of at least 4096.</summary>
    public UserBitmap(ulong address, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(address, (ulong)PageBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address, 1UL << 62);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, 1 << 30);
        (Address, ByteCount) = (address, bytes);
        memoryAddress = (address & ~(PageBytes - 1UL)) - PageBytes;
        start = (int)(address - memoryAddress);
        int pages = ((start + bytes + PageBytes - 1) / PageBytes) + 1;
        memory = new byte[pages * PageBytes];
        isReadOnly = new bool[pages];
    }

    /// <summary>Address of the first byte.</summary>
    public ulong Address { get; }
    /// <summary>Bytes of the buffer.</summary>
    public int ByteCount { get; }
    /// <summary>The buffer.</summary>
    public Span<byte> Bytes => memory.AsSpan(start, ByteCount);
    /// <summary>Bits set outside the buffer, in its first and last page and the page on either side.</summary>
    public long StrayBits => CountBits(memory.AsSpan(0, start)) + CountBits(memory.AsSpan(start + ByteCount));
    /// <summary>Bits set in the buffer.</summary>
    public long SetBits => CountBits(Bytes);

    /// <summary>Is a bit of the buffer set?</summary>
    public bool this[long bit] => (Bytes[(int)(bit >> 3)] >> (int)(bit & 7) & 1) != 0;

    /// <summary>Makes the page of an address read-only, so that the kernel cannot pin it.</summary>
    public void Protect(ulong address)
    {
        if (PageOf(address) is not { } page) throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x} is not in the memory of this bitmap, 0x{memoryAddress:x} to 0x{memoryAddress + (ulong)memory.Length - 1:x}.");
        isReadOnly[page] = true;
    }

    /// <summary>Zeroes the buffer and what is around it.</summary>
    public void Clear() => Array.Clear(memory);

    /// <summary>Pages that can be pinned for writing from the page of an address on; at most so many as asked for.</summary>
    internal int Pin(ulong address, int pages)
    {
        int pinned = 0;
        while (pinned < pages && PageOf(unchecked(address + ((ulong)pinned * PageBytes))) is { } page && !isReadOnly[page]) pinned++;
        return pinned;
    }

    /// <summary>Can every byte of a range be written?</summary>
    internal bool IsWritable(ulong address, ulong bytes)
    {
        ulong pages = (((address & (PageBytes - 1)) + bytes - 1) / PageBytes) + 1;
        return pages <= (ulong)isReadOnly.Length && Pin(address, (int)pages) == (int)pages;
    }

    /// <summary>Sets bits of a page that is pinned.</summary>
    internal void Set(ulong pageAddress, int firstBit, int count)
    {
        Span<byte> page = memory.AsSpan((int)(pageAddress - memoryAddress), PageBytes);
        int bit = firstBit, end = firstBit + count;
        for (; bit < end && (bit & 7) != 0; bit++) page[bit >> 3] |= (byte)(1 << (bit & 7));
        int whole = (end - bit) >> 3;
        page.Slice(bit >> 3, whole).Fill(0xFF);
        for (bit += whole << 3; bit < end; bit++) page[bit >> 3] |= (byte)(1 << (bit & 7));
    }

    private int? PageOf(ulong address) => address >= memoryAddress && address - memoryAddress < (ulong)memory.Length ? (int)((address - memoryAddress) / PageBytes) : null;

    private static long CountBits(ReadOnlySpan<byte> bytes)
    {
        long count = 0;
        foreach (byte b in bytes) count += BitOperations.PopCount(b);
        return count;
    }
}
