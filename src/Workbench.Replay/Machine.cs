using System.Diagnostics;
using Workbench.Iommu;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Replay.Policies;
using Workbench.Replay.Trackers;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>The machine of one replay: the IOMMU with its driver, the domains, and which device uses which.</summary>
internal sealed class Machine : IDisposable
{
    /// <summary>Domain ids of domains the trace does not number are taken from here down.</summary>
    private const ushort FirstOwnDomain = 0xFFFE;

    private readonly IIommuDriver driver;
    private readonly InvalidationGather gather = new();
    private readonly Dictionary<DomainId, DomainOracle> byRecordedId = [];
    private readonly DomainOracle?[] byDevice = new DomainOracle?[65536];
    private readonly Dictionary<(RequesterId Device, uint Pasid), DomainOracle> byPasid = [];
    private readonly HashSet<DomainOracle> numbered = [];
    // What was unmapped and waits for the trace's invalidation: translations of it may still be cached.
    private readonly List<(DomainOracle Domain, ulong FirstByte, ulong LastByte)> deferred = [];
    private readonly int largestLeafLog2;
    private bool strict;
    private readonly HashSet<DomainId> usedIds = [];
    private ushort nextOwnDomain = FirstOwnDomain;

    private readonly bool alwaysStrict;

    public Machine(IIommuDriver driver, int largestLeafLog2, InvalidationSource invalidations)
    {
        this.driver = driver;
        alwaysStrict = invalidations == InvalidationSource.Strict;
        // A trace without invalidations of its own is replayed strictly: nothing is known to be recorded before the first one comes.
        strict = true;
        this.largestLeafLog2 = Math.Min(largestLeafLog2 == 0 ? 63 : largestLeafLog2, driver.LargestLeafLog2);
    }

    /// <summary>Takes the page-by-page account, if one is kept.</summary>
    public PageLog? Log { get; init; }
    /// <summary>Unmaps that began or ended inside a leaf: the leaf was kept or went as a whole, as Linux's tables do it.</summary>
    public long PartialUnmaps { get; private set; }
    /// <summary>Issue no invalidation but those of the trace; only for machines without paging-structure caches.</summary>
    public bool FollowsTraceOnly { get; init; }
    /// <summary>May D become visible after the write, so that reading it needs a fence first?</summary>
    public bool DirtyMayLag { get; init; }
    /// <summary>Told of domains as they are made, once tracking has begun.</summary>
    public IDirtyTracker? Tracker { get; set; }
    /// <summary>Are dirty bits kept from the moment a domain is made?</summary>
    public bool TracksFromProvisioning { get; init; }
    /// <summary>Called when the tracking of a domain begins, with the leaves written before.</summary>
    public Action<DomainOracle, IReadOnlyList<Leaf>>? TrackingBegins { get; set; }
    public IIommuDriver Driver => driver;
    public IIommu Hardware => driver.Hardware;
    /// <summary>Domains in order of creation.</summary>
    public List<DomainOracle> Domains { get; } = [];
    /// <summary>Are the domains tracked from now on?</summary>
    public bool Tracks { get; private set; }
    /// <summary>Most memory that tables and the structures above them took at once, bytes.</summary>
    public long PeakTableBytes { get; private set; }
    /// <summary>Maps refused because part of the range was mapped (the trace contradicts itself); the old mapping was removed first.</summary>
    public long Remaps { get; private set; }

    /// <summary>Is something unmapped whose invalidation has not come?</summary>
    public bool HasDeferred => deferred.Count > 0;

    /// <summary>Was this page unmapped without an invalidation since (and perhaps mapped again)?</summary>
    public bool IsDeferred(DomainOracle oracle, ulong iova) => deferred.Exists(d => d.Domain == oracle && iova >= d.FirstByte && iova <= d.LastByte);

    /// <summary>Was any part of first..last unmapped without an invalidation since (and perhaps mapped again)?</summary>
    public bool OverlapsDeferred(DomainOracle oracle, ulong firstByte, ulong lastByte)
    {
        foreach ((DomainOracle domain, ulong first, ulong last) in deferred)
            if (domain == oracle && first <= lastByte && last >= firstByte) return true;
        return false;
    }

    public DomainOracle OracleOf(RequesterId device, uint pasid) => Find(device, pasid) ?? AttachTo(Create(null), device, pasid);

    /// <summary>The domain that a requester is attached to, or null.</summary>
    public DomainOracle? Find(RequesterId device, uint pasid) => pasid == TraceEvent.NoPasid ? byDevice[device.Value] : byPasid.GetValueOrDefault((device, pasid));

    /// <summary>Software's answer to a page request: the tracker's, if the device has a domain.</summary>
    public PageResponse Answer(PageRequest request)
    {
        DomainOracle? oracle = Find(request.Device, request.Pasid?.Value ?? TraceEvent.NoPasid);
        return oracle is not null && Tracker is not null ? Tracker.Answer(oracle, request) : PageResponse.InvalidRequest;
    }

