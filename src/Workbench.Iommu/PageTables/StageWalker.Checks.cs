using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>The walk with every check, for entries that are not ordinary.</summary>
internal sealed unsafe partial class StageWalker<TFormat, TReach>
{
    /// <summary>Goes on from a place, entry by entry.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // Workloads benchmark, uni1g: the walk of ordinary entries keeps its registers
    private FaultKind WalkOn(TableStage stage, ulong tag, ulong address, AccessKind kind, in Place from, ref IommuCounters counters, out WalkResult result)
    {
        unchecked
        {
            result = default;
            (ulong table, ulong index, int level, Permission allowed) = from;
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
                        // What Update is told by reference is a copy: a local whose address is taken lies in memory, and every walk would wait for it.
                        ulong now = entry;
                        FaultKind refused = Update(stage, slotAddress, ref now, marked, ref counters, out bool swapped);
                        if (refused != FaultKind.None) return refused;
                        bool wasAccessed = TFormat.IsAccessed(entry);
                        entry = now;
                        if (!swapped) goto Recheck;
                        if (!wasAccessed) counters.AccessedUpdates++;
                    }
                    allowed = here;
                    table = TFormat.TableAddress(entry);
                    if (table > stage.LastOutput) return FaultKind.BeyondOutputWidth;
                    level--;
                    index = Index(address, level);
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
                        if (stage.DirtyMayLag && kind == AccessKind.Write && stage.Dirty == BitKeeping.ByHardware)
                        {
                            // What may lag is the value, not the right to write it.
                            FaultKind refused = ReachForUpdate(stage, slotAddress, ref counters, out ulong* lagSlot);
                            if (refused != FaultKind.None) return refused;
                            lagging.Add(lagSlot, level, entry, address, ref counters);
                            entry = updated;
                        }
                        else
                        {
                            ulong now = entry;
                            FaultKind refused = Update(stage, slotAddress, ref now, updated, ref counters, out bool swapped);
                            if (refused != FaultKind.None) return refused;
                            (bool wasAccessed, bool wasDirty) = (TFormat.IsAccessed(entry), TFormat.IsDirty(entry));
                            entry = now;
                            if (!swapped) goto Recheck;
                            if (!wasAccessed) counters.AccessedUpdates++;
                            if (!wasDirty && TFormat.IsDirty(entry)) counters.DirtyUpdates++;
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

    /// <summary>One update of a 64-bit entry; on a mismatch the entry is what memory holds now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // Workloads benchmark, uni1g: the walk keeps its registers
    private FaultKind Update(TableStage stage, ulong address, ref ulong entry, ulong updated, ref IommuCounters counters, out bool swapped)
    {
        swapped = false;
        FaultKind refused = ReachForUpdate(stage, address, ref counters, out ulong* slot);
        if (refused != FaultKind.None) return refused;
        ulong seen = Exchange(slot, entry, updated);
        swapped = seen == entry;
        entry = swapped ? updated : seen;
        return FaultKind.None;
    }

    /// <summary>Puts the new value where the old one is still, and returns what was there. A locked exchange waits for all stores before it, so it is for those who need it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni64g
    private ulong Exchange(ulong* slot, ulong old, ulong updated)
    {
        if (reach.HasRacingThreads) return Interlocked.CompareExchange(ref *slot, updated, old);
        ulong seen = *slot;
        if (seen == old) *slot = updated;
        return seen;
    }

    /// <summary>The entry at an address, if this walk may change it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // as Update
    private FaultKind ReachForUpdate(TableStage stage, ulong address, ref IommuCounters counters, out ulong* slot)
    {
        slot = null;
        return stage.CoherentWalks ? reach.Reach(address, forUpdate: true, ref counters, out slot) : FaultKind.DirtyUpdateNotCoherent;
    }
}
