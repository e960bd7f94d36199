using Workbench.Iommu;
using Workbench.Iommu.Amd;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Vtd;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;

namespace Workbench.Races.Reproduction;

/// <summary>A machine of the catalogue with a scene mapped by its driver, and the places of the entries that the scene is about.</summary>
internal sealed class EngineScene<TFormat> : IDisposable
    where TFormat : struct, IDirtyTrackingFormat
{
    // Far from the scene's pages, in the region of the same lower table: what is invalidated there drops the cached pointer to the table and no translation of a page.
    private const int FarPage = 511;

    private readonly IommuDriver driver;
    private readonly PhysicalMemory memory;
    private readonly Domain domain;
    private readonly bool hasAts;
    private readonly Spa blockAt;
    private readonly Spa lowerTable;
    private readonly ulong[] foreign = new ulong[RaceState.MostPages];

    public EngineScene(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds, EntryWords<TFormat> words)
    {
        hasAts = protocol.HasAts;
        IommuSpec spec = new()
        {
            Model = hardware.Model, Iotlb = new() { Sets = 1, Ways = 64 }, DirtyMayLag = hardware.DirtyMayBeLate, DeviceTlbEntries = hasAts ? 64 : 0,
            BlockChangeLevel = hardware.LeafChange switch { LeafChangeRule.BreakBeforeMake => 0, LeafChangeRule.NonTranslating => 1, _ => 2 },
        };
        (driver, memory) = Build(spec);
        domain = driver.CreateDomain(ScheduledRun.Domain);
        driver.Attach(ScheduledRun.Device, null, domain);
        bool isLarge = protocol.Scene is Scene.Block or Scene.Run;
        int log2 = protocol.Scene == Scene.Block ? words.BlockLog2 : protocol.Scene == Scene.Run ? words.RunLog2 : words.PageLog2;
        BytesMapped = isLarge ? 1UL << log2 : (ulong)bounds.Pages << log2;
        InvalidationGather gather = new();
        MapResult mapped = driver.Map(domain, ScheduledRun.FirstIova, ScheduledRun.FirstPhysical, BytesMapped, Permission.ReadWrite, log2, gather);
        if (mapped != MapResult.Mapped) throw new System.Diagnostics.UnreachableException($"The scene cannot be mapped: {mapped}.");
        driver.Invalidate(domain, gather);
        driver.SetDirtyTracking(domain, enable: true);
        blockAt = EntryAt(level: 1);
        lowerTable = protocol.Scene == Scene.Block ? memory.AllocateFrame() : new(TFormat.TableAddress(memory.Word(blockAt)));
        TableWord = TFormat.MarksTablesAccessed ? TFormat.MarkAccessed(TFormat.EncodeTable(lowerTable.Value, 1)) : TFormat.EncodeTable(lowerTable.Value, 1);
        // As after a first access of every page: the model leaves A out.
        if (protocol.Scene == Scene.Block) this[Slots.Block] = TFormat.MarkAccessed(this[Slots.Block]);
        else
        {
            this[Slots.Block] = TableWord;
            for (int i = 0; i < 512; i++)
            {
                ref ulong leaf = ref memory.Word(new(lowerTable.Value + ((ulong)i << 3)));
                if (leaf != 0) leaf = TFormat.MarkAccessed(leaf);
            }
        }
    }

    public ulong BytesMapped { get; }

    /// <summary>The pointer to the lower table.</summary>
    public ulong TableWord { get; }

    public IIommu Hardware => driver.Hardware;

    /// <summary>The word of an entry, in the memory that the IOMMU walks.</summary>
    public ref ulong this[int slot] => ref memory.Word(slot == Slots.Block ? blockAt : new(lowerTable.Value + ((ulong)(slot - Slots.FirstLeaf) << 3)));

    private static (IommuDriver, PhysicalMemory) Build(IommuSpec spec)
    {
        PhysicalMemory memory;
        IommuDriver driver = spec.Model switch
        {
            "amd" => AmdIommu.Build(spec, out _, out memory),
            "vtd" => VtdIommu.Build(spec, out _, out memory),
            "smmu" => SmmuIommu.Build(spec, out _, out memory),
            "riscv" => RiscVIommu.Build(spec, out _, out memory),
            _ => throw new ArgumentException($"No schedules are played on '{spec.Model}'.", nameof(spec)),
        };
        return (driver, memory);
    }

    private Spa EntryAt(int level)
    {
        ulong table = domain.Table.Root.Value;
        for (int at = domain.Table.RootLevel; ; at--)
        {
            Spa entry = new(table + (((ScheduledRun.FirstIova >> TFormat.Shift(at)) & ((1UL << TFormat.IndexBits) - 1)) << 3));
            if (at == level) return entry;
            table = TFormat.TableAddress(memory.Word(entry));
        }
    }

    public static ulong PhysicalOf(int page) => ScheduledRun.FirstPhysical + ((ulong)page << TFormat.Shift(0));

    private static ulong Last(int page) => ScheduledRun.IovaOf(page) | Bits.Mask(TFormat.Shift(0));

    public Translation Translate(int page, bool isWrite)
    {
        Hardware.Translate(new(ScheduledRun.Device, ScheduledRun.IovaOf(page), isWrite), out Translation translation);
        return translation;
    }

    /// <summary>Executes one command of the protocol: by the vendor's queue, which ends with a fence; with ATS without it, since drivers there invalidate both TLBs together.</summary>
    public void Execute(RaceCommand command, int pages)
    {
        switch (command)
        {
            case RaceCommand.DeviceTlb:
                Hardware.Execute(InvalidationRequest.OfDeviceTlb(ScheduledRun.Device, null, ScheduledRun.IovaOf(0), Last(pages - 1)));
                break;
            case RaceCommand.Leaves or RaceCommand.Everything when hasAts:
                Hardware.Execute(InvalidationRequest.Range(TagMatch.Everyone, ScheduledRun.IovaOf(0), Last(pages - 1), command == RaceCommand.Leaves));
                driver.Fence();
                break;
            default:
                driver.InvalidateRange(domain, ScheduledRun.IovaOf(0), Last(pages - 1), command == RaceCommand.Leaves);
                break;
        }
    }

    public void Fence() => driver.Fence();

    /// <summary>Drops what is cached of a page, as a replacement would; of leaves larger than a page too, or only of one of both.</summary>
    public void Evict(int page, bool? small)
    {
        ulong one = 1UL << TFormat.Shift(0);
        Hardware.Execute(InvalidationRequest.Range(TagMatch.Everyone, ScheduledRun.IovaOf(page), Last(page), leafOnly: true, small switch { true => one, false => ~one, _ => ulong.MaxValue }));
    }

    public void EvictTable() => Hardware.Execute(InvalidationRequest.Range(TagMatch.Everyone, ScheduledRun.IovaOf(FarPage), Last(FarPage), leafOnly: false));

    public void EvictDevice(int page) => Hardware.Execute(InvalidationRequest.OfDeviceTlb(ScheduledRun.Device, null, ScheduledRun.IovaOf(page), Last(page)));

    /// <summary>
    /// The lower table is freed. Its memory is used by someone else, whose words lead elsewhere if they are walked; those that an update of D is on its way to (a bit each, by slot) have not been
    /// written yet.
    /// </summary>
    public void FreeTable(int updated)
    {
        for (int page = 0; page < RaceState.MostPages; page++)
        {
            int slot = Slots.Leaf(page);
            this[slot] = foreign[page] = (updated & (1 << slot)) != 0
                ? TFormat.Clean(this[slot])
                : TFormat.MarkAccessed(TFormat.EncodeLeaf((3UL << 30) + ((ulong)page << TFormat.Shift(0)), 0, TFormat.Shift(0), Permission.ReadWrite));
        }
        IsTableFreed = true;
    }

    public bool IsTableFreed { get; private set; }

    /// <summary>Did the IOMMU write to the freed table?</summary>
    public bool IsFreedTableWritten => IsTableFreed && Enumerable.Range(0, RaceState.MostPages).Any(p => this[Slots.Leaf(p)] != foreign[p]);

    public void Dispose() => driver.Dispose();
}