    /// <summary>All devices share one domain: the gpa view.</summary>
    public DomainOracle SharedBy(RequesterId device, uint pasid)
    {
        return Find(device, pasid) ?? AttachTo(Domains.Count == 0 ? Create(new(1)) : Domains[0], device, pasid);
    }

    private DomainOracle Create(DomainId? id)
    {
        DomainId own = id is { } wanted && usedIds.Add(wanted) ? wanted : NextOwn();
        DomainOracle oracle = new(driver.CreateDomain(own)) { Log = Log };
        Domains.Add(oracle);
        if (Tracks) Track(oracle);
        else if (TracksFromProvisioning) driver.SetDirtyTracking(oracle.Domain, true);
        return oracle;
    }

    private DomainOracle AttachTo(DomainOracle oracle, RequesterId device, uint pasid)
    {
        driver.Attach(device, pasid == TraceEvent.NoPasid ? null : new Pasid(pasid), oracle.Domain);
        if (pasid == TraceEvent.NoPasid) byDevice[device.Value] = oracle;
        else byPasid[(device, pasid)] = oracle;
        return oracle;
    }

    /// <summary>
    /// A device starts to use a recorded domain. A domain seen for the first time is the one the device has already, if that has no recorded
    /// number yet: its maps came before the number was known.
    /// </summary>
    public void Attach(in TraceEvent e)
    {
        DomainOracle? current = Find(e.Device, e.PasidOrNone);
        if (byRecordedId.TryGetValue(e.Domain, out DomainOracle? known))
        {
            if (known != current) AttachTo(known, e.Device, e.PasidOrNone);
            return;
        }
        if (current is null || numbered.Contains(current)) current = AttachTo(Create(e.Domain.Value is 0 or > 0xF000 ? null : e.Domain), e.Device, e.PasidOrNone);
        byRecordedId[e.Domain] = current;
        numbered.Add(current);
    }

    public void Map(in TraceEvent e)
    {
        if (e.Permission == Permission.None)
        {
            // An entry that allows nothing is a not-present one: the range is unmapped, whatever the trace calls it.
            Unmap(e);
            return;
        }
        DomainOracle oracle = OracleOf(e.Device, e.PasidOrNone);
        IPageTable table = oracle.Domain.Table;
        MapResult result = driver.Map(oracle.Domain, e.Iova, e.Target, e.Length, e.Permission, Math.Min(largestLeafLog2, oracle.LargestNewLeafLog2), gather);
        if (result == MapResult.AlreadyMapped)
        {
            Remaps++;
            // A leaf that begins before the range goes as a whole: a table cannot keep part of it.
            ulong before = table.TryGetLeaf(e.Iova, out _, out int leafLog2) ? e.Iova & ((1UL << leafLog2) - 1) : 0;
            Remove(oracle, e.Iova - before, e.Length + before);
            result = driver.Map(oracle.Domain, e.Iova, e.Target, e.Length, e.Permission, Math.Min(largestLeafLog2, oracle.LargestNewLeafLog2), gather);
        }
        if (result == MapResult.Mapped) oracle.MappedBytes += e.Length;
        if (result == MapResult.OutOfRange) throw OutOfRange(table, e.Iova, e.Target, e.Length);
        if (result != MapResult.Mapped)
            throw new UnreachableException($"mapping 0x{e.Iova:x} after unmapping it gave {result}");
        if (Tracks) Tracker?.Mapped(oracle, e.Iova, e.Length);
        // Tables that a large leaf replaced must leave the paging-structure caches before their frames are used again.
        if (FollowsTraceOnly) gather.Reset();
        else driver.Invalidate(oracle.Domain, gather);
        NotePeak();
    }

    /// <summary>Says which of its limits a map broke.</summary>
    private static Exception OutOfRange(IPageTable table, ulong iova, ulong target, ulong length)
    {
        string what = $"The trace maps 0x{length:x} bytes at 0x{iova:x} to 0x{target:x}";
        int granule = table.SmallestLeafLog2;
        if (((iova | target | length) & 0xFFF) != 0) return new TraceFormatException($"{what}: not whole 4 KiB pages. Check the trace.");
        if (((iova | target | length) & ((1UL << granule) - 1)) != 0) return new ModelLimitException($"{what}: not whole pages of {PageSizes.Show(granule)}, the smallest that this granule has. Replay with --granule 4K, or with --view gpa.");
        return new ModelLimitException($"{what}: beyond the table's last address 0x{table.LastIova:x}, or beyond the physical addresses it can hold. Replay with more --address-bits, or check the trace.");
    }

    /// <summary>Notes how much memory tables take now.</summary>
    public void NotePeak() => PeakTableBytes = Math.Max(PeakTableBytes, (long)driver.FramesInUse * 4096);

