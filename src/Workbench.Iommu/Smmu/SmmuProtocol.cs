using System.Diagnostics;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// What software writes and queues for an SMMUv3: stream table, context descriptors or stage-2 entries, tables, commands. Choices follow what Linux does
/// (README of this folder). HA and HD are set from the start where the part has them, so that turning tracking on or off changes no structure.
/// </summary>
public sealed partial class SmmuProtocol : IVendorProtocol
{
    private const int QueueLog2 = 8;
    private const int Split = 8;
    private const int SubstreamBits = 20;
    // Non-cacheable, write-back, device: indexes 0 to 2, of which leaves use 1.
    private const ulong MemoryAttributes = 0x04_FF44;

    private readonly PhysicalMemory memory;
    private readonly SmmuUnit unit;
    private readonly SmmuProtocolSettings settings;
    private readonly SmmuGranule granule;
    private readonly CommandRing ring;
    private readonly HashSet<RequesterId> connected = [];
    private uint producer;

    /// <summary>Sets the unit up: stream table and queues; no stream has an entry yet. The unit is enabled.</summary>
    public SmmuProtocol(PhysicalMemory memory, SmmuUnit unit, SmmuProtocolSettings settings)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(settings);
        (this.memory, this.unit, this.settings) = (memory, unit, settings);
        granule = SmmuTables.GranuleOf(settings.GranuleLog2);
        if (!unit.Features.Supports(granule)) throw new ArgumentException($"IDR5 does not offer the granule of 2^{settings.GranuleLog2} bytes.", nameof(settings));
        unit.StreamTable = SmmuStreamTable.TwoLevel(memory.AllocateFrame(), log2Size: 16, Split);
        ring = new(memory, 1 << QueueLog2, SmmuCommand.WordCount);
        unit.SetCommandQueue(ring.Base, QueueLog2);
        unit.SetEventQueue(memory.AllocateFrame(), log2Size: 7);
        unit.SetPageQueue(memory.AllocateFrame(), unit.Features.SupportsPageRequests ? QueueLog2 : 0);
        unit.PageInterrupt = ServePageRequests;
        unit.WriteControl(SmmuUnit.EnableBit | SmmuUnit.EventQueueBit | SmmuUnit.CommandQueueBit | (unit.Features.SupportsPageRequests ? SmmuUnit.PageQueueBit : 0));
    }

    /// <inheritdoc/>
    public long CommandsSubmitted { get; private set; }
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <inheritdoc/>
    public int DomainCount => ushort.MaxValue;
    /// <inheritdoc/>
    public int LargestLeafLog2 => settings.LargestLeafLog2 != 0 ? settings.LargestLeafLog2 : System.Numerics.BitOperations.Log2(SmmuTables.AllLeafSizes(granule));
    /// <inheritdoc/>
    public bool InvalidatesOnMap => false;
    /// <summary>By IDR3.BBML. IHI 0070 §3.21.1 [S].</summary>
    public LeafChangeRule LeafChangeRule => unit.Features.BreakBeforeMakeLevel switch
    {
        0 => LeafChangeRule.BreakBeforeMake,
        1 => LeafChangeRule.NonTranslating,
        _ => LeafChangeRule.AtOnce,
    };
    /// <inheritdoc/>
    public string? TrackingRefusal => KeepsDirty ? null : $"This SMMU does not update dirty state (IDR0.HTTU = {(int)unit.Features.HardwareUpdate}, 2 is needed), so dirty tracking cannot be turned on.";

    private bool KeepsDirty => unit.Features.HardwareUpdate >= SmmuHardwareUpdate.AccessFlagAndDirty;

    /// <inheritdoc/>
    public IPageTable CreateTable() => (settings.IsStage2, granule) switch
    {
        (false, SmmuGranule.Size4K) => Table<ArmStage1Format<Granule4K>>(),
        (false, SmmuGranule.Size16K) => Table<ArmStage1Format<Granule16K>>(),
        (false, _) => Table<ArmStage1Format<Granule64K>>(),
        (true, SmmuGranule.Size4K) => Table<ArmStage2Format<Granule4K>>(),
        (true, SmmuGranule.Size16K) => Table<ArmStage2Format<Granule16K>>(),
        (true, _) => Table<ArmStage2Format<Granule64K>>(),
    };

    // Stage 2 puts up to 16 tables one after the other at the top, and saves a level.
    private PageTable<TFormat> Table<TFormat>() where TFormat : struct, IDirtyTrackingFormat =>
        new(memory, TableShape.ForWidth<TFormat>(settings.AddressBits, settings.IsStage2 ? 4 : 0), KeepsDirty && !settings.Profile.MapsDirty ? LeafState.Clean : LeafState.Dirty,
            leafSizes: settings.WithoutRuns ? SizesOfOneEntry<TFormat>() : ulong.MaxValue);

    private static ulong SizesOfOneEntry<TFormat>() where TFormat : struct, IPageTableFormat =>
        Enumerable.Range(0, TFormat.MaxLevels).Aggregate(0UL, (sizes, level) => sizes | (1UL << TFormat.Shift(level)));

    /// <inheritdoc/>
    public void Connect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (settings.IsStage2 && pasid is not null) throw new NotSupportedException($"Device {device}, PASID {pasid}: stage 2 alone has no substreams; use model 'smmu'.");
        connected.Add(device);
        Spa streamAt = StreamAt(device);
        if (settings.IsStage2)
        {
            WriteStream(streamAt, SmmuStreamTableEntry.ForStage2(domain.Table.Root, domain.Id.Value, granule, domain.Table.InputBits, domain.Table.RootLevel,
                unit.Features.OutputAddressSize, KeepsDirty) with { AtsMode = AtsMode, Stage2Stalls = settings.StallsFaults });
            Submit(SmmuCommand.CfgiSte(device.Value));
            return;
        }
        if (!ReadStream(streamAt).IsValid)
        {
            // A first level for all 2^20 substreams: 16,384 entries of 8 bytes.
            Spa contexts = memory.Allocate(17);
            WriteStream(streamAt, SmmuStreamTableEntry.ForStage1(contexts, SubstreamBits, SmmuContextFormat.TwoLevel4K, SmmuDefaultSubstream.UseContext0) with { AtsMode = AtsMode });
            Submit(SmmuCommand.CfgiSte(device.Value));
        }
        Span<ulong> words = stackalloc ulong[SmmuContextDescriptor.WordCount];
        (SmmuContextDescriptor.ForLower(domain.Table.Root.Value, domain.Id.Value, granule, settings.AddressBits, unit.Features.OutputAddressSize, MemoryAttributes, KeepsDirty)
            with { Stalls = settings.StallsFaults }).Write(words);
        memory.Write(ContextAt(streamAt, pasid), words);
        Submit(SmmuCommand.CfgiCd(device.Value, pasid ?? default));
    }

    /// <summary>Clears V, then drops what is cached of the entry; translations are tagged by domain and stay right. What the device holds goes too.</summary>
    public void Disconnect(RequesterId device, Pasid? pasid, Domain domain)
    {
        Spa streamAt = StreamAt(device);
        if (settings.IsStage2)
        {
            WriteStream(streamAt, ReadStream(streamAt) with { IsValid = false });
            Submit(SmmuCommand.CfgiSte(device.Value));
        }
        else
        {
            ref ulong word = ref memory.Word(ContextAt(streamAt, pasid));
            word = (new SmmuContextDescriptor(word, 0) with { IsValid = false }).Word0;
            Submit(SmmuCommand.CfgiCd(device.Value, pasid ?? default));
        }
        if (unit.Features.SupportsAts) Submit(SmmuCommand.AtcInvalidate(device.Value, 0, 64, pasid));
    }

    /// <summary>Nothing: HA and HD are on wherever the part has them.</summary>
    public void TrackingChanged(Domain domain) { }

    /// <inheritdoc/>
    public void RootChanged(Domain domain) => throw new UnreachableException("tables of a fixed width do not grow");

    private SmmuAtsMode AtsMode => unit.Features.SupportsAts ? SmmuAtsMode.Full : SmmuAtsMode.Disabled;

    /// <summary>Where the entry of a stream lies; its leaf table is made as needed.</summary>
    private Spa StreamAt(RequesterId device)
    {
        ref ulong level1 = ref memory.Word(unit.StreamTable.Level1EntryOf(device.Value));
        if (level1 == 0) level1 = SmmuStreamLevel1.Of(memory.Allocate(Split + 6), Split).Word;
        return new SmmuStreamLevel1(level1).EntryAt(unit.StreamTable.LeafIndexOf(device.Value));
    }

    private Spa ContextAt(Spa streamAt, Pasid? pasid)
    {
        SmmuContextTable table = ReadStream(streamAt).ContextsOn(unit.Features);
        ref ulong level1 = ref memory.Word(new(table.Level1EntryOf(pasid ?? default)));
        if (level1 == 0) level1 = (new SmmuContextLevel1(0) with { IsValid = true, LeafTable = memory.AllocateFrame().Value }).Word;
        return new(new SmmuContextLevel1(level1).DescriptorAt(table.LeafIndexOf(pasid ?? default)));
    }

    private SmmuStreamTableEntry ReadStream(Spa at)
    {
        Span<ulong> words = stackalloc ulong[SmmuStreamTableEntry.WordCount];
        memory.TryRead(at, words);
        return SmmuStreamTableEntry.Read(words);
    }

    private void WriteStream(Spa at, in SmmuStreamTableEntry entry)
    {
        Span<ulong> words = stackalloc ulong[SmmuStreamTableEntry.WordCount];
        entry.Write(words);
        memory.Write(at, words);
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
