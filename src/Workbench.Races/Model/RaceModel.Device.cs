using Workbench.Iommu.LeafChanges;
using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>Devices' accesses: they begin with a look-up, walk if they have to, and land.</summary>
internal sealed partial class RaceModel<TFormat>
{
    private void ExpandDevice(in RaceState state, Successors to)
    {
        bool hasBegun = false;
        for (int i = 0; i < bounds.InFlight; i++)
        {
            Access access = state[i];
            switch (access.Phase)
            {
                case AccessPhase.Idle:
                    // Those that are idle are alike: one of them is enough.
                    if (hasBegun || state.Pages.IsQuiet) continue;
                    hasBegun = true;
                    for (int page = 0; page < (guest is null ? bounds.Pages : 1); page++)
                    {
                        BeginAccess(state, i, page, protocol.HasAts ? AccessFor.TranslateToWrite : AccessFor.Write, to);
                        if (bounds.Reads && !protocol.HasAts && !IsReading(state)) BeginAccess(state, i, page, AccessFor.Read, to);
                    }
                    break;
                case AccessPhase.WalkBlock:
                    ReadBlock(state, i, access, to);
                    break;
                case AccessPhase.WalkLeaf:
                    ReadLeaf(state, i, access, to);
                    break;
                case AccessPhase.ReadGuest:
                    ReadGuest(state, i, access, to);
                    break;
                case AccessPhase.MarkGuestTable:
                    MarkGuestTable(state, i, access, to);
                    break;
                case AccessPhase.MarkGuest:
                    MarkGuest(state, i, access, to);
                    break;
                case AccessPhase.Mark:
                    WriteMark(state, i, access, to);
                    break;
                default:
                    Land(state, i, access, new(StepKind.Land, i, access.Page, (int)access.For), to);
                    break;
            }
        }
    }

    /// <summary>One read under way is enough: all it does is fill caches.</summary>
    private static bool IsReading(in RaceState state)
    {
        for (int i = 0; i < RaceState.MostAccesses; i++)
            if (state[i].Phase != AccessPhase.Idle && state[i].For == AccessFor.Read) return true;
        return false;
    }

    private void BeginAccess(in RaceState state, int i, int page, AccessFor what, Successors to)
    {
        RaceState known = state;
        if (what == AccessFor.TranslateToWrite)
        {
            // What the device translates by itself never reaches the IOMMU.
            if (state.Caches.Device(page) != Cached.None || state.Caches.Device(CachedTranslations.Large) != Cached.None)
            {
                Translate(state, i, Access.Begin(AccessPhase.Translated, AccessFor.Write, page, true).ByDevice(), StepKind.Hit, page, to);
                if (!isReduced) return;
                known.Caches = state.Caches.WithDevice(page, Cached.None).WithDevice(CachedTranslations.Large, Cached.None);
            }
        }
        LookUp(known, i, page, what, to);
    }

    private void LookUp(in RaceState state, int i, int page, AccessFor what, Successors to)
    {
        Cached own = state.Caches.Iotlb(page), large = state.Caches.Iotlb(CachedTranslations.Large);
        if (own != Cached.None && large != Cached.None && rules.LeafChange != LeafChangeRule.AtOnce)
        {
            to.Add(Violated(state, RaceProperty.TlbConflict), new(StepKind.Hit, i, page, (int)what));
            if (!isReduced) return;
        }
        else if (own != Cached.None && large != Cached.None && !rules.Keeps(RuleSubject.SizesMayMeet)) to.Add(Violated(state, RaceProperty.TlbConflict), new(StepKind.Hit, i, page, (int)what));
        if (own != Cached.None) Use(state, i, page, what, page, own, to);
        if (large != Cached.None) Use(state, i, page, what, CachedTranslations.Large, large, to);
        if (!isReduced && (own != Cached.None || large != Cached.None)) return;
        // An eviction matters only to the next look-up: so it is tried here, and nowhere else.
        RaceState evicted = state;
        evicted.Caches = state.Caches.WithIotlb(page, Cached.None).WithIotlb(CachedTranslations.Large, Cached.None);
        BeginWalk(evicted, i, page, what, to);
    }

    /// <summary>A cached translation serves an access, or sends it to memory.</summary>
    private void Use(in RaceState state, int i, int page, AccessFor what, int entry, Cached cached, Successors to)
    {
        if (what == AccessFor.Read)
        {
            // A hit changes nothing, unless the page is someone else's.
            if ((state.Pages.Released & (1 << page)) != 0) to.Add(Violated(state, RaceProperty.WrongTranslation), new(StepKind.Hit, i, page, (int)what));
            return;
        }
        bool writes = cached == Cached.Dirty ? rules.Keeps(RuleSubject.DirtyEntriesAreTrusted) : cached == Cached.Clean && !rules.Keeps(RuleSubject.CleanEntriesAreChecked);
        if (writes)
        {
            Grant(state, i, Access.Begin(AccessPhase.Translated, what, page, true), StepKind.Hit, entry == CachedTranslations.Large, to);
            return;
        }
        if (cached == Cached.ReadOnly) Fault(state, i, page, to);
        RaceState dropped = state;
        dropped.Caches = state.Caches.WithIotlb(entry, Cached.None);
        BeginWalk(dropped, i, page, what, to);
    }

