using Workbench.Iommu.Ats;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>A fresh machine with one device attached to one domain, and hands on what lies in its memory.</summary>
internal sealed class VtdMachine : IDisposable
{
    public static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);
    public static readonly RequesterId Disk = RequesterId.Of(0, 2, 0);

    public static IommuSpec FirstStage { get; } = new() { Model = "vtd-fs" };

    public VtdMachine(IommuSpec? spec = null, bool tracking = false, Func<PageRequest, PageResponse>? onPageRequest = null)
        : this(VtdIommu.Build(spec ?? new(), onPageRequest, out VtdUnit unit, out PhysicalMemory memory, out VtdProtocol protocol), unit, memory, protocol, tracking)
    {
    }

    private VtdMachine(IommuDriver driver, VtdUnit unit, PhysicalMemory memory, VtdProtocol protocol, bool tracking = false)
    {
        (Driver, Unit, Memory, Protocol) = (driver, unit, memory, protocol);
        Domain = Driver.CreateDomain(new(7));
        Driver.Attach(Nic, null, Domain);
        if (tracking) Driver.SetDirtyTracking(Domain, enable: true);
    }

    /// <summary>A part whose capabilities no specification asks for; the change is made to those of a usual one.</summary>
    public static VtdMachine Of(Func<VtdCapability, VtdCapability>? capability = null, Func<VtdExtendedCapability, VtdExtendedCapability>? extended = null, bool usesFirstStage = false, int deviceTlbEntries = 0)
    {
        using (VtdMachine usual = new(new() { DeviceTlbEntries = deviceTlbEntries }))
        {
            PhysicalMemory memory = new();
            VtdUnit unit = new(memory, capability?.Invoke(usual.Unit.Capability) ?? usual.Unit.Capability, extended?.Invoke(usual.Unit.Extended) ?? usual.Unit.Extended);
            IIommu hardware = IommuEngine.Build(unit, unit.Walkers, new IommuSpec().Iotlb, unit.Record);
            if (deviceTlbEntries > 0) hardware = new DeviceTlbs(hardware, deviceTlbEntries);
            unit.Connect(hardware);
            VtdProtocol protocol = new(memory, unit, VtdAddressWidth.Bits48, DriverProfile.Linux, usesFirstStage);
            return new(new IommuDriver(hardware, protocol), unit, memory, protocol);
        }
    }

    public IommuDriver Driver { get; }
    public VtdProtocol Protocol { get; }
    public VtdUnit Unit { get; }
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

    public void Map(ulong iova, ulong physical, ulong length = 0x1000, Permission permission = Permission.ReadWrite, int largest = 30, Domain? domain = null) =>
        Assert.Equal(MapResult.Mapped, (domain ?? Domain).Table.Map(iova, physical, length, permission, largest, new()));

    public ulong Leaf(ulong iova, Domain? domain = null)
    {
        Assert.True((domain ?? Domain).Table.TryGetLeaf(iova, out ulong entry, out _));
        return entry;
    }

    private bool HasFirstStage => Domain.Table is PageTable<X64Format>;

    public bool IsDirty(ulong iova) => HasFirstStage ? X64Format.IsDirty(Leaf(iova)) : VtdSecondStageFormat.IsDirty(Leaf(iova));

    public bool IsAccessed(ulong iova) => HasFirstStage ? X64Format.IsAccessed(Leaf(iova)) : VtdSecondStageFormat.IsAccessed(Leaf(iova));

    public List<(ulong FirstPage, int SizeLog2)> Scan(bool clear, InvalidationGather? gather = null)
    {
        ReportedLeaves reported = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        Assert.Null(Domain.Table.ScanDirty(0, ulong.MaxValue, clear, ref unlimited, reported, gather ?? new()));
        return reported.All;
    }

    /// <summary>The paging entry of a level on the way to an address.</summary>
    public ref ulong Entry(ulong iova, int level)
    {
        ulong table = Domain.Table.Root.Value;
        for (int at = Domain.Table.RootLevel; ; at--)
        {
            ref ulong slot = ref Memory.Word(new(table + (((iova >> VtdSecondStageFormat.Shift(at)) & 511) << 3)));
            if (at == level) return ref slot;
            table = VtdSecondStageFormat.TableAddress(slot);
        }
    }

    /// <summary>Word 0 of the scalable-mode root entry of a bus: the half for device-functions below 128.</summary>
    public ref ulong RootEntry(RequesterId device) => ref Memory.Word(new(Unit.RootTable!.Value.Value + (device.Bus * 16UL)));

    public ref ulong ContextEntry(RequesterId device, int word = 0) =>
        ref Memory.Word(new((RootEntry(device) & ~0xFFFUL) + (device.DeviceFunction * 32UL) + (8UL * (uint)word)));

    public ref ulong DirectoryEntry(RequesterId device, uint pasid = 0) => ref Memory.Word(new((ContextEntry(device) & ~0xFFFUL) + ((pasid >> 6) * 8UL)));

    public ref ulong PasidEntry(RequesterId device, uint pasid = 0, int word = 0) =>
        ref Memory.Word(new((DirectoryEntry(device, pasid) & ~0xFFFUL) + ((pasid & 63) * 64UL) + (8UL * (uint)word)));

    /// <summary>The only fault record there is now.</summary>
    public VtdFaultRecord TakeFault()
    {
        Assert.Equal(1, Unit.PendingFaults);
        Assert.True(Unit.TryTakeFault(out VtdFaultRecord record));
        return record;
    }

    /// <summary>Writes descriptors where the unit will fetch next, and returns the tail that would start them.</summary>
    public int Enqueue(params ReadOnlySpan<VtdDescriptor> descriptors)
    {
        Span<ulong> words = stackalloc ulong[VtdDescriptor.WideWordCount];
        int tail = Unit.QueueHead;
        foreach (VtdDescriptor descriptor in descriptors)
        {
            descriptor.Write(words);
            for (int i = 0; i < words.Length; i++) Memory.Word(new(Unit.QueueBase.Value + ((ulong)tail * VtdDescriptor.WideSizeBytes) + (8UL * (uint)i))) = words[i];
            tail = (tail + 1) % Unit.QueueLength;
        }
        return tail;
    }

    /// <summary>Feeds the queue past the driver, then goes once around, so that the driver finds the head where it left it.</summary>
    public void Submit(params ReadOnlySpan<VtdDescriptor> descriptors)
    {
        int home = Unit.QueueHead;
        Unit.WriteQueueTail(Enqueue(descriptors));
        Assert.Equal(VtdDescriptorError.None, Unit.QueueError);
        VtdDescriptor[] around = new VtdDescriptor[Unit.QueueLength - descriptors.Length];
        Array.Fill(around, VtdDescriptor.WaitWithInterrupt());
        Unit.WriteQueueTail(Enqueue(around));
        Assert.Equal(home, Unit.QueueHead);
    }
}
