using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Tests.Models;

/// <summary>
/// The oracle of a RISC-V machine: lists of leaves, each member of a 64 KiB run with an A and a D of its own, and one IOTLB of the same shape. No paging
/// structures, no contexts, no commands: an invalidation is a range.
/// </summary>
internal sealed class NaiveRiscV(IotlbGeometry geometry, int usableBits, bool isSigned, int domains)
{
    private static readonly int[] LeafSizes = [30, 21, 16, 12];

    public sealed record Leaf(ulong Start, int SizeLog2, ulong Physical, Permission Permission)
    {
        public bool[] Accessed { get; } = new bool[SizeLog2 == 16 ? 16 : 1];
        public bool[] Dirty { get; } = new bool[SizeLog2 == 16 ? 16 : 1];
        public ulong Last => Start + ((1UL << SizeLog2) - 1);
        public int MemberOf(ulong iova) => SizeLog2 == 16 ? (int)((iova >> 12) % 16) : 0;
    }

    public List<Leaf>[] Leaves { get; } = [.. Enumerable.Range(0, domains).Select(_ => new List<Leaf>())];
    public NaiveIotlb Iotlb { get; } = new(geometry);
    public long Hits { get; private set; }
    public long Misses { get; private set; }
    public long Rewalks { get; private set; }
    public long Faults { get; private set; }
    public long DirtyUpdates { get; private set; }
    public long AccessedUpdates { get; private set; }

    public (FaultKind Fault, ulong Physical, TranslationSource Source, bool Swallowed) Access(int domain, ulong iova, bool isWrite)
    {
        ulong owner = (ulong)domain;
        TranslationSource source = TranslationSource.Walk;
        Leaf? leaf = Leaves[domain].Find(l => l.Start <= iova && iova <= l.Last);
        if (Iotlb.Find(owner, iova) is { } cached)
        {
            ulong need = isWrite ? IotlbEntry.WriteReady : IotlbEntry.MayRead;
            if ((cached.Leaf & need) == need)
            {
                Hits++;
                return (FaultKind.None, (cached.Leaf & ~0xFFFUL) + (iova % (1UL << cached.PageLog2)), TranslationSource.Iotlb, isWrite && (leaf is null || !leaf.Dirty.Contains(true)));
            }
            Rewalks++;
            source = TranslationSource.Rewalk;
        }
        else Misses++;
        FaultKind fault = iova >> usableBits != 0 ? (isSigned ? FaultKind.NotCanonical : FaultKind.BeyondAddressWidth)
            : leaf is null ? FaultKind.NotPresent
            : isWrite && leaf.Permission == Permission.Read ? FaultKind.NoWritePermission
            : FaultKind.None;
        if (fault != FaultKind.None)
        {
            Faults++;
            if (source == TranslationSource.Rewalk) Iotlb.InvalidateRange(owner, iova, iova);
            return (fault, 0, source, false);
        }
        int member = leaf!.MemberOf(iova);
        if (!leaf.Accessed[member]) AccessedUpdates++;
        if (isWrite && !leaf.Dirty[member]) DirtyUpdates++;
        leaf.Accessed[member] = true;
        leaf.Dirty[member] |= isWrite;
        Permission granted = leaf.Permission == Permission.Read ? Permission.Read : Permission.ReadWrite;
        Iotlb.Fill(owner, iova, leaf.SizeLog2, IotlbEntry.LeafOf(leaf.Physical, granted, leaf.Dirty[member]));
        return (FaultKind.None, leaf.Physical + (iova - leaf.Start), source, false);
    }

    public bool Map(int domain, ulong iova, ulong physical, ulong length, Permission permission, int largest)
    {
        ulong last = iova + (length - 1);
        if (Leaves[domain].Exists(l => l.Start <= last && l.Last >= iova)) return false;
        for (ulong done = 0; done < length;)
        {
            int size = LeafSizes.First(s => s <= largest && ((iova + done) | (physical + done)) % (1UL << s) == 0 && length - done >= 1UL << s);
            Leaves[domain].Add(new(iova + done, size, physical + done, permission));
            done += 1UL << size;
        }
        return true;
    }

    /// <summary>Removes every leaf that begins in the range, whole.</summary>
    public void Unmap(int domain, ulong iova, ulong length) => Leaves[domain].RemoveAll(l => l.Start >= iova && l.Start <= iova + (length - 1));

    public List<(ulong, int)> Harvest(int domain)
    {
        Leaf[] dirty = [.. Leaves[domain].Where(l => l.Dirty.Contains(true)).OrderBy(l => l.Start)];
        foreach (Leaf leaf in dirty) Array.Clear(leaf.Dirty);
        return [.. dirty.Select(l => (l.Start >> 12, l.SizeLog2))];
    }

    /// <summary>One aligned power of two around both ends; without ranges, by pages or leaves, or all of the domain.</summary>
    public void Invalidate(int domain, ulong firstByte, ulong lastByte, bool hasRanges, int stride)
    {
        ulong size = 4096;
        while (size != 0 && firstByte / size != lastByte / size) size = size == 1UL << 63 ? 0 : size * 2;
        if (hasRanges || size == 4096)
        {
            ulong first = size == 0 ? 0 : firstByte / size * size;
            Iotlb.InvalidateRange((ulong)domain, first, size == 0 ? ulong.MaxValue : first + (size - 1));
            return;
        }
        if ((lastByte >> stride) - (firstByte >> stride) + 1 > 512)
        {
            Iotlb.InvalidateOwner((ulong)domain);
            return;
        }
        for (ulong at = firstByte >> stride; at <= lastByte >> stride; at++) Iotlb.InvalidateRange((ulong)domain, at << stride, at << stride | 0xFFF);
    }
}
