using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>
/// A unit without a driver: one stream whose entries a test writes itself. Stage 2 maps the simulated memory to itself, page by page, so that tables and
/// context descriptors lie at intermediate addresses equal to physical ones, and whatever else a test maps.
/// </summary>
internal sealed class NestedMachine : IDisposable
{
    public const ushort Vmid = 5, Asid = 9;
    public const ulong TableBytes = 4 << 20;
    public static readonly RequesterId Device = RequesterId.Of(0, 1, 0);

    private readonly Spa queue;
    private uint producer;

    public NestedMachine(SmmuFeatures? features = null, bool dirtyMayLag = false)
    {
        SmmuFeatures part = features ?? (SmmuFeatures.Default with { SupportsHierarchyDisable = false, StallModel = SmmuStallModel.StallOrTerminate });
        Unit = new(Memory, part, dirtyMayLag: dirtyMayLag);
        Engine = IommuEngine.Build(Unit, Unit.Walkers, new() { Sets = 16, Ways = 4 }, Unit.Record);
        Unit.Connect(Engine);
        First = new(Memory, TableShape.ForWidth<ArmStage1Format<Granule4K>>(39));
        Second = new(Memory, TableShape.ForWidth<ArmStage2Format<Granule4K>>(48, 4));
        Streams = Memory.AllocateFrame();
        Contexts = Memory.AllocateFrame();
        queue = Memory.AllocateFrame();
        Unit.StreamTable = SmmuStreamTable.Linear(Streams, 6);
        Unit.SetCommandQueue(queue, 6);
        Unit.SetEventQueue(Memory.AllocateFrame(), 3);
        Unit.SetPageQueue(Memory.AllocateFrame(), 0);
        Unit.WriteControl(SmmuUnit.EnableBit | SmmuUnit.EventQueueBit | SmmuUnit.CommandQueueBit | SmmuUnit.PageQueueBit);
        Assert.Equal(MapResult.Mapped, Second.Map(PhysicalMemory.Base, PhysicalMemory.Base, TableBytes, Permission.ReadWrite, 12, new()));
        Nested();
    }

    public PhysicalMemory Memory { get; } = new(64UL << 20);
    public SmmuUnit Unit { get; }
    public IIommu Engine { get; }
    public PageTable<ArmStage1Format<Granule4K>> First { get; }
    public PageTable<ArmStage2Format<Granule4K>> Second { get; }
    public Spa Streams { get; }
    public Spa Contexts { get; }
    public IommuCounters Counters => Engine.Counters;

    /// <summary>The context descriptor that a test may change before it writes it back.</summary>
    public SmmuContextDescriptor Descriptor => SmmuContextDescriptor.ForLower(First.Root.Value, Asid, SmmuGranule.Size4K, 39, SmmuAddressSize.Bits48, 0xFF00, tracksDirty: true);

    public SmmuStreamTableEntry Stage2Entry => SmmuStreamTableEntry.ForStage2(Second.Root, Vmid, SmmuGranule.Size4K, 48, Second.RootLevel, SmmuAddressSize.Bits48, tracksDirty: true);

    public SmmuStreamTableEntry Stage1Entry => SmmuStreamTableEntry.ForStage1(Contexts);

    /// <summary>Stage 1 over stage 2, both tracking.</summary>
    public void Nested() => Write(Stage1Entry.Over(Stage2Entry), Descriptor);

    public void Write(SmmuStreamTableEntry stream, SmmuContextDescriptor? descriptor = null)
    {
        ulong[] words = new ulong[8];
        stream.Write(words);
        Memory.Write(new(Streams.Value + (Device.Value * 64UL)), words);
        if (descriptor is { } context)
        {
            context.Write(words);
            Memory.Write(Contexts, words);
        }
        Execute(SmmuCommand.CfgiAll(), SmmuCommand.TlbiNsnhAll(), SmmuCommand.Sync());
    }

