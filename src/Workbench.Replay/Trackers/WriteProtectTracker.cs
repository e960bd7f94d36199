using Workbench.Iommu;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Replay.Policies;

namespace Workbench.Replay.Trackers;

/// <summary>
/// Write protection and faults, as KVM tracks where a CPU keeps no dirty bits: every leaf refuses writing; the first write faults, software notes the leaf,
/// lets it be written and lets the device try again. A harvest reports what was noted, protects it again, invalidates and waits: until then a write
/// through a cached entry that still allows it is not noticed. An open loop cannot delay the device that waits; a closed one does.
/// </summary>
internal sealed class WriteProtectTracker(TrackerContext context, FaultAnswer answer, FlushStrategy flush) : IDirtyTracker
{
    private readonly Dictionary<DomainOracle, Protection> domains = [];

    /// <summary>What is known of one domain's leaves, each by its first page.</summary>
    private sealed class Protection : IPermissionSink
    {
        /// <summary>Leaves that may be written, were they not protected.</summary>
        public PageSet Writable { get; } = new();
        /// <summary>Those of them that may not be read.</summary>
        public PageSet WriteOnly { get; } = new();
        /// <summary>Leaves written since their last report: they are not protected.</summary>
        public Dictionary<ulong, int> Written { get; } = [];

        public void Changed(ulong firstPage, int leafLog2, Permission before)
        {
            if ((before & Permission.Write) == 0) return;
            Writable.Add(firstPage);
            if (before == Permission.Write) WriteOnly.Add(firstPage);
        }
    }

    /// <inheritdoc/>
    public bool IsSound => flush.IsSound;

    /// <summary>Writes that are not noticed, to explain what is lost.</summary>
    public bool SeesWrites => !IsSound;

    /// <inheritdoc/>
    public bool HandlesFaults => answer == FaultAnswer.Stall;

    /// <inheritdoc/>
    public long FaultsHandled { get; private set; }

    /// <inheritdoc/>
    public string LossCause => "written through a cached entry that still allowed it: its leaf was write-protected again by a harvest that did not invalidate";

    /// <inheritdoc/>
    public void Start(DomainOracle domain)
    {
        domains[domain] = new();
        Protect(domain, 0, ulong.MaxValue);
    }

    /// <summary>New leaves refuse writing from the moment they are there.</summary>
    public void Mapped(DomainOracle domain, ulong iova, ulong length) => Protect(domain, iova, iova + (length - 1));

    private void Protect(DomainOracle domain, ulong firstByte, ulong lastByte)
    {
        InvalidationGather gather = new();
        domain.Domain.Table.Protect(firstByte, lastByte, Permission.Read, domains[domain], gather);
        context.Machine.Driver.Invalidate(domain.Domain, gather);
    }

    /// <inheritdoc/>
    public void Unmapping(DomainOracle domain, ulong iova, ulong length)
    {
        Protection protection = domains[domain];
        foreach (Leaf leaf in MappedLeaves.In(domain.Domain.Table, iova, iova + (length - 1)))
        {
            ulong page = leaf.Address >> 12;
            protection.Writable.Remove(page);
            protection.WriteOnly.Remove(page);
            if (protection.Written.Remove(page)) domain.Report(page, leaf.SizeLog2);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<long> Harvest(DomainOracle domain, bool isLast)
    {
        context.Tally.BitmapBytes += Type1Bitmap.Bytes(domain.MappedBytes, 12);
        Protection protection = domains[domain];
        InvalidationGather gather = new();
        foreach (ulong page in protection.Written.Keys.Order().ToArray())
        {
            // Unmapped meanwhile, and reported then.
            if (!protection.Written.Remove(page, out int leafLog2)) continue;
            domain.Report(page, leafLog2);
            domain.Domain.Table.Protect(page << 12, (page << 12) | Bits.Mask(leafLog2), Permission.Read, null, gather);
            context.Tally.EntriesCleared++;
            yield return context.Costs.ClearEntry;
        }
        if (gather.IsEmpty || !flush.IsInvalidatingLast) yield break;
        if (flush == FlushStrategy.Domain)
        {
            yield return context.InvalidateDomainNs;
            context.InvalidateDomain(domain);
        }
        else
        {
            yield return context.InvalidateRangeNs;
            context.Invalidate(domain, gather);
        }
    }

    /// <inheritdoc/>
    public bool Wrote(DomainOracle domain, ulong firstPage, ulong lastPage)
    {
        if (!domains.TryGetValue(domain, out Protection? protection)) return true;
        // One translation is of one leaf.
        ulong page = domain.Domain.Table.TryGetLeaf(firstPage << 12, out _, out int leafLog2) ? firstPage & ~Bits.Mask(leafLog2 - 12) : firstPage;
        return protection.Written.ContainsKey(page);
    }

    /// <summary>A stalled transaction: it tries again once its leaf may be written, and is aborted if that leaf never may.</summary>
    public void Resolve(DomainOracle domain, in DmaRequest request, ref Translation translation)
    {
        while (context.Machine.Driver.TryTakeStall(out StalledAccess stalled))
            translation = context.Machine.Driver.AnswerStall(stalled, retry: stalled.IsWrite && LetWrite(domain, stalled.Iova.Value));
    }

    /// <inheritdoc/>
    public PageResponse Answer(DomainOracle domain, in PageRequest request) =>
        request.ToWrite && LetWrite(domain, request.Page.Value) ? PageResponse.Success : PageResponse.InvalidRequest;

    /// <summary>Notes the leaf of an address as written and lets it be; false if it may not be written.</summary>
    private bool LetWrite(DomainOracle domain, ulong iova)
    {
        IPageTable table = domain.Domain.Table;
        if (!domains.TryGetValue(domain, out Protection? protection) || !table.TryGetLeaf(iova, out _, out int leafLog2)) return false;
        ulong page = (iova & ~Bits.Mask(leafLog2)) >> 12;
        // A leaf that may be written already refuses for another reason, which trying again would not cure.
        if (!protection.Writable.Contains(page) || !protection.Written.TryAdd(page, leafLog2)) return false;
        FaultsHandled++;
        InvalidationGather gather = new();
        table.Protect(page << 12, (page << 12) | Bits.Mask(leafLog2), protection.WriteOnly.Contains(page) ? Permission.Write : Permission.ReadWrite, null, gather);
        // More is allowed than before, which a cached entry need not know: every vendor may use it until it is invalidated.
        context.Machine.Driver.Invalidate(domain.Domain, gather);
        return true;
    }
}
