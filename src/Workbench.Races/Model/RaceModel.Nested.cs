using Workbench.Iommu;
using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>
/// Two stages: devices write page 0, whose guest leaf lies in page 1. To set the guest's D hardware writes page 1 through the second stage, whose leaf of page 1 becomes
/// dirty by it. The IOTLB's entry of page 0 is the combined one, that of page 1 the second stage's own for the guest's table.
/// </summary>
internal sealed partial class RaceModel<TFormat>
{
    private const int DataPage = 0, TablePage = 1;

    private void ReadGuest(in RaceState state, int i, Access access, Successors to)
    {
        if (!TFormat.IsPresent(words.Word(state.Entry(Slots.Leaf(TablePage))), 0))
        {
            Fault(state, i, TablePage, to);
            return;
        }
        bool sets = access.For != AccessFor.Read && state.Entry(Slots.Guest) != GuestDirty;
        RaceState next = state;
        next.Set(i, access.At(sets ? AccessPhase.MarkGuestTable : AccessPhase.WalkLeaf));
        to.Add(next, new(StepKind.ReadGuest, i, access.Page, (int)access.For));
    }

    /// <summary>The guest's table is to be written: the second stage's leaf of its page has to be dirty before.</summary>
    private void MarkGuestTable(in RaceState state, int i, Access access, Successors to)
    {
        RaceStep step = new(StepKind.MarkGuestTable, i, TablePage, (int)access.For);
        int slot = Slots.Leaf(TablePage);
        ulong entry = words.Word(state.Entry(slot));
        RaceState next = state;
        next.Set(i, access.At(AccessPhase.MarkGuest));
        if (state.Caches.Iotlb(TablePage) == Cached.Dirty && rules.Keeps(RuleSubject.DirtyEntriesAreTrusted))
        {
            to.Add(next, step);
            // As after an eviction: where evictions are steps of their own they come before this one.
            if (!isReduced) return;
        }
        if (!TFormat.IsPresent(entry, 0) || (TFormat.PermissionOf(entry, 0, hardwareKeepsDirty: true) & Permission.Write) == 0)
        {
            Fault(state, i, TablePage, to);
            return;
        }
        if (MayFill(access)) next.Caches = state.Caches.WithIotlb(TablePage, Cached.Dirty);
        bool sets = !TFormat.IsDirty(entry) && rules.Keeps(RuleSubject.GuestTablesAreTracked);
        if (sets) SetDirty(ref next, slot, entry);
        Earn(ref next, AccessFor.Write, TablePage);
        to.Add(next, step);
    }

    private void MarkGuest(in RaceState state, int i, Access access, Successors to)
    {
        RaceState next = state;
        next.SetEntry(Slots.Guest, GuestDirty);
        next.Set(i, access.At(AccessPhase.WalkLeaf));
        if (state.Entry(Slots.Guest) != GuestDirty) next.Pages = state.Pages.WithStale(state.Pages.Stale | (1 << TablePage));
        Earn(ref next, AccessFor.Write, TablePage);
        to.Add(HaveAllEnded(next) ? Ended(next) : next, new(StepKind.MarkGuest, i, TablePage, (int)access.For));
    }

    /// <summary>The guest clears its own D, invalidates its own translations and waits, when nothing is under way. What its processors write is tracked elsewhere.</summary>
    private void ExpandGuest(in RaceState state, Successors to)
    {
        if (state.Entry(Slots.Guest) != GuestDirty || state.Pages.IsQuiet || !IsIdle(state)) return;
        RaceState next = state;
        next.SetEntry(Slots.Guest, words.NumberOf(guest!.Clean));
        next.Caches = state.Caches.WithIotlb(DataPage, Cached.None);
        to.Add(next, new(StepKind.Guest, 0, TablePage, 0));
    }

    private int GuestDirty => words.NumberOf(guest!.Dirty);
}
