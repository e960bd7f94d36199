using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.Models;

/// <summary>One table in a memory of its own, and a walker that reads it as hardware does, with A and D kept by hardware.</summary>
internal sealed class TableRig<TFormat> : IDisposable
    where TFormat : struct, IDirtyTrackingFormat
{
    private IommuCounters counters;

    public TableRig(TableShape shape, LeafState state = LeafState.Clean, int growsToLevels = 0, bool hasWalkCaches = false)
    {
        Table = new(Memory, shape, state, growsToLevels);
        Walker = new(Memory, hasWalkCaches);
    }

    public PhysicalMemory Memory { get; } = new(512UL << 20);
    public PageTable<TFormat> Table { get; }
    public PageTableWalker<TFormat> Walker { get; }

    /// <summary>The context for the table as it stands now: one that grew has another root.</summary>
    public TranslationContext Context => Stages.Tracked(Walker, Table, marksTables: TFormat.MarksTablesAccessed, isSigned: TFormat.IsSigned);

    public ref readonly IommuCounters Counters => ref counters;

    public MapResult Map(ulong iova, ulong physical, ulong length, Permission permission = Permission.ReadWrite, int largest = 63) => Table.Map(iova, physical, length, permission, largest, new());

    public FaultKind Walk(ulong iova, AccessKind kind, out WalkResult result) => Walk(Context, iova, kind, out result);

    public FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, out WalkResult result) => Walker.Walk(context, iova, kind, ref counters, out result);

    /// <summary>What a driver makes hardware forget after a change: nothing, if nothing was gathered.</summary>
    public void Forget(InvalidationGather gather)
    {
        if (!gather.IsEmpty) Walker.InvalidateRange(TagMatch.Exactly(Context.Tag), gather.FirstByte, gather.LastByte);
    }

    public FaultKind Read(ulong iova) => Walk(iova, AccessKind.Read, out _);

    public FaultKind Write(ulong iova) => Walk(iova, AccessKind.Write, out _);

    /// <summary>The leaves that a scan of the whole table reports.</summary>
    public List<(ulong FirstPage, int SizeLog2)> Scan(bool clear, out ScanBudget spent)
    {
        ReportedLeaves found = new();
        spent = new() { RemainingNs = long.MaxValue };
        if (Table.ScanDirty(0, ulong.MaxValue, clear, ref spent, found, new InvalidationGather()) is not null) throw new InvalidOperationException("an unlimited scan stopped");
        return found.All;
    }

    /// <summary>Words of the table that holds the leaf of an address, and which of them is the leaf's entry for it.</summary>
    public (ulong[] Words, int Index) LeafTable(ulong iova)
    {
        ulong table = Table.Root.Value;
        for (int level = Table.RootLevel; ; level--)
        {
            int bits = level == Table.RootLevel ? Table.InputBits - TFormat.Shift(level) : TFormat.IndexBits;
            ulong index = (iova >> TFormat.Shift(level)) & Bits.Mask(bits);
            ulong entry = Memory.Word(new(table + (index << 3)));
            if (!TFormat.IsPresent(entry, level)) throw new InvalidOperationException($"0x{iova:x} is not mapped at level {level}");
            if (TFormat.IsLeaf(entry, level))
            {
                ulong[] words = new ulong[1 << bits];
                if (!Memory.TryRead(new(table), words)) throw new InvalidOperationException("a table lies outside memory");
                return (words, (int)index);
            }
            table = TFormat.TableAddress(entry);
        }
    }

    /// <summary>The word in memory that maps an address.</summary>
    public ref ulong LeafWord(ulong iova)
    {
        ulong table = Table.Root.Value;
        for (int level = Table.RootLevel; ; level--)
        {
            int bits = level == Table.RootLevel ? Table.InputBits - TFormat.Shift(level) : TFormat.IndexBits;
            ref ulong entry = ref Memory.Word(new(table + (((iova >> TFormat.Shift(level)) & Bits.Mask(bits)) << 3)));
            if (!TFormat.IsPresent(entry, level)) throw new InvalidOperationException($"0x{iova:x} is not mapped at level {level}");
            if (TFormat.IsLeaf(entry, level)) return ref entry;
            table = TFormat.TableAddress(entry);
        }
    }

    public void Dispose() => Memory.Dispose();
}
