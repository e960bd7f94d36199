using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.LeafChanges;

/// <summary>A machine of any model with one device, whose leaves a changer splits and collapses while the device writes.</summary>
internal sealed class ChangingMachine : IDisposable
{
    public const ulong Base = 1UL << 30;
    public const ulong Physical = 5UL << 30;
    public static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);

    public ChangingMachine(string model, int blockChangeLevel = 2, LeafChangeProtocol? protocol = null, IommuSpec? like = null)
    {
        Driver = IommuCatalogue.Build((like ?? new()) with { Model = model, BlockChangeLevel = blockChangeLevel });
        Domain = Driver.CreateDomain(new(7));
        Driver.Attach(Nic, null, Domain);
        Driver.SetDirtyTracking(Domain, enable: true);
        Changer = new(Driver, protocol ?? LeafChangeProtocol.Sound) { Lost = (_, first, last, step) => Lost.Add((first, last, step)) };
    }

    public IIommuDriver Driver { get; }
    public Domain Domain { get; }
    public LeafChanger Changer { get; }
    public List<(ulong First, ulong Last, string Step)> Lost { get; } = [];
    public IPageTable Table => Domain.Table;

    public void Dispose() => Driver.Dispose();

    public void Map(ulong length, int leafLog2, ulong iova = Base, Permission permission = Permission.ReadWrite) =>
        Assert.Equal(MapResult.Mapped, Driver.Map(Domain, iova, iova - Base + Physical, length, permission, leafLog2, new()));

    public FaultKind Access(ulong iova, bool isWrite)
    {
        Driver.Hardware.Translate(new DmaRequest(Nic, iova, isWrite), out Translation found);
        if (found.Fault == FaultKind.None) Assert.Equal(iova - Base + Physical, found.Physical);
        return found.Fault;
    }

    public FaultKind Write(ulong iova) => Access(iova, isWrite: true);

    public FaultKind Read(ulong iova) => Access(iova, isWrite: false);

    /// <summary>Would a write of the address leave no trace?</summary>
    public bool Swallows(ulong iova) => Driver.Hardware.Swallows(new DmaRequest(Nic, iova, isWrite: true));

    public int LeafLog2(ulong iova) => Table.TryGetLeaf(iova, out _, out int log2) ? log2 : 0;

    /// <summary>A round of a dirty tracker: fence, read and clear, invalidate.</summary>
    public List<(ulong FirstPage, int SizeLog2)> Scan()
    {
        Driver.Fence();
        ReportedLeaves reported = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        InvalidationGather gather = new();
        Assert.Null(Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, reported, gather));
        Driver.Invalidate(Domain, gather);
        return reported.All;
    }

    public static bool Holds(List<(ulong FirstPage, int SizeLog2)> reported, ulong iova) =>
        reported.Exists(leaf => iova >> 12 >= leaf.FirstPage && iova >> 12 < leaf.FirstPage + (1UL << (leaf.SizeLog2 - 12)));

    public List<LeafChangeStep> Split(int targetLog2, params ulong[] addresses) => [.. Changer.Split(Domain, addresses.Length == 0 ? [Base] : addresses, targetLog2)];

    public List<LeafChangeStep> Collapse(int targetLog2, params ulong[] addresses) => [.. Changer.Collapse(Domain, addresses.Length == 0 ? [Base] : addresses, targetLog2)];
}
