using Workbench.Iommu.LeafChanges;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>
/// The same machine in the steps of the replay engine: look-up, walk, update of D and fill are one. What it does is what the fine model can do too, so a property that it breaks is broken; one
/// that it keeps may be broken between two steps of a walk.
/// </summary>
internal sealed class CoarseModel(IRaceModel fine, HardwareRules rules) : IRaceModel
{
    /// <summary>In the step of an access: its walk begins at the top, not at a cached pointer to the table.</summary>
    public const int FromTop = 4;
    /// <summary>In the step of an access: of two cached sizes the one that does not do is evicted.</summary>
    public const int EvictsOther = 8;
    /// <summary>In the step of an access: what is cached is too weak and stays until the walk has filled.</summary>
    public const int Rewalks = 16;
    private const int ForBits = 3;

    private readonly Successors first = new(), walked = new(), published = new();
    private readonly List<RaceState> ends = [];

    public RaceState Initial => fine.Initial;

    public bool IsConcernedWith(RuleSubject subject) => fine.IsConcernedWith(subject);

    public bool HasLoops => fine.HasLoops;

    public bool HaveAllEnded(in RaceState state) => fine.HaveAllEnded(state);

    public int LineOf(RaceStep step) => fine.LineOf(step);

    public ulong WordOf(in RaceState state, int slot) => fine.WordOf(state, slot);

    /// <summary>What an access's step is for.</summary>
    public static AccessFor ForOf(RaceStep step) => (AccessFor)(step.What & ForBits);

    public void Expand(in RaceState state, Successors to)
    {
        to.Clear();
        fine.Expand(state, first);
        bool hasPublished = false;
        for (int i = 0; i < first.Count; i++)
        {
            RaceState next = first[i];
            RaceStep step = first.StepAt(i);
            switch (step.Kind)
            {
                case StepKind.Miss:
                    // Of two cached sizes the engine would use the one that is left.
                    if (next.Caches.Iotlb(step.Page) == Cached.None && next.Caches.Iotlb(CachedTranslations.Large) == Cached.None) WalkOn(state, next, step, to);
                    break;
                case StepKind.Hit:
                    Hit(state, next, step, to);
                    break;
                case StepKind.Publish:
                    // A fence makes all of them visible.
                    if (!hasPublished) to.Add(Published(next), step);
                    hasPublished = true;
                    break;
                case StepKind.Execute:
                    // Drivers end every batch of commands with a fence.
                    to.Add(Published(next), step);
                    break;
                case StepKind.Software:
                    // Software that overtakes one late update and not another would need a fence for one alone.
                    if (next.Pages.Late == state.Pages.Late || next.Pages.Late == 0) to.Add(next, step);
                    break;
                case StepKind.Land or StepKind.End:
                    to.Add(next, step);
                    break;
                default:
                    // The engine judges an entry that is too weak by a walk, never by the entry alone.
                    break;
            }
        }
    }

    private static void Hit(in RaceState before, RaceState next, RaceStep step, Successors to)
    {
        Cached own = before.Caches.Iotlb(step.Page), large = before.Caches.Iotlb(CachedTranslations.Large);
        bool isByDevice = ForOf(step) == AccessFor.Write && (before.Caches.Device(step.Page) != Cached.None || before.Caches.Device(CachedTranslations.Large) != Cached.None);
        if (own == Cached.None || large == Cached.None || own == large || isByDevice)
        {
            to.Add(next, step);
            return;
        }
        next.Caches = next.Caches.WithIotlb(own == Cached.Dirty ? CachedTranslations.Large : step.Page, Cached.None);
        to.Add(next, step with { What = step.What | EvictsOther });
    }

    /// <summary>Takes the walk that began to its end.</summary>
    private void WalkOn(in RaceState before, in RaceState begun, RaceStep step, Successors to)
    {
        int what = step.What | (begun[WalkerOf(begun)].Phase == AccessPhase.WalkBlock ? FromTop : 0);
        ends.Clear();
        Finish(begun, step, what, to);
        foreach (RaceState end in ends)
        {
            RaceState next = end;
            // The engine's updates are always late where they may be: one that is not is a late one made visible at once.
            if (rules.DirtyMayBeLate && ForOf(step) == AccessFor.Write && end.Entries != before.Entries) continue;
            if (rules.LeafChange != LeafChangeRule.AtOnce && HoldsTwoSizes(end)) next.Pages = end.Pages.Violating(RaceProperty.TlbConflict);
            to.Add(next, step with { What = what });
            if (next.Pages.Violation != RaceProperty.None || !MeetsOtherSize(before, end, step)) continue;
            next.Pages = end.Pages.Violating(RaceProperty.TlbConflict);
            to.Add(next, step with { What = what | Rewalks });
        }
    }

