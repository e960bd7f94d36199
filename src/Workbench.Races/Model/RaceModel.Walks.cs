using Workbench.Iommu;
using Workbench.Iommu.LeafChanges;
using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>Walks: an entry a step. What an entry has to be marked with is written in the step that reads it, since a compare-and-swap that fails only reads again.</summary>
internal sealed partial class RaceModel<TFormat>
{
    private void ReadBlock(in RaceState state, int i, Access access, Successors to)
    {
        if (IsOfOldContext(state, i, access, to)) return;
        ulong entry = words.Word(state.Entry(Slots.Block));
        if (!TFormat.IsPresent(entry, 1)) Fault(state, i, access.Page, to);
        else if (TFormat.IsLeaf(entry, 1)) Serve(state, i, access, Slots.Block, StepKind.ReadBlock, to);
        else
        {
            RaceState next = state;
            if (MayFill(access)) next.Caches = state.Caches.WithTable(true);
            next.Set(i, access.At(AccessPhase.WalkLeaf));
            to.Add(next, new(StepKind.ReadBlock, i, access.Page, (int)access.For));
        }
    }

    private void ReadLeaf(in RaceState state, int i, Access access, Successors to)
    {
        int slot = Slots.Leaf(access.Page);
        if (IsOfOldContext(state, i, access, to)) return;
        if (state.Pages.IsTableFreed) to.Add(Violated(state, RaceProperty.WrongTranslation), new(StepKind.ReadLeaf, i, access.Page, (int)access.For));
        else if (!TFormat.IsPresent(words.Word(state.Entry(slot)), 0)) Fault(state, i, access.Page, to);
        else Serve(state, i, access, slot, StepKind.ReadLeaf, to);
    }

    /// <summary>Software counts on it that tracking is off, and here comes a walk that has it on.</summary>
    private static bool IsOfOldContext(in RaceState state, int i, Access access, Successors to)
    {
        if (!access.IsTracked || !state.Pages.IsUntracked) return false;
        to.Add(Violated(state, RaceProperty.WrongTranslation), new(StepKind.ReadBlock, i, access.Page, (int)access.For));
        return true;
    }

    /// <summary>A walk found a leaf: judge it, mark it, cache it, and let the access go on.</summary>
    private void Serve(in RaceState state, int i, Access access, int slot, StepKind kind, Successors to)
    {
        int level = LevelOf(slot);
        ulong entry = words.Word(state.Entry(slot));
        bool writes = access.For != AccessFor.Read, faultsIfClear = !access.IsTracked && rules.FaultsWithoutTracking;
        Permission permission = TFormat.PermissionOf(entry, level, access.IsTracked);
        bool dirty = TFormat.IsDirty(entry);
        if ((permission & (writes ? Permission.Write : Permission.Read)) == 0 || (faultsIfClear && writes && !dirty))
        {
            Fault(state, i, access.Page, to);
            return;
        }
        // To read an entry and to act on it is one step, unless hardware marks blindly or lets an invalidation overtake the walk.
        if ((Sets(access, entry) && !rules.Keeps(RuleSubject.UpdatesAreAtomic)) || !rules.Keeps(RuleSubject.CompletionEndsWalks))
        {
            RaceState reading = state;
            reading.Set(i, access.Reading(slot, state.Entry(slot)).At(AccessPhase.Mark));
            to.Add(reading, new(kind, i, access.Page, (int)access.For));
            return;
        }
        MarkAndFinish(state, i, access, slot, entry, kind, to);
    }

    private bool Sets(Access access, ulong entry) =>
        access.For != AccessFor.Read && !TFormat.IsDirty(entry) && access.IsTracked && (access.For == AccessFor.Write || rules.Keeps(RuleSubject.AtsSetsDirty));

