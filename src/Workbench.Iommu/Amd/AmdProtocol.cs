using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Amd;

/// <summary>
/// What software writes and queues for an AMD IOMMU with host (v1) tables, as Linux does (README of this folder): tables of three levels that grow,
/// one command for a range, rounded to the enclosing power of two.
/// </summary>
public sealed class AmdProtocol : IVendorProtocol
{
    private const int FirstLevels = 3;

    private readonly PhysicalMemory memory;
    private readonly AmdUnit unit;
    private readonly int mostLevels;
    private readonly AmdCommandQueue queue;

    /// <summary>Sets the unit up; no device has a table yet. Tables grow to <paramref name="mostLevels"/>, 4 to what EFR.HATS offers.</summary>
    public AmdProtocol(PhysicalMemory memory, AmdUnit unit, int mostLevels, DriverProfile profile, int largestLeafLog2 = AmdV1Format.LargestLeafLog2)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(profile);
        if (mostLevels < FirstLevels || mostLevels > unit.Features.MaximumHostLevels)
            throw new ArgumentException($"Tables of {mostLevels} levels: EFR.HATS ({unit.Features.HostTranslationSizeCode}) offers {FirstLevels} to {unit.Features.MaximumHostLevels}.", nameof(mostLevels));
        (this.memory, this.unit, this.mostLevels, LargestLeafLog2) = (memory, unit, mostLevels, largestLeafLog2);
        queue = new(memory, unit, profile);
    }

    /// <inheritdoc/>
    public long CommandsSubmitted => queue.CommandsSubmitted;
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <inheritdoc/>
    public int DomainCount => ushort.MaxValue + 1;
    /// <inheritdoc/>
    public int LargestLeafLog2 { get; }
    /// <inheritdoc/>
    public bool InvalidatesOnMap => unit.Capability.CachesNotPresent;
    /// <inheritdoc/>
    public string? TrackingRefusal => unit.Features.SupportsHostDirty ? null : "This AMD part has no dirty bits in host tables (EFR.HDSup = 0), so dirty tracking cannot be turned on.";

    /// <inheritdoc/>
    public IPageTable CreateTable() => new PageTable<AmdV1Format>(memory, TableShape.OfLevels<AmdV1Format>(FirstLevels), growsToLevels: mostLevels);

    /// <inheritdoc/>
    public void Connect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (pasid is not null)
            throw new NotSupportedException($"PASID {pasid} of {device} cannot have a table: host (v1) tables are a device's as a whole, PASIDs need guest translation (EFR.GTSup); use model 'amd-v2'.");
        queue.WriteEntry(device, new AmdDeviceTableEntry(0, 0)
        {
            IsValid = true,
            TranslationIsValid = true,
            HostAccessDirty = TrackingOf(domain),
            Mode = domain.Table.RootLevel + 1,
            HostRoot = domain.Table.Root,
            CanRead = true,
            CanWrite = true,
            DomainId = domain.Id,
            DeviceTlbIsEnabled = queue.HasDeviceTlbs,
        });
        queue.Wait();
    }

    private static AmdHostAccessDirty TrackingOf(Domain domain) => domain.TracksDirty ? AmdHostAccessDirty.AccessedAndDirty : AmdHostAccessDirty.None;

    /// <inheritdoc/>
    public void Disconnect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        // As Linux: the device is blocked (TV = 0) before what it left in the caches is dropped.
        queue.WriteEntry(device, AmdCommandQueue.Blocked);
        queue.Enqueue(AmdCommand.InvalidateDomain(domain.Id));
        queue.InvalidateDeviceTlb(device, null, null);
        queue.Wait();
    }

    /// <inheritdoc/>
    public void TrackingChanged(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        foreach ((RequesterId device, _) in domain.Attachments)
            queue.WriteEntry(device, queue.ReadEntry(device) with { HostAccessDirty = TrackingOf(domain) });
        if (domain.Attachments.Count > 0) InvalidateDomain(domain);
    }

    /// <inheritdoc/>
    public void RootChanged(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (domain.Attachments.Count == 0) return;
        // No translation is dropped: what is cached of the old top is right under the new one too.
        foreach ((RequesterId device, _) in domain.Attachments)
            queue.WriteEntry(device, queue.ReadEntry(device) with { Mode = domain.Table.RootLevel + 1, HostRoot = domain.Table.Root });
        queue.Wait();
    }

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (queue.RangesOf(firstByte, lastByte, leafLog2) is not { } ranges) return InvalidateDomain(domain);
        foreach (AlignedRange range in ranges) queue.Enqueue(AmdCommand.InvalidatePages(domain.Id, new(range.Base), range.SizeLog2, includeTableEntries: !leafOnly));
        foreach ((RequesterId device, _) in domain.Attachments) queue.InvalidateDeviceTlb(device, null, ranges);
        return queue.Wait();
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        queue.Enqueue(AmdCommand.InvalidateDomain(domain.Id));
        foreach ((RequesterId device, _) in domain.Attachments) queue.InvalidateDeviceTlb(device, null, null);
        return queue.Wait();
    }

    /// <inheritdoc/>
    public int InvalidateAll()
    {
        queue.Enqueue(AmdCommand.InvalidateAll());
        foreach (RequesterId device in queue.Devices) queue.InvalidateDeviceTlb(device, null, null);
        return queue.Wait();
    }

    /// <inheritdoc/>
    public int Fence() => 0; // D is set before the access proceeds: there is nothing to wait for

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
