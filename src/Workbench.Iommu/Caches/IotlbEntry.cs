namespace Workbench.Iommu.Caches;

/// <summary>One cached translation, 32 bytes: the tag (page number, owner and size), the target, and its place in the order of replacement.</summary>
public struct IotlbEntry
{
    /// <summary>Bit 0 of <see cref="Leaf"/>: the device may read.</summary>
    public const ulong MayRead = 1;
    /// <summary>Bit 1 of <see cref="Leaf"/>: the device may write.</summary>
    public const ulong MayWrite = 2;
    /// <summary>Bit 2 of <see cref="Leaf"/>: a write needs no visit to memory, because D is known to be set or is not kept.</summary>
    public const ulong DirtyKnown = 4;
    /// <summary>Bit 9 of a leaf word that a walk found: it is for this access only.</summary>
    public const ulong NotCached = 1 << 9;
    /// <summary>What a write needs to find set.</summary>
    public const ulong WriteReady = MayWrite | DirtyKnown;

    private const ulong AddressMask = ~0xFFFUL;
    private const int LeafLog2Shift = 3;

    /// <summary>The page's number: IOVA shifted right by the page's size.</summary>
    public ulong Page;
    /// <summary>Owner and size, 0 for an empty slot: see <see cref="TagOf"/>.</summary>
    public ulong Tag;
    /// <summary>Physical address of the page in bits 63:12, size of the table's leaf in bits 8:3, dirty-known and permission in bits 2:0.</summary>
    public ulong Leaf;
    /// <summary>When it was used (LRU) or filled (FIFO), by the cache's own count.</summary>
    public ulong Stamp;

    /// <summary>The tag of an owner's pages of 2^pageLog2 bytes; never 0.</summary>
    public static ulong TagOf(ulong owner, int pageLog2) => unchecked((owner << 8) | (uint)pageLog2);

    /// <summary>The hash of a page and its tag; its top bits are the good ones (Fibonacci hashing).</summary>
    public static ulong HashOf(ulong page, ulong tag) => unchecked((page ^ ulong.RotateLeft(tag, 40)) * 0x9E3779B97F4A7C15);

    /// <summary>A leaf word.</summary>
    public static ulong LeafOf(ulong physical, Permission permission, bool dirtyKnown) =>
        (physical & AddressMask) | (ulong)permission | (dirtyKnown ? DirtyKnown : 0);

    /// <summary>A leaf word that also says how large (power of two of bytes) the leaf is in the table that took the device's address: a cache may hold only a part of it.</summary>
    public static ulong LeafOf(ulong physical, Permission permission, bool dirtyKnown, int leafLog2) =>
        LeafOf(physical, permission, dirtyKnown) | unchecked((ulong)(uint)leafLog2 << LeafLog2Shift);

    /// <summary>Size of the leaf that the page is, or is a part of, as a power of two of bytes; 0 if it was not told.</summary>
    public readonly int LeafLog2 => LeafLog2Of(Leaf);

    /// <summary>The size in a leaf word: see <see cref="LeafLog2"/>.</summary>
    internal static int LeafLog2Of(ulong leaf) => unchecked((int)(leaf >> LeafLog2Shift) & 63);

    /// <summary>Is the leaf of one of these sizes (bit n set means 2^n bytes)?</summary>
    public readonly bool IsOf(ulong leafSizes) => ((leafSizes >> LeafLog2) & 1) != 0;

    /// <summary>The owner in a tag: the word of a <see cref="CacheTag"/>.</summary>
    public readonly ulong Owner => Tag >> 8;
    /// <summary>The page's size as a power of two.</summary>
    public readonly int PageLog2 => unchecked((int)(Tag & 0xff));
    /// <summary>Physical address of the page's first byte.</summary>
    public readonly ulong PhysicalBase => Leaf & AddressMask;

    /// <summary>Does the page hold any byte of first..last?</summary>
    public readonly bool Overlaps(ulong firstByte, ulong lastByte)
    {
        ulong start = Page << PageLog2;
        ulong end = start | ((1UL << PageLog2) - 1);
        return start <= lastByte && end >= firstByte;
    }
}
