using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Tests.Models;

/// <summary>
/// The oracle of a whole machine: lists of leaves per domain and one IOTLB of the same shape; no paging structures, so no caches of
/// them. Entries cached while tracking is off count as dirty-known; an IOTLB that splits large pages caches only the 4 KiB that were asked for.
/// </summary>
internal sealed class NaiveIommu(IotlbGeometry geometry, int addressBits, int domains, bool hasSpaces = false, ulong leafSizes = NaiveMappings.UsualSizes)
{
    private readonly bool[] tracks = new bool[domains];
    private readonly HashSet<(ulong Owner, ulong FirstByte, ulong LastByte)> dropped = [];

    public NaiveIotlb Iotlb { get; } = new(geometry);
    public NaiveMappings[] Mappings { get; } = [.. Enumerable.Range(0, domains).Select(_ => new NaiveMappings(Bits.Mask(addressBits), leafSizes))];
    public long Hits { get; private set; }
    public long Misses { get; private set; }
    public long Rewalks { get; private set; }
    public long Faults { get; private set; }
    public long DirtyUpdates { get; private set; }
    public long EntriesInvalidated { get; private set; }
    /// <summary>Misses of what an invalidation dropped, however long ago.</summary>
    public long Refills { get; private set; }
    /// <summary>The most that was dropped and not refilled at any time.</summary>
    public int MostDropped { get; private set; }

    /// <summary>The tag, which a hashed index depends on; first-stage translations carry address space 0.</summary>
    private ulong OwnerOf(int domain) => (hasSpaces ? new CacheTag(new DomainId((ushort)domain), 0) : new CacheTag(new DomainId((ushort)domain))).Value;

    public (FaultKind Fault, ulong Physical, TranslationSource Source, bool Swallowed) Access(int domain, ulong iova, bool isWrite)
    {
        ulong owner = OwnerOf(domain);
        TranslationSource source = TranslationSource.Walk;
        NaiveLeaf? leaf = iova >> addressBits != 0 ? null : Mappings[domain].Find(iova);
        if (Iotlb.Find(owner, iova) is { } cached)
        {
            ulong need = isWrite ? IotlbEntry.WriteReady : IotlbEntry.MayRead;
            if ((cached.Leaf & need) == need)
            {
                Hits++;
                bool swallowed = isWrite && tracks[domain] && leaf is not { Dirty: true };
                return (FaultKind.None, (cached.Leaf & ~0xFFFUL) + (iova % (1UL << cached.PageLog2)), TranslationSource.Iotlb, swallowed);
            }
            Rewalks++;
            source = TranslationSource.Rewalk;
        }
        else Misses++;
        FaultKind fault = iova >> addressBits != 0 ? FaultKind.BeyondAddressWidth
            : leaf is null ? FaultKind.NotPresent
            : isWrite && (leaf.Permission & Permission.Write) == 0 ? FaultKind.NoWritePermission
            : !isWrite && (leaf.Permission & Permission.Read) == 0 ? FaultKind.NoReadPermission
            : FaultKind.None;
        if (fault != FaultKind.None)
        {
            Faults++;
            if (source == TranslationSource.Rewalk) Iotlb.InvalidateRange(owner, iova, iova);
            return (fault, 0, source, false);
        }
        if (tracks[domain])
        {
            leaf!.Accessed = true;
            if (isWrite && !leaf.Dirty) DirtyUpdates++;
            leaf.Dirty |= isWrite;
        }
        if (source == TranslationSource.Walk && dropped.RemoveWhere(d => d.Owner == owner && d.FirstByte <= iova && d.LastByte >= iova) > 0) Refills++;
        int size = geometry.SplitsLargePages ? 12 : leaf!.SizeLog2;
        ulong physical = geometry.SplitsLargePages ? (leaf!.Physical + (iova - leaf.Start)) / 4096 * 4096 : leaf!.Physical;
        Iotlb.Fill(owner, iova, size, IotlbEntry.LeafOf(physical, leaf.Permission, !tracks[domain] || leaf.Dirty));
        return (FaultKind.None, leaf.Physical + (iova - leaf.Start), source, false);
    }

    /// <summary>One aligned power of two around both ends; beyond the largest mask the whole domain.</summary>
    public void InvalidateRange(int domain, ulong firstByte, ulong lastByte, int largestMask)
    {
        int log2 = 12;
        while (log2 < 64 && firstByte >> log2 != lastByte >> log2) log2++;
        ulong size = log2 == 64 ? 0 : 1UL << log2;
        ulong first = log2 == 64 ? 0 : firstByte / size * size;
        ulong last = log2 == 64 ? ulong.MaxValue : first + (size - 1);
        Count(log2 - 12 > largestMask ? Iotlb.InvalidateOwner(OwnerOf(domain)) : Iotlb.InvalidateRange(OwnerOf(domain), first, last));
    }

    public void InvalidateDomain(int domain) => Count(Iotlb.InvalidateOwner(OwnerOf(domain)));

    public void InvalidateAll() => Count(Iotlb.InvalidateAll());

    private void Count(int invalidated)
    {
        EntriesInvalidated += invalidated;
        dropped.UnionWith(Iotlb.LastDropped);
        MostDropped = Math.Max(MostDropped, dropped.Count);
    }

    public void SetTracking(int domain, bool enable, int devices, int largestMask)
    {
        if (tracks[domain] == enable) return;
        if (enable && Mappings[domain].InOrder.Where(leaf => leaf.Dirty).ToArray() is { Length: > 0 } dirty)
        {
            foreach (NaiveLeaf leaf in dirty) leaf.Dirty = false;
            InvalidateRange(domain, dirty[0].Start, dirty[^1].Last, largestMask);
        }
        tracks[domain] = enable;
        for (int i = 0; i < devices; i++) InvalidateDomain(domain);
    }
}
