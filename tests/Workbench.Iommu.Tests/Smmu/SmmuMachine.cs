using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>A fresh machine with one device attached to one domain, and hands on what lies in its memory.</summary>
internal sealed class SmmuMachine : IDisposable
{
    public const ushort DomainNumber = 7;
    public static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);
    public static readonly RequesterId Disk = RequesterId.Of(0, 2, 0);

    public static readonly IommuSpec Stage1 = new() { Model = "smmu" };
    public static readonly IommuSpec Stage2 = new() { Model = "smmu-s2" };

    public SmmuMachine(IommuSpec? spec = null, bool attach = true)
    {
        Spec = spec ?? Stage1;
        Driver = SmmuIommu.Build(Spec, out SmmuUnit unit, out PhysicalMemory memory);
        (Unit, Memory) = (unit, memory);
        Domain = Driver.CreateDomain(new(DomainNumber));
        if (attach) Driver.Attach(Nic, null, Domain);
    }

    public IommuSpec Spec { get; }
    public IommuDriver Driver { get; }
    public SmmuUnit Unit { get; }
    public PhysicalMemory Memory { get; }
    public Domain Domain { get; }
    public IIommu Hardware => Driver.Hardware;
    public IommuCounters Counters => Hardware.Counters;
    public bool IsStage2 => Spec.Model == "smmu-s2";

    public void Dispose() => Driver.Dispose();

    public Translation Access(ulong iova, bool isWrite, RequesterId? device = null, uint pasid = DmaRequest.NoPasid)
    {
        Hardware.Translate(new DmaRequest(device ?? Nic, iova, isWrite, pasid), out Translation translation);
        return translation;
    }

    public Translation Write(ulong iova, RequesterId? device = null) => Access(iova, true, device);

    public Translation Read(ulong iova, RequesterId? device = null) => Access(iova, false, device);

    public bool IsCached(ulong iova, RequesterId? device = null) => Read(iova, device).Source == TranslationSource.Iotlb;

    public void Map(ulong iova, ulong physical, ulong length = 0x1_0000, Permission permission = Permission.ReadWrite, int largest = 63, Domain? domain = null) =>
        Assert.Equal(MapResult.Mapped, Driver.Map(domain ?? Domain, iova, physical, length, permission, largest, new()));

    public bool IsDirty(ulong iova, Domain? domain = null)
    {
        Assert.True((domain ?? Domain).Table.TryGetLeaf(iova, out ulong entry, out _));
        return IsStage2 ? ArmStage2Format<Granule4K>.IsDirty(entry) : ArmStage1Format<Granule4K>.IsDirty(entry);
    }

    public bool IsAccessed(ulong iova)
    {
        Assert.True(Domain.Table.TryGetLeaf(iova, out ulong entry, out _));
        return ArmStage1Format<Granule4K>.IsAccessed(entry);
    }

    public List<(ulong FirstPage, int SizeLog2)> Scan(bool clear, InvalidationGather? gather = null, Domain? domain = null)
    {
        ReportedLeaves reported = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        Assert.Null((domain ?? Domain).Table.ScanDirty(0, ulong.MaxValue, clear, ref unlimited, reported, gather ?? new()));
        return reported.All;
    }

    /// <summary>The entry in memory that maps an address, of a table of the machine's granule.</summary>
    public ref ulong Entry(ulong iova)
    {
        int granule = Spec.GranuleLog2, bits = granule - 3;
        ulong table = Domain.Table.Root.Value;
        for (int level = Domain.Table.RootLevel; ; level--)
        {
            int shift = granule + (bits * level), width = level == Domain.Table.RootLevel ? Domain.Table.InputBits - shift : bits;
            ref ulong slot = ref Memory.Word(new(table + (((iova >> shift) & Bits.Mask(width)) << 3)));
            if (level == 0 || (slot & 3) != 3) return ref slot;
            table = slot & 0x0000_FFFF_FFFF_F000 & ~Bits.Mask(granule);
        }
    }

    public Spa StreamAt(RequesterId device) => new SmmuStreamLevel1(Memory.Word(Unit.StreamTable.Level1EntryOf(device.Value))).EntryAt(Unit.StreamTable.LeafIndexOf(device.Value));

    public ref ulong StreamWord(RequesterId device, int word = 0) => ref Memory.Word(new(StreamAt(device).Value + (8UL * (uint)word)));

    public SmmuStreamTableEntry Stream(RequesterId device)
    {
        ulong[] words = new ulong[SmmuStreamTableEntry.WordCount];
        Assert.True(Memory.TryRead(StreamAt(device), words));
        return SmmuStreamTableEntry.Read(words);
    }

    public ref ulong ContextWord(RequesterId device, uint pasid = 0, int word = 0)
    {
        SmmuContextTable table = Stream(device).ContextsOn(Unit.Features);
        SmmuContextLevel1 level1 = new(Memory.Word(new(table.Level1EntryOf(new(pasid)))));
        return ref Memory.Word(new(level1.DescriptorAt(table.LeafIndexOf(new(pasid))) + (8UL * (uint)word)));
    }

    public SmmuContextDescriptor Context(RequesterId device, uint pasid = 0)
    {
        ulong[] words = new ulong[SmmuContextDescriptor.WordCount];
        for (int i = 0; i < words.Length; i++) words[i] = ContextWord(device, pasid, i);
        return SmmuContextDescriptor.Read(words);
    }

    /// <summary>Writes commands where the unit will fetch next, and returns the producer index that would start them.</summary>
    public uint Enqueue(params ReadOnlySpan<SmmuCommand> commands)
    {
        uint length = 1u << Unit.CommandQueueLog2, at = Unit.CommandConsumer & ((2 * length) - 1);
        Span<ulong> words = stackalloc ulong[SmmuCommand.WordCount];
        foreach (SmmuCommand command in commands)
        {
            command.Write(words);
            for (int i = 0; i < words.Length; i++) Memory.Word(new(Unit.CommandQueue.Value + ((at % length) * SmmuCommand.SizeBytes) + (8UL * (uint)i))) = words[i];
            at = (at + 1) % (2 * length);
        }
        return at;
    }

    /// <summary>Feeds the queue past the driver, then goes twice around, so that the driver finds the index where it left it.</summary>
    public void Submit(params ReadOnlySpan<SmmuCommand> commands)
    {
        uint home = Unit.CommandConsumer;
        Unit.WriteCommandProducer(Enqueue(commands));
        Assert.Equal(SmmuCommandError.None, Unit.IllegalCommand);
        int left = (2 << Unit.CommandQueueLog2) - commands.Length;
        SmmuCommand[] around = new SmmuCommand[left];
        Array.Fill(around, SmmuCommand.PrefetchConfig(0));
        for (int done = 0; done < left; done += 128) Unit.WriteCommandProducer(Enqueue(around.AsSpan(done, Math.Min(128, left - done))));
        Assert.Equal(home, Unit.CommandConsumer);
    }

    public SmmuEvent TakeEvent()
    {
        Assert.True(Unit.TryTakeEvent(out SmmuEvent record), "there is an event");
        return record;
    }
}
