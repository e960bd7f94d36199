using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>One stage as hardware walks it: reads entries from the top, checks them, and keeps A and D by compare-and-swap.</summary>
internal sealed unsafe class StageWalker<TFormat, TReach>(TReach reach, bool hasWalkCaches)
    where TFormat : struct, IDirtyTrackingFormat
    where TReach : struct, ITableReach
{
    private readonly LaggingUpdates<TFormat, TReach> lagging = new(reach);
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

    /// <summary>Translates one address. The result's leaf word says what may be cached.</summary>
    public FaultKind Walk(TableStage stage, ulong tag, ulong address, AccessKind kind, ref IommuCounters counters, out WalkResult result)
    {
        unchecked
        {
            counters.Walks++;
            result = default;
            if (address > stage.LastInput && !(stage.IsSigned && address >= ~stage.LastInput)) return stage.IsSigned ? FaultKind.NotCanonical : FaultKind.BeyondAddressWidth;
            int level = stage.RootLevel;
            ulong table = stage.Root;
            Permission allowed = stage.Allowed;
            // The top table has as many entries as the input width leaves it; a signed address brings its sign bit once.
            ulong index = (address & (stage.LastInput << (stage.IsSigned ? 1 : 0) | stage.LastInput)) >> TFormat.Shift(level);
            if (cache.Exists && cache.TryFind(tag, address, stage.RootLevel, out int cachedLevel, out ulong cachedTable, out Permission cachedPermission))
            {
                counters.WalkCacheHits++;
                (level, table, allowed) = (cachedLevel, cachedTable, cachedPermission);
                index = (address >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1);
            }
            while (true)
            {
                ulong slotAddress = table + (index << 3);
                FaultKind unreachable = reach.Reach(slotAddress, forUpdate: false, ref counters, out ulong* slot);
                if (unreachable != FaultKind.None)
                {
                    UnreachableEntry = slotAddress;
                    return unreachable;
                }
                counters.TableReads++;
                ulong entry = Volatile.Read(ref *slot);
                // A lost race with another agent's store re-reads the entry and checks it again from the start of this level.
            Recheck:
                if (!TFormat.IsPresent(entry, level)) return FaultKind.NotPresent;
                if (TFormat.HasReservedBits(entry, level) || (entry & stage.MustBeZero) != 0) return FaultKind.ReservedBits;
                Permission here = allowed & TFormat.PermissionOf(entry, level, stage.Dirty == BitKeeping.ByHardware);
                if (!TFormat.IsLeaf(entry, level))
                {
                    if (level == 0) return FaultKind.ReservedBits;
                    if (stage.MarksTables && (TFormat.MarkAccessed(entry) | stage.AlsoAccessed) is ulong marked && marked != entry)
                    {
                        ulong before = entry;
                        FaultKind refused = Update(stage, slotAddress, slot, ref entry, marked, ref counters, out bool swapped);
                        if (refused != FaultKind.None) return refused;
                        if (!swapped) goto Recheck;
                        if (!TFormat.IsAccessed(before)) counters.AccessedUpdates++;
                    }
                    allowed = here;
                    table = TFormat.TableAddress(entry);
                    if (table > stage.LastOutput) return FaultKind.BeyondOutputWidth;
                    level--;
                    index = (address >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1);
                    if (cache.Exists) cache.Fill(tag, address, level, table, allowed);
                    continue;
                }
                int log2 = TFormat.LeafSizeLog2(entry, level);
                ulong page = TFormat.LeafAddress(entry, level);
                if (log2 > stage.LargestLeafLog2) return FaultKind.ReservedBits;
                if (page > stage.LastOutput) return FaultKind.BeyondOutputWidth;
                if (stage.Accessed == BitKeeping.Faults && !TFormat.IsAccessed(entry)) return FaultKind.AccessedIsClear;
                FaultKind denied = Check(entry, level, here, kind);
                if (denied != FaultKind.None) return denied;
                bool makesDirty = kind == AccessKind.Write || (kind == AccessKind.TranslateToWrite && (here & Permission.Write) != 0);
                if (makesDirty && stage.Dirty == BitKeeping.Faults && !TFormat.IsDirty(entry))
                {
                    if (kind == AccessKind.Write) return FaultKind.DirtyIsClear;
                    makesDirty = false;
                }
                if (stage.Accessed == BitKeeping.ByHardware)
                {
                    ulong updated = (makesDirty && stage.Dirty == BitKeeping.ByHardware ? TFormat.MarkDirty(entry) : TFormat.MarkAccessed(entry)) | stage.AlsoAccessed;
                    if (updated != entry)
                    {
                        ulong before = entry;
                        if (stage.DirtyMayLag && kind == AccessKind.Write && stage.Dirty == BitKeeping.ByHardware)
                        {
                            // What may lag is the value, not the right to write it.
                            FaultKind refused = ReachForUpdate(stage, slotAddress, ref counters, out slot);
                            if (refused != FaultKind.None) return refused;
                            lagging.Add(slot, level, entry, address, ref counters);
                            entry = updated;
                        }
                        else
                        {
                            FaultKind refused = Update(stage, slotAddress, slot, ref entry, updated, ref counters, out bool swapped);
                            if (refused != FaultKind.None) return refused;
                            if (!swapped) goto Recheck;
                            if (!TFormat.IsAccessed(before)) counters.AccessedUpdates++;
                            if (TFormat.IsDirty(entry) && !TFormat.IsDirty(before)) counters.DirtyUpdates++;
                        }
                    }
                }
                bool dirtyIsKnown = stage.Dirty == BitKeeping.Ignored || (stage.Dirty == BitKeeping.Faults ? TFormat.IsDirty(entry) : TFormat.MarkDirty(entry) == entry);
                ulong leaf = IotlbEntry.LeafOf(page, here, dirtyIsKnown, log2);
                if ((entry & TFormat.NonTranslatingBit(level)) != 0 && stage.SizesMayConflict) leaf |= IotlbEntry.NotCached;
                result = new(leaf, log2);
                return FaultKind.None;
            }
        }
    }

    /// <summary>Does the permission of all levels together allow the access?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, scatter
    private static FaultKind Check(ulong entry, int level, Permission here, AccessKind kind)
    {
        Permission need = kind switch { AccessKind.Write => Permission.Write, AccessKind.Read => Permission.Read, _ => Permission.None };
        if (here == Permission.None && TFormat.RefusalOfAnything != FaultKind.None) return TFormat.RefusalOfAnything;
        return (here & need) == need && here != Permission.None ? FaultKind.None : TFormat.RefusalOf(entry, level, kind == AccessKind.Write);
    }

    /// <summary>One locked update of a 64-bit entry; on a mismatch the entry is what memory holds now.</summary>
    private FaultKind Update(TableStage stage, ulong address, ulong* slot, ref ulong entry, ulong updated, ref IommuCounters counters, out bool swapped)
    {
        swapped = false;
        FaultKind refused = ReachForUpdate(stage, address, ref counters, out slot);
        if (refused != FaultKind.None) return refused;
        ulong seen = Interlocked.CompareExchange(ref *slot, updated, entry);
        swapped = seen == entry;
        entry = swapped ? updated : seen;
        return FaultKind.None;
    }

    /// <summary>The entry at an address, if this walk may change it.</summary>
    private FaultKind ReachForUpdate(TableStage stage, ulong address, ref IommuCounters counters, out ulong* slot)
    {
        slot = null;
        return stage.CoherentWalks ? reach.Reach(address, forUpdate: true, ref counters, out slot) : FaultKind.DirtyUpdateNotCoherent;
    }

    /// <summary>The leaf entry for an address as memory holds it now; 0 if there is none.</summary>
    public ulong PeekLeaf(TableStage stage, ulong address) => Peek(stage, address, out _, out _);

    /// <summary>Does the leaf in memory say now that it was written: of a run, any member, since software reads all?</summary>
    public bool PeekDirty(TableStage stage, ulong address)
    {
        ulong leaf = Peek(stage, address, out int level, out ulong slotAddress);
        if (leaf == 0) return false;
        // A size that does not fit its level is of no run.
        ulong run = 8UL << Math.Max(0, TFormat.LeafSizeLog2(leaf, level) - TFormat.Shift(level));
        IommuCounters uncounted = default;
        for (ulong at = slotAddress & ~(run - 1), end = at + run; at < end; at += 8)
            if (reach.Reach(at, forUpdate: false, ref uncounted, out ulong* slot) == FaultKind.None && TFormat.IsDirty(*slot)) return true;
        return false;
    }

    /// <summary>Where the leaf in memory leads an address now; 0 if there is none.</summary>
    public ulong PeekAddress(TableStage stage, ulong address)
    {
        ulong leaf = Peek(stage, address, out int level, out _);
        return leaf == 0 ? 0 : TFormat.LeafAddress(leaf, level) | (address & Bits.Mask(TFormat.LeafSizeLog2(leaf, level)));
    }

    private ulong Peek(TableStage stage, ulong address, out int level, out ulong slotAddress)
    {
        IommuCounters uncounted = default;
        ulong table = stage.Root;
        for (level = stage.RootLevel; ; level--)
        {
            ulong index = level == stage.RootLevel ? (address & (stage.LastInput << (stage.IsSigned ? 1 : 0) | stage.LastInput)) >> TFormat.Shift(level) : unchecked((address >> TFormat.Shift(level)) & ((1UL << TFormat.IndexBits) - 1));
            slotAddress = unchecked(table + (index << 3));
            if (reach.Reach(slotAddress, forUpdate: false, ref uncounted, out ulong* slot) != FaultKind.None || !TFormat.IsPresent(*slot, level)) return 0;
            if (TFormat.IsLeaf(*slot, level)) return *slot;
            if (level == 0) return 0;
            table = TFormat.TableAddress(*slot);
        }
    }
}
