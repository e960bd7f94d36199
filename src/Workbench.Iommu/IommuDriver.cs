using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>The driver above a vendor's protocol: domains, attachments, and the order of steps that is the same everywhere.</summary>
public sealed class IommuDriver : IIommuDriver
{
    private readonly IVendorProtocol protocol;
    private readonly Dictionary<DomainId, Domain> domains = [];
    private readonly Dictionary<(RequesterId Device, Pasid? Pasid), Domain> attached = [];

    /// <summary>A driver of this hardware; the protocol is disposed with it.</summary>
    public IommuDriver(IIommu hardware, IVendorProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(hardware);
        ArgumentNullException.ThrowIfNull(protocol);
        (Hardware, this.protocol) = (hardware, protocol);
    }

    /// <inheritdoc/>
    public IIommu Hardware { get; }
    /// <inheritdoc/>
    public long CommandsSubmitted => protocol.CommandsSubmitted;
    /// <inheritdoc/>
    public int FramesInUse => protocol.FramesInUse;
    /// <inheritdoc/>
    public int LargestLeafLog2 => protocol.LargestLeafLog2;
    /// <inheritdoc/>
    public LeafChangeRule LeafChangeRule => protocol.LeafChangeRule;

    /// <inheritdoc/>
    public Domain CreateDomain(DomainId id)
    {
        if (id.Value >= protocol.DomainCount) throw new ArgumentOutOfRangeException(nameof(id), $"Domain {id} does not exist: the part has {protocol.DomainCount} domains.");
        if (domains.ContainsKey(id)) throw new InvalidOperationException($"Domain {id} exists already.");
        return domains[id] = new(id, protocol.CreateTable());
    }

    /// <inheritdoc/>
    public void Attach(RequesterId device, Pasid? pasid, Domain domain)
    {
        Own(domain);
        if (pasid is { Value: > Pasid.MaxValue }) throw new ArgumentOutOfRangeException(nameof(pasid), $"PASID {pasid} has more than 20 bits; at most {Pasid.MaxValue}.");
        // Requests without PASID use the entry of PASID 0: one address space under two names.
        if (pasid is { Value: 0 }) pasid = null;
        if (attached.TryGetValue((device, pasid), out Domain? before))
        {
            protocol.Disconnect(device, pasid, before);
            before.Remove(device, pasid);
        }
        attached[(device, pasid)] = domain;
        domain.Add(device, pasid);
        try
        {
            protocol.Connect(device, pasid, domain);
        }
        catch
        {
            // Refused, for the part does not have what it takes: the device uses nothing.
            attached.Remove((device, pasid));
            domain.Remove(device, pasid);
            throw;
        }
    }

    /// <inheritdoc/>
    public MapResult Map(Domain domain, ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2, InvalidationGather gather)
    {
        Own(domain);
        Spa root = domain.Table.Root;
        MapResult result = domain.Table.Map(iova, physical, length, permission, Math.Min(largestLeafLog2, LargestLeafLog2), gather);
        if (domain.Table.Root != root) protocol.RootChanged(domain);
        if (result == MapResult.Mapped && protocol.InvalidatesOnMap) gather.Add(iova, iova + (length - 1));
        return result;
    }

    /// <inheritdoc/>
    public void SetDirtyTracking(Domain domain, bool enable)
    {
        Own(domain);
        if (enable && protocol.TrackingRefusal is { } refusal) throw new NotSupportedException(refusal);
        if (domain.TracksDirty == enable) return;
        if (enable) ClearDirty(domain, Unheard.Instance);
        domain.TracksDirty = enable;
        protocol.TrackingChanged(domain);
    }

    /// <inheritdoc/>
    public int ClearDirty(Domain domain, IDirtySink dirty)
    {
        Own(domain);
        ArgumentNullException.ThrowIfNull(dirty);
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        InvalidationGather gather = new();
        domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, dirty, gather);
        return Invalidate(domain, gather);
    }

    /// <inheritdoc/>
    public int Invalidate(Domain domain, InvalidationGather gather)
    {
        Own(domain);
        ArgumentNullException.ThrowIfNull(gather);
        if (gather.IsEmpty) return 0;
        int commands = protocol.InvalidateGather(domain, gather);
        gather.Reset();
        return commands;
    }

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly)
    {
        Own(domain);
        return protocol.InvalidateRange(domain, firstByte, lastByte, leafOnly, leafLog2: 0);
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        Own(domain);
        return protocol.InvalidateDomain(domain);
    }

    /// <inheritdoc/>
    public int InvalidateAll() => protocol.InvalidateAll();

    /// <inheritdoc/>
    public bool TryTakeStall(out StalledAccess stalled) => protocol.TryTakeStall(out stalled);

    /// <inheritdoc/>
    public Translation AnswerStall(in StalledAccess stalled, bool retry) => protocol.AnswerStall(stalled, retry);

    /// <inheritdoc/>
    public int Fence() => protocol.Fence();

    private void Own(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (!ReferenceEquals(domains.GetValueOrDefault(domain.Id), domain)) throw new ArgumentException($"Domain {domain.Id} is not of this machine; use one that its CreateDomain made.", nameof(domain));
    }

    /// <inheritdoc/>
    public void Dispose() => protocol.Dispose();

    private sealed class Unheard : IDirtySink
    {
        public static Unheard Instance { get; } = new();

        public void Report(ulong firstPage, int leafLog2) { }
    }
}
