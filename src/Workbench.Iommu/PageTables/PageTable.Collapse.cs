using Workbench.Iommu.LeafChanges;

namespace Workbench.Iommu.PageTables;

/// <summary>Making one leaf, a single entry or a run, of the smaller ones that map the same memory.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    /// <summary>
    /// Entries that point to tables, or are smaller leaves, are replaced one by one by entries of the large leaf, which is dirty if any of the old leaves is. Until the
    /// invalidation completes a walk may still be in the old tables and set D there, so they are read again afterwards, and freed then.
    /// </summary>
    private sealed class LeafCollapse : ILeafChange
    {
        private readonly PageTable<TFormat> table;
        private readonly LeafChangeProtocol protocol;
        private readonly Action<ulong, ulong, string>? lost;
        private readonly int level, log2;
        private readonly ulong[] seen;
        // First byte of each leaf, or member of a run, that was dirty when it was read, with what its D speaks for.
        private readonly Dictionary<ulong, (ulong First, ulong Last)> dirtyWhenRead = [];
        private long remaps, oldLeaves;
        private ulong physical, nonTranslating;
        private LeafNature nature;
        private bool accessed, dirty, isInstalled;
        private int visible;
        private Hole? hole;

        private LeafCollapse(PageTable<TFormat> table, ulong iova, int log2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost)
        {
            (this.table, this.log2, level, this.protocol, this.lost) = (table, log2, LevelOf(log2), protocol, lost);
            FirstByte = iova & ~Iommu.Bits.Mask(log2);
            seen = new ulong[1 << (log2 - TFormat.Shift(level))];
        }

        public static LeafCollapse? Begin(PageTable<TFormat> table, ulong iova, int log2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost, ref LeafChangeCounts counts)
        {
            ulong* slot = table.LeafSlotAt(iova, out int level);
            counts.EntriesRead++;
            if (slot != null && TFormat.LeafSizeLog2(*slot, level) >= log2) return null;
            LeafCollapse collapse = new(table, iova, log2, protocol, lost);
            if (collapse.Read(ref counts)) return collapse;
            counts.CollapsesRefused++;
            return null;
        }

        /// <inheritdoc/>
        public ulong FirstByte { get; }
        /// <inheritdoc/>
        public ulong LastByte => FirstByte | Iommu.Bits.Mask(log2);
        /// <inheritdoc/>
        public int SmallestOldLog2 { get; private set; }
        /// <inheritdoc/>
        public bool ChangesLevel { get; private set; }
        /// <inheritdoc/>
        public bool IsGivenUp { get; private set; }

        private ulong PartOf(int member) => (ulong)member << TFormat.Shift(level);

        /// <summary>What the D of a leaf speaks for: all of a run, whichever member has it, since writes through what is cached of that member set no other.</summary>
        private static (ulong First, ulong Last) RangeOf(ulong entry, int at, ulong iova)
        {
            ulong inside = Iommu.Bits.Mask(TFormat.LeafSizeLog2(entry, at));
            return (iova & ~inside, iova | inside);
        }

        private bool IsTable(ulong entry) => TFormat.IsPresent(entry, level) && !TFormat.IsLeaf(entry, level);

        private ulong Word(int member) => nature.Encode(physical + PartOf(member), level, log2, accessed, dirty) | nonTranslating;

        /// <summary>Reads every leaf of the range; false if they cannot be one.</summary>
        private bool Read(ref LeafChangeCounts counts)
        {
            (SmallestOldLog2, ChangesLevel, accessed, oldLeaves, remaps) = (log2, false, false, 0, table.remaps);
            dirtyWhenRead.Clear();
            ulong* head = table.SlotAt(FirstByte, level);
            if (head == null) return false;
            for (int i = 0; i < seen.Length; i++)
            {
                seen[i] = Volatile.Read(ref head[i]);
                if (!ReadEntry(seen[i], level, FirstByte + PartOf(i), ref counts)) return false;
            }
            for (int i = 0; i < seen.Length; i++)
                if (!nature.IsIn(nature.Encode(physical + PartOf(i), level, log2, accessed, dirty: false), physical + PartOf(i), level, log2)) return false;
            return true;
        }

        private bool ReadEntry(ulong entry, int at, ulong iova, ref LeafChangeCounts counts)
        {
            counts.EntriesRead++;
            if (!TFormat.IsPresent(entry, at) || TFormat.HasReservedBits(entry, at)) return false;
            if (!TFormat.IsLeaf(entry, at))
            {
                if (at == 0) return false;
                ChangesLevel = true;
                ulong* entries = table.TableAt(TFormat.TableAddress(entry));
                for (int i = 0; i < 1 << TFormat.IndexBits; i++)
                    if (!ReadEntry(Volatile.Read(ref entries[i]), at - 1, iova + ((ulong)i << TFormat.Shift(at - 1)), ref counts)) return false;
                return true;
            }
            int size = TFormat.LeafSizeLog2(entry, at);
            ulong inside = iova & Iommu.Bits.Mask(size), address = TFormat.LeafAddress(entry, at) | inside;
            LeafNature own = LeafNature.Of(entry, address, at, level);
            if (iova == FirstByte) (nature, physical) = (own, address);
            if (own != nature || (physical & Iommu.Bits.Mask(log2)) != 0 || unchecked(address - physical) != iova - FirstByte) return false;
            SmallestOldLog2 = Math.Min(SmallestOldLog2, size);
            if (inside == 0) oldLeaves++;
            accessed |= TFormat.IsAccessed(entry);
            if (TFormat.IsDirty(entry)) dirtyWhenRead.Add(iova, RangeOf(entry, at, iova));
            return true;
        }

        /// <summary>Nothing: a leaf needs no table.</summary>
        public void Build(ref LeafChangeCounts counts) { }

        /// <inheritdoc/>
        public void MarkNonTranslating(ref LeafChangeCounts counts) => nonTranslating = TFormat.NonTranslatingBit(level);

        /// <inheritdoc/>
        public void Break(ref LeafChangeCounts counts)
        {
            if (!TryFind(out ulong* head, ref counts)) return;
            for (int i = 0; i < seen.Length; i++) NoteChange(i, Interlocked.Exchange(ref head[i], 0), ref counts);
            counts.EntriesWritten += seen.Length;
            table.hole = hole = new(FirstByte, log2, oldLeaves, () => dirty || dirtyWhenRead.Count > 0 || NewlyDirty().Count > 0);
        }

        /// <inheritdoc/>
        public void Install(ref LeafChangeCounts counts)
        {
            if (!TryFind(out ulong* head, ref counts)) return;
            if (hole is not null) NoteLate(NewlyDirty(), ref counts); // nothing can reach the old tables any more
            if (protocol.Dirty == DirtyCarry.Carry) dirty |= dirtyWhenRead.Count > 0;
            else if (!dirty) foreach ((ulong first, ulong last) in dirtyWhenRead.Values.Distinct()) lost?.Invoke(first, last, "collapse: D not carried");
            for (; visible < seen.Length; visible++) Replace(ref head[visible], visible, ref counts);
            isInstalled = true;
            if (hole is not null) table.hole = null;
            table.Leaves -= oldLeaves - 1;
            counts.LeavesCollapsed++;
            if (protocol.Release == TableRelease.BeforeFlush) FreeOld(ref counts);
        }

        /// <summary>Are the entries still what was read, but for A and D? If not, the change is given up.</summary>
        private bool TryFind(out ulong* head, ref LeafChangeCounts counts)
        {
            head = null;
            if (IsGivenUp) return false;
            // Something was mapped or unmapped, perhaps below the entries that are to be replaced.
            bool isSame = hole is null ? remaps == table.remaps || Read(ref counts) : !hole.IsUnmapped;
            head = table.SlotAt(FirstByte, level);
            isSame &= head != null;
            for (int i = 0; isSame && i < seen.Length; i++) isSame = hole is null ? IsSameButMarks(Volatile.Read(ref head[i]), seen[i]) : head[i] == 0;
            if (isSame) return true;
            IsGivenUp = true;
            counts.GivenUp++;
            if (hole is not null) FreeOld(ref counts);
            return false;
        }

        private void Replace(ref ulong slot, int member, ref LeafChangeCounts counts)
        {
            counts.EntriesWritten++;
            if (protocol.Install == LeafInstall.PlainStore)
            {
                ulong overwritten = Interlocked.Exchange(ref slot, Word(member));
                if (IsTable(overwritten) || !TFormat.IsDirty(overwritten) || TFormat.IsDirty(seen[member]) || dirty) return;
                (ulong first, ulong last) = RangeOf(overwritten, level, FirstByte + PartOf(member));
                lost?.Invoke(first, last, "collapse: plain store over a D set meanwhile");
                return;
            }
            while (true)
            {
                ulong expected = hole is null ? seen[member] : 0, now = Interlocked.CompareExchange(ref slot, Word(member), expected);
                if (now == expected) return;
                counts.EntriesRead++;
                NoteChange(member, now, ref counts);
            }
        }

        /// <summary>An entry was found to be other than it was read: hardware set A in a table's entry, or A or D in a leaf.</summary>
        private void NoteChange(int member, ulong now, ref LeafChangeCounts counts)
        {
            bool isLate = !IsTable(now) && TFormat.IsDirty(now) && !TFormat.IsDirty(seen[member]);
            if (!IsTable(now)) accessed |= TFormat.IsAccessed(now);
            seen[member] = now;
            if (isLate) NoteLate([RangeOf(now, level, FirstByte + PartOf(member))], ref counts);
        }

        /// <summary>Carries what hardware set in old entries after they were read; one entry of the new leaf is enough.</summary>
        private void NoteLate(List<(ulong First, ulong Last)> ranges, ref LeafChangeCounts counts)
        {
            if (dirty || ranges.Count == 0) return;
            if (protocol.LateDirty == LateDirty.Ignore)
            {
                foreach ((ulong first, ulong last) in ranges) lost?.Invoke(first, last, "collapse: late D ignored");
                return;
            }
            counts.LateDirty++;
            dirty = true;
            if (visible == 0) return;
            ulong* head = table.SlotAt(FirstByte, level);
            if (!IsNewLeaf(head))
            {
                lost?.Invoke(FirstByte, LastByte, "collapse: unmapped before a late D was seen");
                return;
            }
            Mark(ref *head, level, dirty: true);
            counts.EntriesWritten++;
        }

        private bool IsNewLeaf(ulong* head) => head != null && nature.IsIn(*head & ~TFormat.NonTranslatingBit(level), physical, level, log2);

        /// <summary>Has somebody read and cleared the new leaf's D? While old tables may be in use nothing else takes it away.</summary>
        private bool HasBeenCleared()
        {
            ulong* head = table.SlotAt(FirstByte, level);
            return IsNewLeaf(head) && !TFormat.IsDirty(Volatile.Read(ref *head));
        }

        /// <summary>Leaves in the old tables that hardware made dirty since they were read.</summary>
        private List<(ulong First, ulong Last)> NewlyDirty()
        {
            List<(ulong, ulong)> found = [];
            for (int i = 0; i < seen.Length; i++)
                if (IsTable(seen[i])) AddNewlyDirty(TFormat.TableAddress(seen[i]), level - 1, FirstByte + PartOf(i), found);
            return found;
        }

        // The tables may be freed, and in use by someone else: only what is still a leaf to the same place counts.
        private void AddNewlyDirty(ulong address, int at, ulong iova, List<(ulong, ulong)> found)
        {
            ulong* entries = table.memory.PointerOrNull(address);
            if (entries == null) return;
            for (int i = 0; i < 1 << TFormat.IndexBits; i++)
            {
                ulong entry = Volatile.Read(ref entries[i]), start = iova + ((ulong)i << TFormat.Shift(at));
                if (!TFormat.IsPresent(entry, at)) continue;
                if (!TFormat.IsLeaf(entry, at))
                {
                    if (at > 0) AddNewlyDirty(TFormat.TableAddress(entry), at - 1, start, found);
                    continue;
                }
                ulong inside = start & Iommu.Bits.Mask(TFormat.LeafSizeLog2(entry, at));
                if ((TFormat.LeafAddress(entry, at) | inside) != physical + (start - FirstByte)) continue;
                if (TFormat.IsDirty(entry) && !dirtyWhenRead.ContainsKey(start)) found.Add(RangeOf(entry, at, start));
            }
        }

        private void FreeOld(ref LeafChangeCounts counts)
        {
            foreach (ulong entry in seen)
                if (IsTable(entry)) counts.TablesFreed += table.FreeTables(TFormat.TableAddress(entry), level - 1);
        }

        /// <inheritdoc/>
        public void ClearNonTranslating(ref LeafChangeCounts counts)
        {
            ulong* head = isInstalled && nonTranslating != 0 ? table.SlotAt(FirstByte, level) : null;
            for (int i = 0; head != null && i < seen.Length; i++)
            {
                while (true)
                {
                    ulong entry = Volatile.Read(ref head[i]), cleared = entry & ~nonTranslating;
                    if (!nature.IsIn(cleared, physical, level, log2) || Interlocked.CompareExchange(ref head[i], cleared, entry) == entry) break;
                }
                counts.EntriesWritten++;
            }
        }

        /// <inheritdoc/>
        public void Settle(ref LeafChangeCounts counts)
        {
            if (!isInstalled || !ChangesLevel) return;
            if (dirty && hole is null && HasBeenCleared())
            {
                // Writes through old leaves that have D already set nothing, so each of these may have been written since.
                dirty = false;
                dirtyWhenRead.Clear();
            }
            List<(ulong First, ulong Last)> late = NewlyDirty();
            if (protocol.Release == TableRelease.BeforeFlush)
            {
                // Software cannot see this any more.
                if (!dirty) foreach ((ulong first, ulong last) in late) lost?.Invoke(first, last, "collapse: tables freed before the flush");
                return;
            }
            foreach (ulong entry in seen)
                if (IsTable(entry)) counts.EntriesRead += 1L << TFormat.IndexBits;
            NoteLate(late, ref counts);
            FreeOld(ref counts);
        }
    }

    /// <summary>A range whose entries are out while its leaves change size: it is mapped, though no entry says so.</summary>
    private sealed class Hole(ulong firstByte, int log2, long leaves, Func<bool> isDirty)
    {
        public ulong FirstByte { get; } = firstByte;
        public ulong LastByte => FirstByte | Iommu.Bits.Mask(log2);
        public int Log2 => log2;
        public long Leaves => leaves;
        public bool IsDirty => isDirty();
        /// <summary>Was the range unmapped meanwhile?</summary>
        public bool IsUnmapped { get; set; }
    }
}
