using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Models;

internal sealed class NaiveDomain(ushort id, int levels)
{
    public ushort Id { get; } = id;
    public NaiveTable Table { get; } = new(levels);
    public NaiveOracle Oracle { get; } = new();
    public int Users { get; set; }
}

/// <summary>The machine as plain dictionaries: who uses which domain, what is mapped, what the IOTLB holds, and the counts.</summary>
internal sealed class NaiveMachine(IotlbGeometry geometry, int levels, int largestLog2, bool alwaysStrict)
{
    private readonly NaiveIotlb iotlb = new(geometry);
    private readonly Dictionary<(RequesterId, uint), NaiveDomain> byUser = [];
    private readonly Dictionary<ushort, NaiveDomain> byNumber = [];
    private ushort nextOwn = 0xFFFE;
    private bool strict = true;

    public List<NaiveDomain> Domains { get; } = [];
    public bool Tracks { get; private set; }
    public long Hits, Misses, Rewalks, Faults, DirtyUpdates, Dropped, Flushes, Remaps;

    public NaiveDomain DomainOf(RequesterId device, uint pasid) => byUser.TryGetValue((device, pasid), out NaiveDomain? known) ? known : Use(NewDomain(nextOwn--), device, pasid);

    public NaiveDomain Shared(RequesterId device, uint pasid) =>
        byUser.TryGetValue((device, pasid), out NaiveDomain? known) ? known : Use(Domains.Count == 0 ? NewDomain(1) : Domains[0], device, pasid);

    private NaiveDomain NewDomain(ushort id)
    {
        NaiveDomain made = new(id, levels);
        Domains.Add(made);
        return made;
    }

    private NaiveDomain Use(NaiveDomain domain, RequesterId device, uint pasid)
    {
        if (byUser.TryGetValue((device, pasid), out NaiveDomain? before))
        {
            before.Users--;
            Dropped += iotlb.InvalidateDomain(before.Id);
            Flushes++;
        }
        domain.Users++;
        return byUser[(device, pasid)] = domain;
    }

    public void Attach(in TraceEvent e)
    {
        ushort number = e.Domain.Value;
        byUser.TryGetValue((e.Device, e.PasidOrNone), out NaiveDomain? current);
        if (byNumber.TryGetValue(number, out NaiveDomain? known))
        {
            if (known != current) Use(known, e.Device, e.PasidOrNone);
        }
        else if (current is not null && !byNumber.ContainsValue(current)) byNumber[number] = current;
        else byNumber[number] = Use(NewDomain(number), e.Device, e.PasidOrNone);
    }

    public void Map(NaiveDomain domain, ulong iova, ulong length, ulong physical, Permission permission)
    {
        NaiveHull hull = new();
        if (domain.Table.Map(iova, physical, length, permission, largestLog2, leaf => Found(domain, leaf), hull)) Remaps++;
        Flush(domain, hull);
    }

    public void Unmap(in TraceEvent e)
    {
        NaiveDomain domain = DomainOf(e.Device, e.PasidOrNone);
        NaiveHull hull = new();
        domain.Table.Unmap(e.Iova, e.Length, leaf => Found(domain, leaf), hull);
        if (strict || hull.TablesFreed) Flush(domain, hull);
    }

    public void Found(NaiveDomain domain, NaiveLeaf leaf)
    {
        if (Tracks) domain.Oracle.Find(leaf.FirstPage, leaf.Log2);
    }

    /// <summary>An invalidation of the trace. One of a domain nobody has is none.</summary>
    public void Invalidate(in TraceEvent e)
    {
        if (alwaysStrict) return;
        if (e.Kind == EventKind.InvalidateAll)
        {
            strict = false;
            Dropped += iotlb.InvalidateAll();
            Flushes++;
        }
        else if (byNumber.TryGetValue(e.Domain.Value, out NaiveDomain? domain))
        {
            strict = false;
            if (e.Kind == EventKind.InvalidateDomain) FlushDomain(domain);
            else FlushRange(domain, e.Iova, e.Iova + (e.Length - 1));
        }
    }

    public long Flush(NaiveDomain domain, NaiveHull hull)
    {
        if (hull.IsEmpty) return 0;
        FlushRange(domain, hull.First, hull.Last);
        return 2;
    }

    /// <summary>As the driver does: the smallest aligned power of two that holds the range.</summary>
    private void FlushRange(NaiveDomain domain, ulong first, ulong last)
    {
        ulong bytes = 4096;
        while (first / bytes != last / bytes) bytes *= 2;
        Dropped += iotlb.InvalidateRange(domain.Id, first / bytes * bytes, (first / bytes * bytes) + (bytes - 1));
        Flushes++;
    }

    public void FlushDomain(NaiveDomain domain)
    {
        Dropped += iotlb.InvalidateDomain(domain.Id);
        Flushes++;
    }

    public void StartTracking()
    {
        Tracks = true;
        foreach (NaiveDomain domain in Domains) iotlb.InvalidateDomain(domain.Id);
        (Hits, Misses, Rewalks, Faults, DirtyUpdates, Dropped, Flushes) = (0, 0, 0, 0, 0, 0, 0);
    }

    /// <summary>One request: the page's size, or null for a fault.</summary>
    public int? Translate(NaiveDomain domain, ulong iova, bool isWrite)
    {
        Permission need = isWrite ? Permission.Write : Permission.Read;
        NaiveIotlbEntry? cached = iotlb.Find(domain.Id, iova);
        if (cached is not null && (cached.Permission & need) != 0 && (!isWrite || cached.DirtyKnown))
        {
            Hits++;
            return cached.Log2;
        }
        if (cached is null) Misses++;
        else Rewalks++;
        NaiveLeaf? leaf = domain.Table.Find(iova);
        if (leaf is null || (leaf.Permission & need) == 0)
        {
            Faults++;
            // A cached entry that turned out too weak does not survive the fault.
            if (cached is not null) iotlb.InvalidateRange(domain.Id, iova, iova);
            return null;
        }
        if (isWrite && Tracks && !leaf.Dirty)
        {
            leaf.Dirty = true;
            DirtyUpdates++;
        }
        iotlb.Fill(domain.Id, iova, leaf.Log2, leaf.Permission, dirtyKnown: !Tracks || leaf.Dirty);
        return leaf.Log2;
    }
}
