using Workbench.Iommu.LeafChanges;

namespace Workbench.Iommu.PageTables;

/// <summary>Splitting one leaf, a single entry or a run, into smaller ones of any size below.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    /// <summary>
    /// The entries of the leaf are replaced one by one, each by smaller leaves of its level or by a table built before. A D in any entry says that any byte of
    /// the whole leaf may have been written (AMD 48882 §2.2.3.2 [S*]; Arm and RISC-V runs alike), so every new leaf gets it, those that are visible already too.
    /// </summary>
    private sealed class LeafSplit : ILeafChange
    {
        private readonly PageTable<TFormat> table;
        private readonly LeafChangeProtocol protocol;
        private readonly Action<ulong, ulong, string>? lost;
        private readonly ulong physical;
        private readonly int level, log2, newLevel, newLog2;
        private readonly ulong[] seen, put;
        private bool accessed, dirty;
        private Hole? hole;

        private LeafSplit(PageTable<TFormat> table, ulong iova, int level, ulong* slot, int newLog2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost)
        {
            (this.table, this.level, this.newLog2, this.protocol, this.lost) = (table, level, newLog2, protocol, lost);
            (log2, physical, newLevel) = (TFormat.LeafSizeLog2(*slot, level), TFormat.LeafAddress(*slot, level), LevelOf(newLog2));
            FirstByte = iova & ~Iommu.Bits.Mask(log2);
            seen = new ulong[1 << (log2 - TFormat.Shift(level))];
            put = new ulong[seen.Length];
        }

        public static LeafSplit? Begin(PageTable<TFormat> table, ulong iova, int newLog2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost, ref LeafChangeCounts counts)
        {
            ulong* slot = table.LeafSlotAt(iova, out int level);
            counts.EntriesRead++;
            if (slot == null || TFormat.LeafSizeLog2(*slot, level) <= newLog2 || TFormat.HasReservedBits(*slot, level)) return null;
            LeafSplit split = new(table, iova, level, slot, newLog2, protocol, lost);
            return split.Read(ref counts) ? split : null;
        }

        /// <inheritdoc/>
        public ulong FirstByte { get; }
        /// <inheritdoc/>
        public ulong LastByte => FirstByte | Iommu.Bits.Mask(log2);
        /// <inheritdoc/>
        public int SmallestOldLog2 => log2;
        /// <inheritdoc/>
        public bool ChangesLevel => newLevel != level;
        /// <inheritdoc/>
        public bool IsGivenUp { get; private set; }

        private ulong PartOf(int member) => (ulong)member << TFormat.Shift(level);

        private bool IsMember(ulong entry) => TFormat.IsPresent(entry, level) && TFormat.IsLeaf(entry, level)
            && TFormat.LeafSizeLog2(entry, level) == log2 && TFormat.LeafAddress(entry, level) == physical;

        /// <summary>False if the entries are no run, which nobody who keeps the rules has written.</summary>
        private bool Read(ref LeafChangeCounts counts)
        {
            ulong* head = table.SlotAt(FirstByte, level);
            counts.EntriesRead += seen.Length - 1;
            for (int i = 0; i < seen.Length; i++)
            {
                seen[i] = Volatile.Read(ref head[i]);
                if (!IsMember(seen[i])) return false;
                accessed |= TFormat.IsAccessed(seen[i]);
                dirty |= TFormat.IsDirty(seen[i]);
            }
            return true;
        }

        /// <inheritdoc/>
        public void Build(ref LeafChangeCounts counts)
        {
            if (dirty && protocol.Dirty == DirtyCarry.Drop)
            {
                dirty = false;
                lost?.Invoke(FirstByte, LastByte, "split: D not carried");
            }
            for (int i = 0; i < seen.Length && !IsGivenUp; i++)
            {
                ulong address = physical + PartOf(i);
                LeafNature nature = LeafNature.Of(seen[i], address, level, newLevel);
                put[i] = ChangesLevel ? TFormat.EncodeTable(BuildTable(address, level - 1, nature, ref counts), level) : NewLeaf(nature, address, level);
            }
            if (IsGivenUp) GiveUp(ref counts);
        }

        private ulong NewLeaf(in LeafNature nature, ulong address, int atLevel)
        {
            ulong entry = nature.Encode(address, atLevel, newLog2, accessed, dirty);
            if (!nature.IsIn(entry, address, atLevel, newLog2)) IsGivenUp = true;
            return entry;
        }

        private ulong BuildTable(ulong address, int atLevel, in LeafNature nature, ref LeafChangeCounts counts)
        {
            ulong built = table.NewTable();
            counts.TablesAllocated++;
            ulong* entries = table.TableAt(built);
            int count = 1 << TFormat.IndexBits;
            counts.EntriesWritten += count;
            for (int i = 0; i < count; i++)
            {
                ulong at = address + ((ulong)i << TFormat.Shift(atLevel));
                entries[i] = atLevel == newLevel ? NewLeaf(nature, at, atLevel) : TFormat.EncodeTable(BuildTable(at, atLevel - 1, nature, ref counts), atLevel);
            }
            return built;
        }

        /// <inheritdoc/>
        public void MarkNonTranslating(ref LeafChangeCounts counts)
        {
            if (!TryFind(out ulong* head, ref counts)) return;
            for (int i = 0; i < seen.Length; i++)
            {
                ulong marked = seen[i] | TFormat.NonTranslatingBit(level);
                Replace(head, i, marked, ref counts);
                seen[i] = marked;
            }
        }

        /// <inheritdoc/>
        public void Break(ref LeafChangeCounts counts)
        {
            if (!TryFind(out ulong* head, ref counts)) return;
            for (int i = 0; i < seen.Length; i++)
            {
                NoteLate(Interlocked.Exchange(ref head[i], 0), i, head, 0, ref counts);
                seen[i] = 0;
            }
            counts.EntriesWritten += seen.Length;
            table.hole = hole = new(FirstByte, log2, leaves: 1, () => dirty);
        }

        /// <inheritdoc/>
        public void Install(ref LeafChangeCounts counts)
        {
            if (!TryFind(out ulong* head, ref counts)) return;
            for (int i = 0; i < seen.Length; i++) Replace(head, i, put[i], ref counts);
            if (hole is not null) table.hole = null;
            table.Leaves += (1L << (log2 - newLog2)) - 1;
            counts.LeavesSplit++;
        }

        /// <summary>Is the leaf still what was read, but for A and D? If not, the change is given up.</summary>
        private bool TryFind(out ulong* head, ref LeafChangeCounts counts)
        {
            head = null;
            if (IsGivenUp) return false;
            head = table.SlotAt(FirstByte, level);
            bool isSame = head != null && hole is not { IsUnmapped: true };
            for (int i = 0; isSame && i < seen.Length; i++) isSame = IsSameButMarks(Volatile.Read(ref head[i]), seen[i]);
            if (!isSame) GiveUp(ref counts);
            return isSame;
        }

        /// <summary>Puts a word in a visible entry's place; whatever hardware set there meanwhile is noted first.</summary>
        private void Replace(ulong* head, int member, ulong word, ref LeafChangeCounts counts)
        {
            counts.EntriesWritten++;
            bool isNew = word == put[member];
            if (protocol.Install == LeafInstall.PlainStore)
            {
                ulong overwritten = Interlocked.Exchange(ref head[member], word);
                if (TFormat.IsDirty(overwritten) && !TFormat.IsDirty(seen[member]) && !dirty) lost?.Invoke(FirstByte, LastByte, "split: plain store over a D set meanwhile");
                return;
            }
            while (true)
            {
                ulong now = Interlocked.CompareExchange(ref head[member], word, seen[member]);
                if (now == seen[member]) return;
                counts.EntriesRead++;
                NoteLate(now, member, head, isNew ? member : 0, ref counts);
                seen[member] = now;
                word = isNew ? put[member] : now | TFormat.NonTranslatingBit(level);
            }
        }

        /// <summary>Carries what hardware set in an old entry after it was read; the first <paramref name="installed"/> new entries are visible already.</summary>
        private void NoteLate(ulong now, int member, ulong* head, int installed, ref LeafChangeCounts counts)
        {
            if (TFormat.IsAccessed(now) && !accessed)
            {
                accessed = true;
                MarkNew(head, installed, isDirty: false, ref counts);
            }
            if (!TFormat.IsDirty(now) || TFormat.IsDirty(seen[member]) || dirty) return;
            if (protocol.LateDirty == LateDirty.Ignore)
            {
                lost?.Invoke(FirstByte, LastByte, "split: late D ignored");
                return;
            }
            counts.LateDirty++;
            dirty = true;
            MarkNew(head, installed, isDirty: true, ref counts);
        }

        private void MarkNew(ulong* head, int installed, bool isDirty, ref LeafChangeCounts counts)
        {
            for (int i = 0; i < put.Length; i++)
            {
                if (put[i] == 0) continue;
                if (ChangesLevel) counts.EntriesWritten += table.MarkAll(TFormat.TableAddress(put[i]), level - 1, isDirty);
                else if (i >= installed) put[i] = isDirty ? TFormat.MarkDirty(put[i]) : TFormat.MarkAccessed(put[i]);
                else
                {
                    Mark(ref head[i], level, isDirty);
                    counts.EntriesWritten++;
                }
            }
        }

        private void GiveUp(ref LeafChangeCounts counts)
        {
            IsGivenUp = true;
            counts.GivenUp++;
            foreach (ulong word in put)
                if (ChangesLevel && word != 0) counts.TablesFreed += table.FreeTables(TFormat.TableAddress(word), level - 1);
        }

        /// <summary>Nothing: a split clears nT by installing tables.</summary>
        public void ClearNonTranslating(ref LeafChangeCounts counts) { }

        /// <summary>Nothing: no old entry is left in memory for hardware to mark.</summary>
        public void Settle(ref LeafChangeCounts counts) { }
    }
}
