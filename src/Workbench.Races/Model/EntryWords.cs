using Workbench.Iommu;
using Workbench.Iommu.PageTables;
using Workbench.Races.Protocols;

namespace Workbench.Races.Model;

/// <summary>The region's entries in one vendor's format: what the driver writes at the start, and what values of statements stand for.</summary>
internal sealed class EntryWords<TFormat>
    where TFormat : struct, IDirtyTrackingFormat
{
    /// <summary>Where the region's memory begins.</summary>
    private const ulong Memory = 1UL << 30;
    private const ulong LowerTable = 1UL << 29;

    private readonly WordPool pool = new();
    private readonly int runLog2;

    public EntryWords(Scene scene, int pages)
    {
        BlockLog2 = TFormat.Shift(1);
        PageLog2 = TFormat.Shift(0);
        ulong runs = TFormat.LeafSizes(0) & ~Bits.Mask(PageLog2 + 1);
        ulong holding = runs & ~Bits.Mask(PageLog2 + System.Numerics.BitOperations.Log2((uint)(2 * pages - 1)));
        runLog2 = runs == 0 ? 0 : System.Numerics.BitOperations.TrailingZeroCount(holding == 0 ? runs : holding);
        if (scene == Scene.Run && runLog2 == 0) throw new ArgumentException($"{TFormat.Name} has no leaves made of several entries.");
    }

    public int PageLog2 { get; }
    public int BlockLog2 { get; }
    /// <summary>Size of the run, a power of two of bytes; 0: the format has none.</summary>
    public int RunLog2 => runLog2;

    public ulong Word(int number) => pool[number];
    public int NumberOf(ulong word) => pool.NumberOf(word);

    public int Table => pool.NumberOf(TFormat.MarksTablesAccessed ? TFormat.MarkAccessed(TFormat.EncodeTable(LowerTable, 1)) : TFormat.EncodeTable(LowerTable, 1));

    private static ulong AddressOf(int page, int pageLog2) => Memory + ((ulong)page << pageLog2);

    /// <summary>A leaf of one page, clean and accessed.</summary>
    public ulong Page(int page) => TFormat.MarkAccessed(TFormat.EncodeLeaf(AddressOf(page, PageLog2), 0, PageLog2, Permission.ReadWrite));

    /// <summary>A page's member of the run.</summary>
    public ulong Member(int page) => TFormat.MarkAccessed(TFormat.EncodeLeaf(AddressOf(page, PageLog2), 0, runLog2, Permission.ReadWrite));

    /// <summary>The 2 MiB leaf.</summary>
    public ulong Block() => TFormat.MarkAccessed(TFormat.EncodeLeaf(Memory, 1, BlockLog2, Permission.ReadWrite));

    /// <summary>What a value of a statement is, in a slot of a level.</summary>
    public int Value(RaceValue value, AgentState agent, int level)
    {
        switch (value.Kind)
        {
            case ValueKind.Register: return agent.Register(value.Number);
            case ValueKind.None: return 0;
            case ValueKind.Table: return Table;
            default: break;
        }
        ulong first = pool[Value(value.Of[0], agent, level)];
        // Nothing is made of an entry that is not there.
        if (first == 0) return 0;
        switch (value.Kind)
        {
            case ValueKind.Clean: return pool.NumberOf(TFormat.Clean(first));
            case ValueKind.Dirty: return pool.NumberOf(TFormat.MarkDirty(first));
            case ValueKind.Child: return pool.NumberOf(Marked(TFormat.EncodeLeaf(AddressOf(value.Number, PageLog2), 0, PageLog2, PermissionOf(first)), IsDirty(first)));
            case ValueKind.Block:
                bool dirty = false;
                foreach (RaceValue of in value.Of) dirty |= IsDirty(pool[Value(of, agent, level)]);
                return pool.NumberOf(Marked(TFormat.EncodeLeaf(Memory, 1, BlockLog2, PermissionOf(first)), dirty));
            case ValueKind.ReadOnly: return pool.NumberOf(WithPermission(first, level, Permission.Read));
            case ValueKind.Writable: return pool.NumberOf(WithPermission(first, level, Permission.ReadWrite));
            case ValueKind.NonTranslating: return pool.NumberOf(first | TFormat.NonTranslatingBit(1));
            case ValueKind.Translating: return pool.NumberOf(first & ~TFormat.NonTranslatingBit(1));
            default: throw new System.Diagnostics.UnreachableException($"No value is made by {value.Kind}.");
        }
    }

    /// <summary>The leaf without the right to write; D stays, where the format keeps it apart.</summary>
    public int ReadOnly(int number, int level) => pool.NumberOf(WithPermission(pool[number], level, Permission.Read));

    public bool IsDirty(int number) => IsDirty(pool[number]);

    private static bool IsDirty(ulong entry) => entry != 0 && TFormat.IsDirty(entry);

    private static ulong Marked(ulong leaf, bool dirty) => dirty ? TFormat.MarkDirty(leaf) : TFormat.MarkAccessed(leaf);

    private static Permission PermissionOf(ulong entry) => TFormat.PermissionOf(entry, 0, hardwareKeepsDirty: true);

    private static ulong WithPermission(ulong entry, int level, Permission permission)
    {
        if (!TFormat.IsPresent(entry, level) || !TFormat.IsLeaf(entry, level)) return entry;
        ulong leaf = TFormat.EncodeLeaf(TFormat.LeafAddress(entry, level), level, TFormat.LeafSizeLog2(entry, level), permission);
        return Marked(leaf, TFormat.IsDirty(entry));
    }
}
