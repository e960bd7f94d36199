using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>A fresh machine with one device attached to one domain, number 7, and hands on what lies in its memory.</summary>
internal sealed class RiscVMachine : IDisposable
{
    public static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);
    public static readonly RequesterId Disk = RequesterId.Of(0, 2, 0);

    public RiscVMachine(string model = "riscv", IommuSpec? spec = null, bool tracking = false)
    {
        Driver = RiscVIommu.Build((spec ?? new()) with { Model = model }, out RiscVUnit unit, out PhysicalMemory memory);
        (Unit, Memory) = (unit, memory);
        Domain = Driver.CreateDomain(new(7));
        Driver.Attach(Nic, null, Domain);
        if (tracking) Driver.SetDirtyTracking(Domain, enable: true);
    }

    public IommuDriver Driver { get; }
    public RiscVUnit Unit { get; }
    public PhysicalMemory Memory { get; }
    public Domain Domain { get; }
    public IIommu Hardware => Driver.Hardware;
    public IommuCounters Counters => Hardware.Counters;

    public void Dispose() => Driver.Dispose();

    public Translation Access(ulong iova, bool isWrite, RequesterId? device = null, uint pasid = DmaRequest.NoPasid)
    {
        Hardware.Translate(new DmaRequest(device ?? Nic, iova, isWrite, pasid), out Translation translation);
        return translation;
    }

    public Translation Write(ulong iova, RequesterId? device = null) => Access(iova, true, device);

    public Translation Read(ulong iova, RequesterId? device = null) => Access(iova, false, device);

    public Translation Ask(ulong iova, bool toWrite, uint pasid = DmaRequest.NoPasid)
    {
        Hardware.RequestTranslation(new DmaRequest(Nic, iova, toWrite, pasid, isTranslationRequest: true), out Translation translation);
        return translation;
    }

    public void Map(ulong iova, ulong physical, ulong length = 0x1000, Permission permission = Permission.ReadWrite, int largest = 48, Domain? domain = null) =>
        Assert.Equal(MapResult.Mapped, Driver.Map(domain ?? Domain, iova, physical, length, permission, largest, new()));

    public ulong Leaf(ulong iova, Domain? domain = null)
    {
        Assert.True((domain ?? Domain).Table.TryGetLeaf(iova, out ulong entry, out _));
        return entry;
    }

    public bool IsDirty(ulong iova, Domain? domain = null) => (Leaf(iova, domain) & RiscVFirstStageFormat.DirtyBit) != 0;

    public bool IsAccessed(ulong iova, Domain? domain = null) => (Leaf(iova, domain) & RiscVFirstStageFormat.AccessedBit) != 0;

    public List<(ulong FirstPage, int SizeLog2)> Scan(bool clear, InvalidationGather? gather = null)
    {
        ReportedLeaves reported = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        Assert.Null(Domain.Table.ScanDirty(0, ulong.MaxValue, clear, ref unlimited, reported, gather ?? new()));
        return reported.All;
    }

    /// <summary>The paging entry of a level on the way to an address.</summary>
    public ref ulong Entry(ulong iova, int level, Domain? domain = null)
    {
        IPageTable table = (domain ?? Domain).Table;
        ulong address = table.Root.Value;
        for (int at = table.RootLevel; ; at--)
        {
            ulong entries = at == table.RootLevel ? 1UL << (table.InputBits - RiscVFirstStageFormat.Shift(at)) : 512;
            ref ulong slot = ref Memory.Word(new(address + (((iova >> RiscVFirstStageFormat.Shift(at)) & (entries - 1)) << 3)));
            if (at == level) return ref slot;
            address = RiscVFirstStageFormat.TableAddress(slot);
        }
    }

    /// <summary>The non-leaf entry of the device directory on the way to a device.</summary>
    public ref ulong DirectoryEntry(RequesterId device) =>
        ref Memory.Word(new(Unit.DirectoryPointer.Table.Value + RiscVDeviceDirectory.OffsetOf(RiscVDeviceId.Of(device), 1, isExtended: false)));

    /// <summary>A word of a device's context: 0 tc, 1 iohgatp, 2 ta, 3 fsc.</summary>
    public ref ulong DeviceContext(RequesterId device, int word = 0) =>
        ref Memory.Word(new(new RiscVDeviceDirectoryEntry(DirectoryEntry(device)).Table.Value + RiscVDeviceDirectory.OffsetOf(RiscVDeviceId.Of(device), 0, isExtended: false) + (8UL * (uint)word)));

    /// <summary>Writes commands where the unit will fetch next, and returns the tail that would start them.</summary>
    public int Enqueue(params ReadOnlySpan<RiscVCommand> commands)
    {
        int tail = Unit.QueueTail;
        foreach (RiscVCommand command in commands)
        {
            Memory.Write(new(Unit.QueueBase.Value + ((ulong)tail * RiscVCommand.SizeBytes)), [command.Word0, command.Word1]);
            tail = (tail + 1) % Unit.QueueLength;
        }
        return tail;
    }

    /// <summary>Feeds the queue past the driver, then goes once around, so that the driver finds the head where it left it.</summary>
    public void Submit(params ReadOnlySpan<RiscVCommand> commands)
    {
        int home = Unit.QueueHead;
        Unit.WriteQueueTail(Enqueue(commands));
        Assert.Equal(RiscVCommandError.None, Unit.CommandError);
        RiscVCommand[] around = new RiscVCommand[Unit.QueueLength - commands.Length];
        Array.Fill(around, RiscVCommand.IofenceC());
        Unit.WriteQueueTail(Enqueue(around));
        Assert.Equal(home, Unit.QueueHead);
    }

    public RiscVFaultRecord TakeFault()
    {
        Assert.True(Unit.TryTakeFault(out RiscVFaultRecord record));
        return record;
    }
}
