using Workbench.Iommu.Faults;
using Workbench.Iommu.Tests.Models;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>
/// The oracle of an SMMU of one stage whose IOTLB is never full: a list of leaves and a list of cached pages per domain. A and D are always kept.
/// </summary>
internal sealed class NaiveSmmu(bool isStage2, int granule, bool hasRanges, ulong lastIova, ulong leafSizes, int domains)
{
    private sealed record Cached(ulong Start, int Log2, ulong Physical, Permission Permission, bool DirtyKnown)
    {
        public ulong Last => Start + ((1UL << Log2) - 1);
    }

    // Hardware knows of the entry it walked, software of all of a run.
    private readonly Dictionary<NaiveLeaf, HashSet<ulong>> dirtyMembers = [];
    private readonly List<Cached>[] iotlb = [.. Enumerable.Range(0, domains).Select(_ => new List<Cached>())];

    public NaiveMappings[] Mappings { get; } = [.. Enumerable.Range(0, domains).Select(_ => new NaiveMappings(lastIova, leafSizes))];
    public long Dropped { get; private set; }

    // Stage 1 has no write-only page.
    public Permission Granted(Permission asked) => !isStage2 && asked == Permission.Write ? Permission.ReadWrite : asked;

    public (FaultKind Fault, ulong Physical, TranslationSource Source, bool Swallowed) Access(int domain, ulong iova, bool isWrite)
    {
        Permission need = isWrite ? Permission.Write : Permission.Read;
        NaiveLeaf? leaf = iova > lastIova ? null : Mappings[domain].Find(iova);
        Cached? cached = iotlb[domain].Where(c => c.Start <= iova && c.Last >= iova).MinBy(c => c.Log2);
        if (cached is not null && (cached.Permission & need) != 0 && (!isWrite || cached.DirtyKnown))
            return (FaultKind.None, cached.Physical + (iova - cached.Start), TranslationSource.Iotlb, isWrite && leaf is not { Dirty: true });
        TranslationSource source = cached is null ? TranslationSource.Walk : TranslationSource.Rewalk;
        FaultKind fault = iova > lastIova ? FaultKind.BeyondAddressWidth
            : leaf is null ? FaultKind.NotPresent
            : (Granted(leaf.Permission) & need) == 0 ? (isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission)
            : FaultKind.None;
        if (fault != FaultKind.None)
        {
            if (cached is not null) iotlb[domain].RemoveAll(c => c.Start <= iova && c.Last >= iova);
            return (fault, 0, source, false);
        }
        leaf!.Accessed = true;
        if (!dirtyMembers.TryGetValue(leaf, out HashSet<ulong>? members)) members = dirtyMembers[leaf] = [];
        if (!leaf.Dirty) members.Clear();
        ulong member = (iova - leaf.Start) >> (granule + (LevelOf(leaf.SizeLog2) * (granule - 3)));
        if (isWrite) members.Add(member);
        leaf.Dirty |= isWrite;
        Permission granted = Granted(leaf.Permission);
        iotlb[domain].RemoveAll(c => c.Start == leaf.Start && c.Log2 == leaf.SizeLog2);
        iotlb[domain].Add(new(leaf.Start, leaf.SizeLog2, leaf.Physical, granted, (granted & Permission.Write) == 0 || members.Contains(member)));
        return (FaultKind.None, leaf.Physical + (iova - leaf.Start), source, false);
    }

    /// <summary>As Linux: exactly the range, of one level if all that changed is of it; without ranges the whole from an eighth of a granule's number of pages on.</summary>
    public void Invalidate(int domain, ulong first, ulong last, bool leafOnly, int smallest, int largest)
    {
        ulong page = 1UL << granule, pages = (last / page) - (first / page) + 1;
        if (!hasRanges && pages >= page / 8)
        {
            InvalidateDomain(domain);
            return;
        }
        first = first / page * page;
        if (hasRanges && !leafOnly && pages % 2 == 1) pages++;
        last = first + (pages * page) - 1;
        int? level = hasRanges && leafOnly && smallest != 0 && LevelOf(smallest) == LevelOf(largest) ? LevelOf(smallest) : null;
        Dropped += iotlb[domain].RemoveAll(c => c.Start <= last && c.Last >= first && (level is null || LevelOf(c.Log2) == level));
    }

    public void InvalidateDomain(int domain)
    {
        Dropped += iotlb[domain].Count;
        iotlb[domain].Clear();
    }

    public void InvalidateAll()
    {
        for (int domain = 0; domain < iotlb.Length; domain++) InvalidateDomain(domain);
    }

    private int LevelOf(int log2) => (log2 - granule) / (granule - 3);
}
