using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>One stage as hardware walks it: reads entries from the top, checks them, and keeps A and D.</summary>
internal sealed unsafe partial class StageWalker<TFormat, TReach>(TReach reach, bool hasWalkCaches)
    where TFormat : struct, IDirtyTrackingFormat
    where TReach : struct, ITableReach
{
    /// <summary>256 KiB: the lowest tables of 64 GiB of 4 KiB pages.</summary>
    private const int RememberedTables = 1 << 15;

    private readonly LaggingUpdates<TFormat, TReach> lagging = new(reach);
    // Where the lowest table of a region lay, by a hash of the region; made when first looked ahead.
    private ulong[]? leafTables;
    private WalkCache cache = hasWalkCaches ? new(LevelOneShifts()) : default;

    /// <summary>The paging-structure caches, for invalidation.</summary>
    public ref WalkCache Cache => ref cache;

    /// <summary>The last entry that lay where there is no memory.</summary>
    public ulong UnreachableEntry { get; private set; }

    /// <summary>Updates that are to become visible later.</summary>
    public LaggingUpdates<TFormat, TReach> Lagging => lagging;

    private static List<int> LevelOneShifts()
    {
        List<int> shifts = [];
        for (int level = 1; level < TFormat.MaxLevels; level++) shifts.Add(TFormat.Shift(level));
        return shifts;
    }

    /// <summary>What came of the last <see cref="WalkToPage"/> that returned 0.</summary>
    public (FaultKind Fault, WalkResult Result) Outcome { get; private set; }

    /// <summary>Translates one address. The result's leaf word says what may be cached.</summary>
    public FaultKind Walk(TableStage stage, ulong tag, ulong address, AccessKind kind, ref IommuCounters counters, out WalkResult result)
    {
        ulong leaf = WalkToPage(stage, tag, address, kind, ref counters);
        if (leaf != 0)
        {
            result = new(leaf, IotlbEntry.LeafLog2Of(leaf));
            return FaultKind.None;
        }
        (FaultKind fault, result) = Outcome;
        return fault;
    }

    /// <inheritdoc cref="IPageWalker.WalkToPage"/>
    public ulong WalkToPage(TableStage stage, ulong tag, ulong address, AccessKind kind, ref IommuCounters counters)
    {
        unchecked
        {
            counters.Walks++;
            // Most walks have one entry to read, and it is ordinary and marked already.
            if (reach.IsFixed && stage.KeepsAccessedAndDirty && stage.RootLevel > 0 && address <= stage.LastInput && cache.Exists)
            {
                ref IotlbEntry near = ref cache.Likely(tag, address);
                if (!Unsafe.IsNullRef(ref near) && OrdinaryPage(stage, near.PhysicalBase + (Index(address, 0) << 3), (Permission)near.Leaf & Permission.ReadWrite, kind) is var leaf and not 0)
                {
                    counters.WalkCacheHits++;
                    counters.TableReads++;
                    cache.Use(ref near);
                    return leaf;
                }
            }
            return WalkDown(stage, tag, address, kind, ref counters);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // Workloads benchmark, nic1024: what most walks need keeps its registers
    private ulong WalkDown(TableStage stage, ulong tag, ulong address, AccessKind kind, ref IommuCounters counters)
    {
        unchecked
        {
            if (address > stage.LastInput && !(stage.IsSigned && address >= ~stage.LastInput)) return Ended(stage.IsSigned ? FaultKind.NotCanonical : FaultKind.BeyondAddressWidth, default);
            int level = stage.RootLevel;
            ulong table = stage.Root;
            Permission allowed = stage.Allowed;
            ulong index = RootIndex(stage, address);
            if (cache.Exists && cache.TryFind(tag, address, stage.RootLevel, out int cachedLevel, out ulong cachedTable, out Permission cachedPermission))
            {
                counters.WalkCacheHits++;
                (level, table, allowed) = (cachedLevel, cachedTable, cachedPermission);
                index = Index(address, level);
            }
            // Most entries are ordinary and need no other question. What is not, the checks judge one by one from there; reading it twice is seen by nobody if tables are reached directly.
            if (reach.IsFixed && stage.KeepsAccessedAndDirty)
            {
                while (level > 0 && TryOrdinaryTable(stage, table + (index << 3), level, ref counters, out ulong next))
                {
                    table = next;
                    level--;
                    index = Index(address, level);
                    if (level == 0 && leafTables is not null) leafTables[Remembered(tag, address)] = table;
                    if (cache.Exists) cache.Fill(tag, address, level, table, allowed);
                }
                if (level == 0 && TryOrdinaryPage(stage, table + (index << 3), allowed, kind, ref counters, out ulong leaf)) return leaf;
            }
            FaultKind fault = WalkOn(stage, tag, address, kind, new(table, index, level, allowed), ref counters, out WalkResult result);
            return fault == FaultKind.None && !stage.SizesMayConflict ? result.Leaf : Ended(fault, result);
        }
    }

    private ulong Ended(FaultKind fault, in WalkResult result)
    {
        Outcome = (fault, result);
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni64g: one for each level
    private bool TryOrdinaryTable(TableStage stage, ulong at, int level, ref IommuCounters counters, out ulong table)
    {
        table = 0;
        if (reach.Reach(at, forUpdate: false, ref counters, out ulong* slot) != FaultKind.None) return false;
        ulong entry = Volatile.Read(ref *slot);
        if (!TFormat.OrdinaryTable(level).Matches(entry) || (entry & stage.MustBeZero) != 0) return false;
        if (stage.MarksTables && (TFormat.MarkAccessed(entry) | stage.AlsoAccessed) != entry) return false;
        table = TFormat.TableAddress(entry);
        if (table > stage.LastOutput) return false;
        unchecked { counters.TableReads++; }
        return true;
    }

    /// <summary>The leaf word of a smallest leaf that serves the access as it is; 0 if it is not ordinary, or not marked yet as the access marks it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, nic1024: one for each walk
    private ulong OrdinaryPage(TableStage stage, ulong at, Permission allowed, AccessKind kind)
    {
        IommuCounters uncounted = default;
        if (reach.Reach(at, forUpdate: false, ref uncounted, out ulong* slot) != FaultKind.None) return 0;
        ulong entry = Volatile.Read(ref *slot);
        return Marked(stage, entry, kind) == entry ? LeafOf(stage, entry, allowed, kind) : 0;
    }

    /// <summary>A smallest leaf that serves the access, once it is marked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as OrdinaryPage
    private bool TryOrdinaryPage(TableStage stage, ulong at, Permission allowed, AccessKind kind, ref IommuCounters counters, out ulong leaf)
    {
        leaf = 0;
        if (reach.Reach(at, forUpdate: false, ref counters, out ulong* slot) != FaultKind.None) return false;
        ulong entry = Volatile.Read(ref *slot), marked = Marked(stage, entry, kind);
        leaf = LeafOf(stage, marked, allowed, kind);
        if (leaf == 0 || (marked != entry && !TryMark(stage, slot, entry, marked, kind, ref counters))) return false;
        unchecked { counters.TableReads++; }
        return true;
    }

    /// <summary>The leaf with the bits that an access sets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as OrdinaryPage
    private static ulong Marked(TableStage stage, ulong leaf, AccessKind kind) => (kind == AccessKind.Write ? TFormat.MarkDirty(leaf) : TFormat.MarkAccessed(leaf)) | stage.AlsoAccessed;

    /// <summary>The leaf word of a marked smallest leaf; 0 if it is not ordinary, or does not serve the access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as OrdinaryPage
    private static ulong LeafOf(TableStage stage, ulong marked, Permission allowed, AccessKind kind)
    {
        if (!TFormat.OrdinaryLeaf(0).Matches(marked) || (marked & stage.MustBeZero) != 0) return 0;
        Permission granted = allowed & TFormat.PermissionOf(marked, 0, hardwareKeepsDirty: true);
        // Read and Write are named in the same order as their permissions; translation requests need neither and are judged elsewhere.
        int need = 1 << (int)kind;
        ulong page = TFormat.LeafAddress(marked, 0);
        if (((int)granted & need) == 0 || page > stage.LastOutput || TFormat.Shift(0) > stage.LargestLeafLog2 || stage.SizesMayConflict) return 0;
        return IotlbEntry.LeafOf(page, granted, TFormat.MarkDirty(marked) == marked, TFormat.Shift(0));
    }

    /// <summary>One update of a leaf that is as it was read; false, and nothing done, if it is not, or if this walk may not update it so.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // Workloads benchmark, nic1024: the walk keeps its registers
    private bool TryMark(TableStage stage, ulong* slot, ulong entry, ulong updated, AccessKind kind, ref IommuCounters counters)
    {
        if (!stage.CoherentWalks || (stage.DirtyMayLag && kind == AccessKind.Write)) return false;
        if (Exchange(slot, entry, updated) != entry) return false;
        unchecked
        {
            if (!TFormat.IsAccessed(entry)) counters.AccessedUpdates++;
            if (!TFormat.IsDirty(entry) && TFormat.IsDirty(updated)) counters.DirtyUpdates++;
        }
        return true;
    }

    /// <summary>The top table has as many entries as the input width leaves it; a signed address brings its sign bit once.</summary>
    private static ulong RootIndex(TableStage stage, ulong address) => (address & (stage.LastInput << (stage.IsSigned ? 1 : 0) | stage.LastInput)) >> TFormat.Shift(stage.RootLevel);

    private static ulong Index(ulong address, int level) => unchecked((address >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1));

    /// <summary>Where a walk is: the table, the entry's place in it, its level, and what the levels above allow.</summary>
    private readonly record struct Place(ulong Table, ulong Index, int Level, Permission Allowed);

    /// <summary>
    /// Asks for the lines that the leaves of these addresses lie in, as far as it is remembered where the lowest table of their region lay. That may have changed: then a line is fetched in
    /// vain, and nothing else is different.
    /// </summary>
    public void Prefetch(ulong tag, ReadOnlySpan<ulong> addresses)
    {
        leafTables ??= new ulong[RememberedTables];
        IommuCounters uncounted = default;
        foreach (ulong address in addresses)
        {
            if (reach.Reach(unchecked(leafTables[Remembered(tag, address)] + (Index(address, 0) << 3)), forUpdate: false, ref uncounted, out ulong* slot) == FaultKind.None) Hints.Prefetch(slot);
        }
    }

    private static int Remembered(ulong tag, ulong address) => unchecked((int)((address >> TFormat.Shift(1)) + (tag * 0x9E5)) & (RememberedTables - 1));
}