    private DomainId NextOwn()
    {
        while (nextOwnDomain > 0 && !usedIds.Add(new(nextOwnDomain))) nextOwnDomain--;
        if (nextOwnDomain == 0) throw new TraceFormatException("The trace uses more than 65,534 address spaces at once; an IOMMU has no more domain ids. Replay a part of it.");
        return new(nextOwnDomain--);
    }

    public void Unmap(in TraceEvent e)
    {
        DomainOracle oracle = OracleOf(e.Device, e.PasidOrNone);
        IPageTable table = oracle.Domain.Table;
        ulong removed = Remove(oracle, e.Iova, e.Length);
        if (removed > e.Length || (removed < e.Length && table.TryGetLeaf(e.Iova, out _, out _))) PartialUnmaps++;
        // A freed table must leave the paging-structure caches before its frame is used again, whatever the trace says.
        if (!FollowsTraceOnly && (strict || gather.TablesFreed)) driver.Invalidate(oracle.Domain, gather);
        else
        {
            if (!FollowsTraceOnly && !gather.IsEmpty) deferred.Add((oracle, gather.FirstByte, gather.LastByte));
            gather.Reset();
        }
    }

    /// <summary>Unmaps and keeps what is dirty; an update still on its way would find its entry gone, so it is waited for.</summary>
    private ulong Remove(DomainOracle oracle, ulong iova, ulong length)
    {
        if (Tracks && DirtyMayLag) driver.Fence();
        if (Tracks) Tracker?.Unmapping(oracle, iova, length);
        ulong removed = oracle.Domain.Table.Unmap(iova, length, Tracks && UsesDirtyBits ? oracle : null, gather);
        oracle.MappedBytes -= removed;
        return removed;
    }

    /// <summary>An invalidation of the trace, issued again by our driver.</summary>
    public void Invalidate(in TraceEvent e)
    {
        if (alwaysStrict) return;
        if (e.Kind == EventKind.InvalidateAll)
        {
            strict = false;
            driver.InvalidateAll();
            deferred.Clear();
        }
        else if (byRecordedId.TryGetValue(e.Domain, out DomainOracle? oracle))
        {
            // One of a domain nobody was attached to reaches nothing, so the trace's invalidations cannot be relied on.
            strict = false;
            if (e.Kind == EventKind.InvalidateDomain) driver.InvalidateDomain(oracle.Domain);
            else driver.InvalidateRange(oracle.Domain, e.Iova, e.Iova + (e.Length - 1), leafOnly: FollowsTraceOnly);
            Settle(oracle, e);
        }
    }

    private void Settle(DomainOracle oracle, in TraceEvent e)
    {
        (ulong first, ulong last) = e.Kind == EventKind.InvalidateDomain ? (0, ulong.MaxValue) : (e.Iova, e.Iova + (e.Length - 1));
        for (int i = deferred.Count - 1; i >= 0; i--)
            if (deferred[i].Domain == oracle && deferred[i].FirstByte >= first && deferred[i].LastByte <= last) deferred.RemoveAt(i);
    }

    /// <summary>Maps guest memory one to one, for the gpa view.</summary>
    public void MapIdentity(DomainOracle oracle, ulong start, ulong length)
    {
        MapResult result = driver.Map(oracle.Domain, start, start, length, Permission.ReadWrite, largestLeafLog2, gather);
        NotePeak();
        if (result == MapResult.Mapped) oracle.MappedBytes += length;
        if (result == MapResult.OutOfRange) throw new ModelLimitException($"Guest memory of 0x{length:x} bytes at 0x{start:x} cannot be mapped: it must be whole pages of {PageSizes.Show(oracle.Domain.Table.SmallestLeafLog2)} within the address width. Replay with --granule 4K or more --address-bits.");
        if (result != MapResult.Mapped) throw new TraceFormatException($"Guest memory of 0x{length:x} bytes at 0x{start:x} cannot be mapped ({result}): its ranges must not overlap.");
        driver.Invalidate(oracle.Domain, gather);
        if (Tracks) Tracker?.Mapped(oracle, start, length);
    }

    private bool UsesDirtyBits => Tracker is null or { UsesDirtyBits: true };

    /// <summary>Turns tracking on; every domain starts clean.</summary>
    public void StartTracking()
    {
        Tracks = true;
        foreach (DomainOracle oracle in Domains)
        {
            oracle.Reset();
            Track(oracle);
        }
    }

    private void Track(DomainOracle oracle)
    {
        SeenLeaves seen = new();
        if (TracksFromProvisioning) driver.ClearDirty(oracle.Domain, seen);
        if (UsesDirtyBits) driver.SetDirtyTracking(oracle.Domain, true);
        Tracker?.Start(oracle);
        TrackingBegins?.Invoke(oracle, seen.Leaves);
    }

    private sealed class SeenLeaves : IDirtySink
    {
        public List<Leaf> Leaves { get; } = [];

        public void Report(ulong firstPage, int leafLog2) => Leaves.Add(new(firstPage << 12, leafLog2));
    }

    public void Dispose() => driver.Dispose();
}