    private void BeginWalk(in RaceState state, int i, int page, AccessFor what, Successors to)
    {
        RaceState next = state;
        bool tracked = state.Caches.HasContext ? state.Caches.CachedTracking : state.Caches.Tracking;
        if (togglesTracking && isReduced && state.Caches.HasContext && state.Caches.CachedTracking != state.Caches.Tracking)
        {
            RaceState fetched = state;
            fetched.Caches = state.Caches.WithContext(state.Caches.Tracking);
            Walk(fetched, state.Caches.Tracking);
        }
        if (togglesTracking) next.Caches = state.Caches.WithContext(tracked);
        Walk(next, tracked);

        void Walk(in RaceState from, bool isTracked)
        {
            RaceState walking = from;
            if (guest is not null)
            {
                // The second stage's upper table never changes here: it is not walked.
                walking.Set(i, Access.Begin(AccessPhase.ReadGuest, what, page, isTracked));
                to.Add(walking, new(StepKind.Miss, i, page, (int)what));
                return;
            }
            if (from.Caches.HasTable)
            {
                walking.Set(i, Access.Begin(AccessPhase.WalkLeaf, what, page, isTracked));
                to.Add(walking, new(StepKind.Miss, i, page, (int)what));
                if (!isReduced) return;
                walking.Caches = from.Caches.WithTable(false);
            }
            walking.Set(i, Access.Begin(AccessPhase.WalkBlock, what, page, isTracked));
            to.Add(walking, new(StepKind.Miss, i, page, (int)what));
        }
    }

    /// <summary>An access has its translation: a write goes on to memory, a device's request is answered, a read is over.</summary>
    private void Grant(in RaceState state, int i, Access access, StepKind kind, bool isLarge, Successors to)
    {
        if (access.For == AccessFor.Write)
        {
            Translate(state, i, access, kind, access.Page, to);
            return;
        }
        RaceState next = state;
        next.Set(i, default);
        if (access.For == AccessFor.Read && (state.Pages.Released & (1 << access.Page)) != 0) next = Violated(next, RaceProperty.WrongTranslation);
        if (access.For == AccessFor.TranslateToWrite && access.Old == 0) next.Caches = state.Caches.WithDevice(isLarge ? CachedTranslations.Large : access.Page, Cached.Dirty);
        Earn(ref next, access.For, access.Page);
        to.Add(next, new(kind, i, access.Page, (int)access.For));
    }

    private void Translate(in RaceState state, int i, Access access, StepKind kind, int page, Successors to)
    {
        RaceState next = state;
        next.Set(i, access.Done());
        Earn(ref next, AccessFor.Write, page);
        if (!rules.Keeps(RuleSubject.WritesLandLater))
        {
            Land(next, i, access.Done(), new(kind, i, page, (int)AccessFor.Write), to);
            return;
        }
        to.Add(next, new(kind, i, page, (int)AccessFor.Write));
    }

    /// <summary>What is written may be reported, so many times, for every page whose leaf it is.</summary>
    private void Earn(ref RaceState state, AccessFor what, int page)
    {
        if (what == AccessFor.Read || protocol.RepeatsReports) return;
        int pages = ReportedTogether(page);
        for (int each = 0; each < bounds.Pages; each++)
            if ((pages & (1 << each)) != 0) state.Pages = state.Pages.WithCredit(each, PageMarks.MostReports);
    }

    private void Land(in RaceState state, int i, Access access, RaceStep step, Successors to)
    {
        RaceState next = state;
        next.Set(i, default);
        if ((state.Pages.Released & (1 << access.Page)) != 0)
        {
            to.Add(Violated(next, RaceProperty.WrongTranslation), step);
            return;
        }
        next.Pages = next.Pages.WithStale(state.Pages.Stale | (1 << access.Page));
        Earn(ref next, AccessFor.Write, access.Page);
        to.Add(HaveAllEnded(next) ? Ended(next) : next, step);
    }

    private static void Fault(in RaceState state, int i, int page, Successors to)
    {
        RaceState next = state;
        next.Set(i, default);
        bool isRight = (state.Pages.Ended & (1 << page)) != 0;
        to.Add(isRight ? next : Violated(next, RaceProperty.SpuriousFault), new(StepKind.Fault, i, page, 0));
    }
}
