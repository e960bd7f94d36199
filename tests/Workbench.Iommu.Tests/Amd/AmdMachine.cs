using Workbench.Iommu.Amd;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>A fresh machine with one device attached to one domain, and hands on what lies in its memory.</summary>
internal sealed class AmdMachine : IDisposable
{
    public static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);
    public static readonly RequesterId Disk = RequesterId.Of(0, 2, 0);
    public static readonly IommuSpec Host = new() { Model = "amd" };
    public static readonly IommuSpec Guest = new() { Model = "amd-v2" };

    public AmdMachine(IommuSpec? spec = null, bool tracking = false, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        Driver = AmdIommu.Build(spec ?? Host, out AmdUnit unit, out PhysicalMemory memory, onPageRequest);
        (Unit, Memory) = (unit, memory);
        Domain = Driver.CreateDomain(new(7));
        Driver.Attach(Nic, null, Domain);
        if (tracking) Driver.SetDirtyTracking(Domain, enable: true);
    }

    public IommuDriver Driver { get; }
    public AmdUnit Unit { get; }
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

    public Domain Map(ulong iova, ulong physical, ulong length = 0x1000, Permission permission = Permission.ReadWrite, int largest = 51, Domain? domain = null)
    {
        Domain into = domain ?? Domain;
        Assert.Equal(MapResult.Mapped, Driver.Map(into, iova, physical, length, permission, largest, new()));
        return into;
    }

    public Domain Second(ulong iova, ulong physical, ushort id = 8) => Map(iova, physical, domain: Driver.CreateDomain(new(id)));

    public ulong Leaf(ulong iova, Domain? domain = null)
    {
        Assert.True((domain ?? Domain).Table.TryGetLeaf(iova, out ulong entry, out _));
        return entry;
    }

    // A and D are the same bits in host and guest entries.
    public bool IsDirty(ulong iova, Domain? domain = null) => AmdV1Format.IsDirty(Leaf(iova, domain));

    public bool IsAccessed(ulong iova) => AmdV1Format.IsAccessed(Leaf(iova));

    public List<(ulong FirstPage, int SizeLog2)> Scan(bool clear, InvalidationGather? gather = null, Domain? domain = null)
    {
        ReportedLeaves reported = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        Assert.Null((domain ?? Domain).Table.ScanDirty(0, ulong.MaxValue, clear, ref unlimited, reported, gather ?? new()));
        return reported.All;
    }

    /// <summary>The paging entry of a level on the way to an address.</summary>
    public ref ulong Entry(ulong iova, int level, Domain? domain = null)
    {
        IPageTable table = (domain ?? Domain).Table;
        ulong at = table.Root.Value;
        for (int current = table.RootLevel; ; current--)
        {
            int bits = current == 5 ? 7 : 9;
            ref ulong slot = ref Memory.Word(new(at + (((iova >> AmdV1Format.Shift(current)) & Bits.Mask(bits)) << 3)));
            if (current == level) return ref slot;
            at = AmdV1Format.TableAddress(slot);
        }
    }

    /// <summary>One word of a device's entry in the device table.</summary>
    public ref ulong DeviceEntry(RequesterId device, int word = 0) => ref Memory.Word(new(Unit.DeviceTable!.Value.Value + (device.Value * 32UL) + (8UL * (uint)word)));

    public AmdDeviceTableEntry EntryOf(RequesterId device) => new(DeviceEntry(device), DeviceEntry(device, 1), DeviceEntry(device, 2), DeviceEntry(device, 3));

    public void SetEntry(RequesterId device, in AmdDeviceTableEntry entry)
    {
        Span<ulong> words = stackalloc ulong[4];
        entry.Write(words);
        for (int i = 0; i < 4; i++) DeviceEntry(device, i) = words[i];
    }

    /// <summary>Writes commands where the unit will fetch next, and returns the tail that would start them.</summary>
    public int Enqueue(params ReadOnlySpan<AmdCommand> commands)
    {
        int tail = Unit.CommandHead;
        foreach (AmdCommand command in commands)
        {
            Memory.Word(new(Unit.CommandBase.Value + ((ulong)tail * 16))) = command.Word0;
            Memory.Word(new(Unit.CommandBase.Value + ((ulong)tail * 16) + 8)) = command.Word1;
            tail = (tail + 1) % Unit.CommandLength;
        }
        return tail;
    }

    /// <summary>Feeds the buffer past the driver, then goes once around, so that the driver finds the head where it left it.</summary>
    public void Submit(params ReadOnlySpan<AmdCommand> commands)
    {
        int home = Unit.CommandHead;
        Unit.WriteCommandTail(Enqueue(commands));
        Assert.Equal((AmdCommandError.None, false), (Unit.CommandError, Unit.HasCommandHardwareError));
        AmdCommand[] around = new AmdCommand[Unit.CommandLength - commands.Length];
        Array.Fill(around, AmdCommand.CompletionWaitWithInterrupt());
        Unit.WriteCommandTail(Enqueue(around));
        Assert.Equal(home, Unit.CommandHead);
    }

    public AmdEvent TakeEvent()
    {
        Assert.True(Unit.TryTakeEvent(out AmdEvent taken));
        return taken;
    }
}
