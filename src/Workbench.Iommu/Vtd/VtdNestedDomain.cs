using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// A guest's address space: first-stage tables that lie in guest memory, on top of a domain whose second-stage table is the guest's memory. The
/// tables' frames appear at guest physical addresses equal to their own; the parent maps each of them as a 4 KiB page, so that a scan of
/// the parent tells which tables hardware marked.
/// </summary>
public sealed class VtdNestedDomain
{
    private readonly IommuDriver driver;
    private readonly VtdProtocol protocol;
    private readonly PageTable<X64Format> table;
    private readonly List<(RequesterId Device, Pasid? Pasid)> attachments = [];

    /// <summary>Creates an empty space of 4 or 5 levels on a parent; <paramref name="id"/> is its tag in the caches and no other domain's.</summary>
    public VtdNestedDomain(IommuDriver driver, VtdProtocol protocol, Domain parent, DomainId id, int levels = 4)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(parent);
        if (levels is not (4 or 5)) throw new ArgumentOutOfRangeException(nameof(levels), $"{levels} levels: a first stage has 4 or 5.");
        (this.driver, this.protocol, Parent, Id) = (driver, protocol, parent, id);
        protocol.Adopt(this);
        table = new(protocol.Memory, levels);
        Share(table.Root.Value);
    }

    /// <summary>Its tag in the caches.</summary>
    public DomainId Id { get; }
    /// <summary>The domain that maps guest physical addresses, and whose dirty bits are tracked.</summary>
    public Domain Parent { get; }
    /// <summary>The guest's own table: from its addresses to guest physical ones. Map through <see cref="Map"/>, which shares new tables with the parent.</summary>
    public IPageTable Table => table;
    /// <summary>The devices attached, in order of attachment.</summary>
    public IReadOnlyList<(RequesterId Device, Pasid? Pasid)> Attachments => attachments;

    /// <summary>Lets a device (or one PASID of it) use the space; it must use no other.</summary>
    public void Attach(RequesterId device, Pasid? pasid)
    {
        if (pasid is { Value: 0 }) pasid = null;
        protocol.ConnectNested(device, pasid, this);
        attachments.Add((device, pasid));
    }

    /// <summary>Takes the space away from a device, with the invalidations that takes.</summary>
    public void Detach(RequesterId device, Pasid? pasid)
    {
        if (pasid is { Value: 0 }) pasid = null;
        if (!attachments.Remove((device, pasid))) throw new InvalidOperationException($"Device {device} (PASID {pasid?.Value ?? 0}) is not attached to nested domain {Id}.");
        protocol.DisconnectNested(device, pasid, this);
    }

    /// <summary>The guest maps a range of its addresses to guest physical ones.</summary>
    public MapResult Map(ulong address, ulong guestPhysical, ulong length, Permission permission = Permission.ReadWrite, int largestLeafLog2 = 12)
    {
        MapResult result = table.Map(address, guestPhysical, length, permission, Math.Min(largestLeafLog2, driver.LargestLeafLog2), new InvalidationGather());
        if (result == MapResult.Mapped) ShareBelow(table.Root.Value, table.RootLevel);
        return result;
    }

    /// <summary>Invalidates a range of the guest's addresses and waits; returns the commands it took.</summary>
    public int Invalidate(ulong firstByte, ulong lastByte, bool leafOnly) => protocol.InvalidateNested(this, firstByte, lastByte, leafOnly);

    private void ShareBelow(ulong at, int level)
    {
        if (level == 0) return;
        for (uint i = 0; i < 1u << X64Format.IndexBits; i++)
        {
            ulong entry = protocol.Memory.Word(new(at + (8UL * i)));
            if (!X64Format.IsPresent(entry, level) || X64Format.IsLeaf(entry, level)) continue;
            Share(X64Format.TableAddress(entry));
            ShareBelow(X64Format.TableAddress(entry), level - 1);
        }
    }

    private void Share(ulong frame)
    {
        if (Parent.Table.TryGetLeaf(frame, out _, out _)) return;
        InvalidationGather gather = new();
        if (driver.Map(Parent, frame, frame, 0x1000, Permission.ReadWrite, 12, gather) != MapResult.Mapped)
            throw new InvalidOperationException($"The parent domain {Parent.Id} cannot map the guest's table at 0x{frame:x}; its addresses have {Parent.Table.InputBits} bits.");
        driver.Invalidate(Parent, gather);
    }
}