    /// <summary>Is a clean entry cached, of another size than what the walk for a write fills? The engine keeps it until then.</summary>
    private bool MeetsOtherSize(in RaceState before, in RaceState end, RaceStep step)
    {
        if (rules.LeafChange == LeafChangeRule.AtOnce || ForOf(step) == AccessFor.Read) return false;
        Cached own = before.Caches.Iotlb(step.Page), large = before.Caches.Iotlb(CachedTranslations.Large);
        return (own == Cached.None && large == Cached.Clean && end.Caches.Iotlb(step.Page) != Cached.None) || (large == Cached.None && own == Cached.Clean && end.Caches.Iotlb(CachedTranslations.Large) != Cached.None);
    }

    private void Finish(in RaceState at, RaceStep step, int what, Successors to)
    {
        int walker = WalkerOf(at);
        fine.Expand(at, walked);
        List<RaceState> onward = [];
        for (int i = 0; i < walked.Count; i++)
        {
            RaceStep read = walked.StepAt(i);
            if (read.Who != walker) continue;
            if (read.Kind == StepKind.Fault) to.Add(walked[i], new(StepKind.Fault, step.Who, step.Page, what));
            else if (read.Kind is StepKind.ReadBlock or StepKind.ReadLeaf or StepKind.Mark or StepKind.Land) onward.Add(walked[i]);
        }
        foreach (RaceState next in onward)
        {
            if (next.Pages.Violation == RaceProperty.None && WalkerOf(next) >= 0) Finish(next, step, what, to);
            // Hardware may keep a run or a member of it: the engine keeps the run, which comes first.
            else if (!ends.Exists(e => DiffersOnlyInCaches(e, next))) ends.Add(next);
        }
    }

    private static bool DiffersOnlyInCaches(in RaceState one, RaceState other)
    {
        other.Caches = one.Caches;
        return one.Equals(other);
    }

    /// <summary>The access that is walking; -1: none. There is never more than one.</summary>
    private static int WalkerOf(in RaceState state)
    {
        for (int i = 0; i < RaceState.MostAccesses; i++)
            if (state[i].Phase is AccessPhase.WalkBlock or AccessPhase.WalkLeaf or AccessPhase.Mark) return i;
        return -1;
    }

    private static bool HoldsTwoSizes(in RaceState state)
    {
        if (state.Caches.Iotlb(CachedTranslations.Large) == Cached.None) return false;
        for (int page = 0; page < RaceState.MostPages; page++)
            if (state.Caches.Iotlb(page) != Cached.None) return true;
        return false;
    }

    private RaceState Published(RaceState state)
    {
        while (state.Pages.Late != 0 && state.Pages.Violation == RaceProperty.None)
        {
            fine.Expand(state, published);
            int next = 0;
            while (next < published.Count && published.StepAt(next).Kind != StepKind.Publish) next++;
            if (next == published.Count) break;
            state = published[next];
        }
        return state;
    }

    public string Describe(in RaceState before, RaceStep step, in RaceState after)
    {
        if (step.Kind == StepKind.Publish) return "late updates of D become visible";
        if (step.Kind is not (StepKind.Miss or StepKind.Fault)) return fine.Describe(before, step with { What = step.Kind == StepKind.Hit ? (int)ForOf(step) : step.What }, after);
        string access = ForOf(step) switch { AccessFor.Read => "read of page", AccessFor.TranslateToWrite => "request for a translation to write page", _ => "write to page" };
        string end = after.Pages.Violation switch
        {
            RaceProperty.TlbConflict => " finds a leaf of a size that conflicts with what is cached",
            RaceProperty.WrongTranslation => " ends in a table that is someone else's memory by now",
            _ when step.Kind == StepKind.Fault => " ends in a fault",
            _ when before.Entries != after.Entries => " sets D",
            _ when before.Pages.Late != after.Pages.Late => " will set D, visible later",
            _ => " sets nothing",
        };
        return $"{access} {step.Page}: a walk from {((step.What & FromTop) != 0 ? "the top" : "the cached table")}{end}";
    }
}
