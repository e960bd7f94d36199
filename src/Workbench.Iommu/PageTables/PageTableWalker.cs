using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>The hardware's side of a table: reads entries from the top, checks them, and keeps A and D by compare-and-swap.</summary>
internal sealed unsafe class PageTableWalker<TFormat>(PhysicalMemory memory, bool hasWalkCaches)
    where TFormat : struct, IDirtyTrackingFormat
{
    private WalkCache cache = hasWalkCaches ? new(LevelOneShifts()) : default;

    /// <summary>The paging-structure caches, for invalidation.</summary>
    public ref WalkCache Cache => ref cache;

    private static List<int> LevelOneShifts()
    {
        List<int> shifts = [];
        for (int level = 1; level < TFormat.MaxLevels; level++) shifts.Add(TFormat.Shift(level));
        return shifts;
    }

    /// <summary>
    /// Translates one address. A fault changes no entry of the faulting level and sets no D; entries above it keep the A bits they got.
    /// The result's leaf word says what may be cached.
    /// </summary>
    public FaultKind Walk(TranslationContext context, ulong iova, bool isWrite, ref IommuCounters counters, out ulong leafWord, out int pageLog2)
    {
        unchecked
        {
            counters.Walks++;
            (leafWord, pageLog2) = (0, 0);
            if (iova > context.LastIova) return FaultKind.BeyondAddressWidth;
            int level = context.RootLevel;
            ulong table = context.Root;
            Permission allowed = Permission.ReadWrite;
            if (cache.Exists && cache.TryFind(context.Domain.Value, iova, context.RootLevel, out int cachedLevel, out ulong cachedTable, out Permission cachedPermission))
            {
                counters.WalkCacheHits++;
                (level, table, allowed) = (cachedLevel, cachedTable, cachedPermission);
            }
            while (true)
            {
                ulong* slot = memory.PointerOrNull(table + (((iova >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1)) << 3));
                if (slot == null) return FaultKind.TableUnreachable;
                counters.TableReads++;
                ulong entry = Volatile.Read(ref *slot);
                // A lost race with another agent's store re-reads the entry and checks it again from the start of this level.
            Recheck:
                if (!TFormat.IsPresent(entry)) return FaultKind.NotPresent;
                if (TFormat.HasReservedBits(entry, level)) return FaultKind.ReservedBits;
                Permission here = allowed & TFormat.PermissionOf(entry);
                if (!TFormat.IsLeaf(entry, level))
                {
                    if (level == 0) return FaultKind.ReservedBits;
                    if (context.KeepsDirty && TFormat.MarksTablesAccessed && !TFormat.IsAccessed(entry))
                    {
                        if (!context.CoherentWalks) return FaultKind.DirtyUpdateNotCoherent;
                        if (!Swap(slot, ref entry, TFormat.MarkAccessed(entry))) goto Recheck;
                        counters.AccessedUpdates++;
                    }
                    allowed = here;
                    table = TFormat.TableAddress(entry);
                    level--;
                    if (cache.Exists) cache.Fill(context.Domain.Value, iova, level, table, allowed);
                    continue;
                }
                if (TFormat.LeafSizeLog2(entry, level) > context.LargestLeafLog2) return FaultKind.ReservedBits;
                if ((here & (isWrite ? Permission.Write : Permission.Read)) == 0) return isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission;
                if (context.KeepsDirty)
                {
                    ulong updated = isWrite ? TFormat.MarkDirty(entry) : TFormat.MarkAccessed(entry);
                    if (updated != entry)
                    {
                        if (!context.CoherentWalks) return FaultKind.DirtyUpdateNotCoherent;
                        ulong before = entry;
                        if (!Swap(slot, ref entry, updated)) goto Recheck;
                        if (!TFormat.IsAccessed(before)) counters.AccessedUpdates++;
                        if (isWrite && !TFormat.IsDirty(before)) counters.DirtyUpdates++;
                    }
                }
                pageLog2 = TFormat.LeafSizeLog2(entry, level);
                leafWord = IotlbEntry.LeafOf(TFormat.LeafAddress(entry, level), here, !context.KeepsDirty || TFormat.IsDirty(entry));
                return FaultKind.None;
            }
        }
    }

    /// <summary>One locked update of a 64-bit entry; on a mismatch the entry is what memory holds now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni1g: an update per first touch
    private static bool Swap(ulong* slot, ref ulong entry, ulong updated)
    {
        ulong seen = Interlocked.CompareExchange(ref *slot, updated, entry);
        bool swapped = seen == entry;
        entry = swapped ? updated : seen;
        return swapped;
    }

    /// <summary>The leaf entry for an address as memory holds it now, without side effects; 0 if there is none.</summary>
    public ulong PeekLeaf(TranslationContext context, ulong iova)
    {
        ulong table = context.Root;
        for (int level = context.RootLevel; ; level--)
        {
            ulong* slot = memory.PointerOrNull(unchecked(table + (((iova >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1)) << 3)));
            if (slot == null || !TFormat.IsPresent(*slot)) return 0;
            if (TFormat.IsLeaf(*slot, level)) return *slot;
            table = TFormat.TableAddress(*slot);
        }
    }
}