    private void MarkAndFinish(in RaceState state, int i, Access access, int slot, ulong entry, StepKind kind, Successors to)
    {
        bool sets = Sets(access, entry);
        if (sets && rules.DirtyMayBeLate && access.For == AccessFor.Write)
        {
            RaceState late = state;
            int update = LateBit(slot, access.Page);
            late.Pages = late.Pages.WithLate(late.Pages.Late | update);
            // An invalidation that met this walk waits for what it does.
            if (access.Old != 0) late.Pages = late.Pages.WithLateOld(late.Pages.LateOld | update);
            Finish(late, i, access, slot, entry, marked: true, kind, to);
        }
        RaceState next = state;
        if (sets) SetDirty(ref next, slot, entry);
        Finish(next, i, access, slot, entry, sets || TFormat.IsDirty(entry), kind, to);
    }

    private static int LateBit(int slot, int page) => slot == Slots.Block ? 1 << (RaceState.MostPages + page) : 1 << page;

    private void SetDirty(ref RaceState state, int slot, ulong entry)
    {
        state.SetEntry(slot, words.NumberOf(TFormat.MarkDirty(entry)));
        if (rules.Keeps(RuleSubject.OneMemberIsMarked) || slot == Slots.Block || TFormat.LeafSizeLog2(entry, 0) == words.PageLog2) return;
        for (int page = 0; page < bounds.Pages; page++) state.SetEntry(Slots.Leaf(page), words.NumberOf(TFormat.MarkDirty(words.Word(state.Entry(Slots.Leaf(page))))));
    }

    /// <summary>Acts on what was read before: marks it if it is unchanged, or whatever is there by now where updates are not atomic.</summary>
    private void WriteMark(in RaceState state, int i, Access access, Successors to)
    {
        ulong entry = words.Word(access.Word);
        if (Sets(access, entry) && rules.Keeps(RuleSubject.UpdatesAreAtomic) && state.Entry(access.Slot) != access.Word)
        {
            RaceState again = state;
            again.Set(i, access.Reading(0, 0).At(access.Slot != Slots.Block && rules.RetriesAtTheSameLevel ? AccessPhase.WalkLeaf : guest is null ? AccessPhase.WalkBlock : AccessPhase.ReadGuest));
            to.Add(again, new(StepKind.Mark, i, access.Page, (int)access.For));
            return;
        }
        MarkAndFinish(state, i, access, access.Slot, entry, StepKind.Mark, to);
    }

    private void Finish(in RaceState state, int i, Access access, int slot, ulong entry, bool marked, StepKind kind, Successors to)
    {
        bool isRun = slot != Slots.Block && TFormat.LeafSizeLog2(entry, 0) > words.PageLog2;
        bool mayWrite = (TFormat.PermissionOf(entry, LevelOf(slot), access.IsTracked) & Permission.Write) != 0;
        // Where tracking is off a clear D is of no account, or the entry does for reading only.
        bool isKnown = marked || (!access.IsTracked && !rules.FaultsWithoutTracking);
        Cached cached = !mayWrite ? Cached.ReadOnly : isKnown ? Cached.Dirty : Cached.Clean;
        bool isCacheable = MayFill(access) && (rules.LeafChange != LeafChangeRule.NonTranslating || (entry & TFormat.NonTranslatingBit(LevelOf(slot))) == 0 || !rules.Keeps(RuleSubject.NonTranslatingIsNotCached));
        bool isLarge = slot == Slots.Block || isRun;
        RaceState next = state;
        if (isCacheable) next.Caches = state.Caches.WithIotlb(isLarge ? CachedTranslations.Large : access.Page, cached);
        Grant(next, i, access, kind, isLarge, to);
        if (!isRun || !rules.CachesMembersOfRuns || !isCacheable) return;
        next.Caches = state.Caches.WithIotlb(access.Page, cached);
        Grant(next, i, access, kind, isLarge: false, to);
    }

    /// <summary>A walk that an invalidation met half way fills nothing.</summary>
    private bool MayFill(Access access) => access.Old == 0 || !rules.Keeps(RuleSubject.CompletionEndsWalks);
}