    /// <summary>Maps a page in both stages: the intermediate address is the virtual one plus 4 GiB.</summary>
    public void Map(ulong virtualAddress, ulong physical, int log2 = 12, Permission first = Permission.ReadWrite, Permission second = Permission.ReadWrite, int secondLog2 = 0)
    {
        Assert.Equal(MapResult.Mapped, First.Map(virtualAddress, Intermediate(virtualAddress), 1UL << log2, first, log2, new()));
        Assert.Equal(MapResult.Mapped, Second.Map(Intermediate(virtualAddress), physical, 1UL << log2, second, secondLog2 == 0 ? log2 : secondLog2, new()));
    }

    public static ulong Intermediate(ulong virtualAddress) => virtualAddress + (1UL << 32);

    public Translation Access(ulong address, bool isWrite, uint pasid = DmaRequest.NoPasid, RequesterId? device = null)
    {
        Engine.Translate(new DmaRequest(device ?? Device, address, isWrite, pasid), out Translation translation);
        return translation;
    }

    public Translation Write(ulong address) => Access(address, true);

    public Translation Read(ulong address) => Access(address, false);

    public bool FirstIsDirty(ulong address) => First.TryGetLeaf(address, out ulong entry, out _) && ArmStage1Format<Granule4K>.IsDirty(entry);

    public bool SecondIsDirty(ulong intermediate) => Second.TryGetLeaf(intermediate, out ulong entry, out _) && ArmStage2Format<Granule4K>.IsDirty(entry);

    public bool SecondIsAccessed(ulong intermediate) => Second.TryGetLeaf(intermediate, out ulong entry, out _) && ArmStage2Format<Granule4K>.IsAccessed(entry);

    public ref ulong FirstWord(ulong address) => ref Word<ArmStage1Format<Granule4K>>(First, address);

    public ref ulong SecondWord(ulong address) => ref Word<ArmStage2Format<Granule4K>>(Second, address);

    private ref ulong Word<TFormat>(PageTable<TFormat> owner, ulong address) where TFormat : struct, IDirtyTrackingFormat
    {
        ulong table = owner.Root.Value;
        for (int level = owner.RootLevel; ; level--)
        {
            ref ulong slot = ref Memory.Word(new(table + (((address >> TFormat.Shift(level)) & Bits.Mask(level == owner.RootLevel ? owner.InputBits - TFormat.Shift(level) : 9)) << 3)));
            if (TFormat.IsLeaf(slot, level)) return ref slot;
            table = TFormat.TableAddress(slot);
        }
    }

    /// <summary>Where the lowest table on the way to a virtual address lies.</summary>
    public ulong LeafTable(ulong address)
    {
        ulong table = First.Root.Value;
        for (int level = First.RootLevel; level > 0; level--) table = ArmStage1Format<Granule4K>.TableAddress(Memory.Word(new(table + (((address >> ArmStage1Format<Granule4K>.Shift(level)) & 511) << 3))));
        return table;
    }

    public void Execute(params ReadOnlySpan<SmmuCommand> commands)
    {
        foreach (SmmuCommand command in commands) Put(command);
        Unit.WriteCommandProducer(producer);
        Assert.Equal(SmmuCommandError.None, Unit.IllegalCommand);
        Assert.Equal(producer, Unit.CommandConsumer);
    }

    /// <summary>Puts a command where the next one goes, and returns the producer index behind it.</summary>
    public uint Put(SmmuCommand command)
    {
        ulong[] words = new ulong[SmmuCommand.WordCount];
        command.Write(words);
        Memory.Write(new(queue.Value + ((producer % 64) * SmmuCommand.SizeBytes)), words);
        return producer = (producer + 1) % 128;
    }

    public SmmuEvent TakeEvent()
    {
        Assert.True(Unit.TryTakeEvent(out SmmuEvent record), "there is an event");
        return record;
    }

    public void AssertNoEvent() => Assert.False(Unit.TryTakeEvent(out _));

    public void Dispose() => Memory.Dispose();
}
