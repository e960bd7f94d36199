using Workbench.Iommu.Contexts;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;

namespace Workbench.Iommu.Tests.Models;

/// <summary>A guest's x86-64 table, moved to guest addresses of its own, over a second stage: both as hardware sees them.</summary>
internal sealed class NestedRig : IDisposable
{
    /// <summary>Where guest memory begins that holds the first stage's tables.</summary>
    public const ulong TablesBase = 1UL << 40;

    private readonly Dictionary<(int Level, ulong Number), ulong> tables = [];
    private readonly NestedWalker<X64Format, VtdSecondStageFormat> walker;
    private readonly PageTableWalker<VtdSecondStageFormat> secondWalker;
    private IommuCounters counters;

    public NestedRig(bool hasWalkCaches = false)
    {
        First = new(Memory, 4);
        Second = new(Memory, 4);
        secondWalker = new(Memory, hasWalkCaches);
        walker = new(Memory, secondWalker, hasWalkCaches);
    }

    public PhysicalMemory Memory { get; } = new(64UL << 20);
    /// <summary>The first stage; <see cref="MoveTables"/> makes it the guest's, after which it is only walked.</summary>
    public PageTable<X64Format> First { get; }
    public PageTable<VtdSecondStageFormat> Second { get; }
    public IReadOnlyDictionary<(int Level, ulong Number), ulong> Tables => tables;
    public WalkFault LastFault => walker.LastFault;
    public ref readonly IommuCounters Counters => ref counters;

    public TranslationContext Context(BitKeeping first = BitKeeping.ByHardware, BitKeeping second = BitKeeping.ByHardware, bool mayLag = false) => new()
    {
        Tag = new(new DomainId(3), 7),
        Walker = walker,
        Table = new()
        {
            Root = GuestAddress(First.Root.Value), RootLevel = First.RootLevel, LastInput = First.LastIova, IsSigned = true,
            Accessed = first, Dirty = first, MarksTables = first == BitKeeping.ByHardware, DirtyMayLag = mayLag,
        },
        Parent = new()
        {
            Root = Second.Root.Value, RootLevel = Second.RootLevel, LastInput = Second.LastIova,
            Accessed = second, Dirty = second, MarksTables = second == BitKeeping.ByHardware,
        },
    };

    /// <summary>Guest addresses of tables are in another order than where they lie, and nothing that a walk may confuse with it.</summary>
    private static ulong GuestAddress(ulong address) => TablesBase + ((address - PhysicalMemory.Base) ^ 0x1F000);

    /// <summary>Gives every table of the first stage its guest address and returns them with where they lie.</summary>
    public IReadOnlyList<(ulong Gpa, ulong Physical)> MoveTables()
    {
        List<(ulong, ulong)> moved = [];
        Move(First.Root.Value, First.RootLevel, 0, moved);
        return moved;
    }

    private void Move(ulong table, int level, ulong number, List<(ulong, ulong)> moved)
    {
        tables[(level, number)] = GuestAddress(table);
        moved.Add((GuestAddress(table), table));
        for (ulong i = 0; i < 512; i++)
        {
            ref ulong entry = ref Memory.Word(new(table + (i * 8)));
            if (!X64Format.IsPresent(entry, level) || X64Format.IsLeaf(entry, level)) continue;
            ulong below = X64Format.TableAddress(entry);
            entry = X64Format.EncodeTable(GuestAddress(below), level);
            Move(below, level - 1, (number * 512) + i, moved);
        }
    }

    /// <summary>The first-stage leaf that maps an address, wherever its table was moved.</summary>
    public ref ulong FirstLeaf(ulong iova)
    {
        for (int level = 0; ; level++)
        {
            if (!tables.TryGetValue((level, iova >> (X64Format.Shift(level) + 9)), out ulong gpa)) continue;
            ulong table = ((gpa - TablesBase) ^ 0x1F000) + PhysicalMemory.Base;
            return ref Memory.Word(new(table + ((iova >> X64Format.Shift(level)) % 512 * 8)));
        }
    }

    public Faults.FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, out WalkResult result) => walker.Walk(context, iova, kind, ref counters, out result);

    public bool Swallows(TranslationContext context, ulong iova) => walker.Swallows(context, iova);

    public void Fence()
    {
        walker.Fence(ref counters);
        secondWalker.Fence(ref counters);
    }

    public void Dispose() => Memory.Dispose();
}
