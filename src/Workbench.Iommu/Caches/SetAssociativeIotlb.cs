using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbench.Iommu.Caches;

/// <summary>A set-associative cache of up to 16 ways, compared one by one: the branch predictor learns the way (measured faster than vectors).</summary>
public struct SetAssociativeIotlb : IIotlb
{
    private readonly IotlbEntry[] entries;
    private readonly byte[] turn;
    private readonly int ways;
    private readonly uint setMask;
    private readonly int hashShift;
    private readonly Replacement replacement;
    private ulong clock;
    private ulong random;
    private ulong sizes;

    /// <summary>Builds an empty cache of a valid geometry.</summary>
    public SetAssociativeIotlb(IotlbGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        entries = new IotlbEntry[geometry.Entries];
        turn = new byte[geometry.Sets];
        ways = geometry.Ways;
        setMask = (uint)geometry.Sets - 1;
        hashShift = geometry.Index == IndexFunction.Hash ? 64 - BitOperations.Log2((uint)geometry.Sets) : 0;
        replacement = geometry.Replacement;
        random = geometry.Seed;
    }

    /// <inheritdoc/>
    public readonly long FullFlushes => 0;
    /// <inheritdoc/>
    public readonly int Capacity => entries.Length;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, nic1024 with 4096 entries
    public ref IotlbEntry Find(ulong owner, ulong iova)
    {
        unchecked
        {
            for (ulong left = sizes; left != 0; left &= left - 1)
            {
                int pageLog2 = BitOperations.TrailingZeroCount(left);
                ulong page = iova >> pageLog2;
                ulong tag = IotlbEntry.TagOf(owner, pageLog2);
                ref IotlbEntry entry = ref FirstOfSet(page, tag);
                for (int way = 0; way < ways; way++)
                {
                    if (entry.Page == page && entry.Tag == tag)
                    {
                        if (replacement == Replacement.Lru) entry.Stamp = ++clock;
                        return ref entry;
                    }
                    entry = ref Unsafe.Add(ref entry, 1);
                }
            }
            return ref Unsafe.NullRef<IotlbEntry>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Find
    private readonly ref IotlbEntry FirstOfSet(ulong page, ulong tag)
    {
        unchecked
        {
            uint set = hashShift == 0 ? (uint)page & setMask : setMask == 0 ? 0 : (uint)(IotlbEntry.HashOf(page, tag) >> hashShift);
            return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(entries), (nint)(set * (uint)ways));
        }
    }

    /// <inheritdoc/>
    public readonly bool HoldsOverlap(ulong owner, ulong iova, int pageLog2, ulong pageSizes)
    {
        if ((sizes & pageSizes) == 0) return false;
        ulong inside = Bits.Mask(pageLog2), first = iova & ~inside, last = iova | inside;
        foreach (ref readonly IotlbEntry entry in entries.AsSpan())
            if (entry.Tag != 0 && entry.Owner == owner && ((pageSizes >> entry.PageLog2) & 1) != 0 && entry.Overlaps(first, last)) return true;
        return false;
    }

    /// <inheritdoc/>
    public void Fill(ulong owner, ulong iova, int pageLog2, ulong leaf, bool mayHold = true)
    {
        unchecked
        {
            ulong page = iova >> pageLog2;
            ulong tag = IotlbEntry.TagOf(owner, pageLog2);
            if ((sizes >> pageLog2 & 1) == 0) sizes |= 1UL << pageLog2;
            ref IotlbEntry first = ref FirstOfSet(page, tag);
            if (mayHold)
                for (int way = 0; way < ways; way++)
                {
                    ref IotlbEntry entry = ref Unsafe.Add(ref first, way);
                    if (entry.Page != page || entry.Tag != tag) continue;
                    entry.Leaf = leaf;
                    return;
                }
            // An empty entry's stamp is 0.
            ref IotlbEntry chosen = ref Unsafe.Add(ref first, Victim(ref first, Oldest.Of(ref first, ways)));
            chosen.Page = page;
            chosen.Tag = tag;
            chosen.Leaf = leaf;
            chosen.Stamp = ++clock;
        }
    }

    private int Victim(ref IotlbEntry first, int oldestWay)
    {
        if (replacement <= Replacement.Fifo || Unsafe.Add(ref first, oldestWay).Tag == 0) return oldestWay;
        unchecked
        {
            if (replacement == Replacement.Random)
            {
                random += 0x9E3779B97F4A7C15;
                ulong mixed = (random ^ (random >> 30)) * 0xBF58476D1CE4E5B9;
                return (int)((mixed >> 33) % (uint)ways);
            }
            int set = (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(entries), ref first) / (Unsafe.SizeOf<IotlbEntry>() * ways));
            int way = turn[set];
            turn[set] = (byte)((way + 1) % ways);
            return way;
        }
    }

    private static int Drop(ref IotlbEntry entry, DroppedEntries? dropped)
    {
        dropped?.Add(entry);
        entry = default;
        return 1;
    }

    /// <inheritdoc/>
    public readonly int InvalidateRange(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes = ulong.MaxValue, DroppedEntries? dropped = null)
    {
        unchecked
        {
            // A range of few pages of one owner is looked up page by page; otherwise the cache is scanned.
            int count = 0;
            if (!owners.IsExact || (lastByte - firstByte) >> 12 > (uint)entries.Length / (uint)ways)
            {
                foreach (ref IotlbEntry entry in entries.AsSpan())
                    if (entry.Tag != 0 && owners.Covers(entry.Owner) && entry.Overlaps(firstByte, lastByte) && entry.IsOf(leafSizes)) count += Drop(ref entry, dropped);
                return count;
            }
            for (ulong left = sizes; left != 0; left &= left - 1)
            {
                int pageLog2 = BitOperations.TrailingZeroCount(left);
                ulong tag = IotlbEntry.TagOf(owners.Value, pageLog2);
                ulong last = lastByte >> pageLog2;
                for (ulong page = firstByte >> pageLog2; ; page++)
                {
                    ref IotlbEntry entry = ref FirstOfSet(page, tag);
                    for (int way = 0; way < ways; way++, entry = ref Unsafe.Add(ref entry, 1))
                        if (entry.Page == page && entry.Tag == tag && entry.IsOf(leafSizes)) count += Drop(ref entry, dropped);
                    if (page == last) break;
                }
            }
            return count;
        }
    }

    /// <inheritdoc/>
    public readonly int InvalidateOwners(TagMatch owners, DroppedEntries? dropped = null)
    {
        int count = 0;
        foreach (ref IotlbEntry entry in entries.AsSpan())
            if (entry.Tag != 0 && owners.Covers(entry.Owner)) count += Drop(ref entry, dropped);
        return count;
    }

    /// <inheritdoc/>
    public int InvalidateAll(DroppedEntries? dropped = null)
    {
        int count = 0;
        foreach (ref IotlbEntry entry in entries.AsSpan())
            if (entry.Tag != 0) count += Drop(ref entry, dropped);
        sizes = 0;
        return count;
    }
}
