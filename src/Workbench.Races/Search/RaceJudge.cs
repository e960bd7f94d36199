using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;

namespace Workbench.Races.Search;

/// <summary>One protocol on one vendor's hardware: the search, the shortest ways to break it, and what the verdict rests on. The first search keeps its memory until the shortest ways are found.</summary>
internal sealed class RaceJudge(RaceProtocol protocol, HardwareRules hardware, RaceOptions options, SearchMemory memory, SearchMemory more, CancellationToken cancel)
{
    private readonly Dictionary<RaceProperty, (int Rounds, IReadOnlyList<RaceStep> Steps)> shortest = [];
    private int searches;
    private long explored;

    public RaceVerdict Judge()
    {
        IRaceModel model = Build(hardware, options.Bounds.Rounds);
        BreadthFirst.Found found = Explore(model, options.StopsAtFirst ? RaceProperty.Stuck : RaceProperty.None, memory);
        RaceProperty worst = WorstOf(found);
        int states = found.Set.Count;
        IReadOnlyList<Counterexample> broken = [.. found.Broken.Keys.Order().Select(p => ShortestWay(p, model, found))];
        IReadOnlyList<HardwareRule> restsOn = options.FindsWhatItRestsOn ? [.. hardware.Rules.Where(r => model.IsConcernedWith(r.Subject) && RestsOn(r.Subject, worst))] : [];
        return new()
        {
            Protocol = protocol, Hardware = hardware, Bounds = options.Bounds, States = states, Transitions = found.Transitions, Depth = found.Depth, IsExhausted = found.IsExhausted,
            Broken = broken, RestsOn = restsOn, Searches = searches, StatesOfAllSearches = explored,
        };
    }

    private IRaceModel Build(HardwareRules rules, int rounds)
    {
        IRaceModel fine = RaceChecker.Build(protocol, rules, options.Bounds with { Rounds = rounds }, options.IsReduced || options.IsCoarse);
        return options.IsCoarse ? new Reproduction.CoarseModel(fine, rules) : fine;
    }

    private BreadthFirst.Found Explore(IRaceModel model, RaceProperty stopsAt, SearchMemory? into = null)
    {
        BreadthFirst.Found found = BreadthFirst.Explore(model, options.MostStates, stopsAt, into ?? more, cancel);
        searches++;
        explored += found.Set.Count;
        return found;
    }

    private static RaceProperty WorstOf(BreadthFirst.Found found) => found.Broken.Count == 0 ? RaceProperty.None : found.Broken.Keys.Min();

    /// <summary>With fewer rounds there is less to tell.</summary>
    private Counterexample ShortestWay(RaceProperty property, IRaceModel model, BreadthFirst.Found found)
    {
        int rounds = 0;
        for (; rounds < options.Bounds.Rounds; rounds++)
        {
            IRaceModel fewer = Build(hardware, rounds);
            BreadthFirst.Found shorter = Explore(fewer, property);
            if (!shorter.Broken.ContainsKey(property)) continue;
            (model, found) = (fewer, shorter);
            break;
        }
        IReadOnlyList<(RaceState Before, RaceStep Step, RaceState After)> path = BreadthFirst.PathTo(model, found.Set, found.Broken[property]);
        shortest[property] = (rounds, [.. path.Select(p => p.Step)]);
        return Explain(model, path, property);
    }

    /// <summary>
    /// A protocol that holds rests on a promise if it breaks without it. One that breaks rests on a freedom of the hardware if the shortest way to break it cannot be gone
    /// without.
    /// </summary>
    private bool RestsOn(RuleSubject subject, RaceProperty worst)
    {
        if (worst == RaceProperty.None) return hardware.Weaker(subject) is { } weaker && WorstOf(Explore(Build(weaker, options.Bounds.Rounds), RaceProperty.Stuck, memory)) != RaceProperty.None;
        if (hardware.Stronger(subject) is not { } stronger) return false;
        (int rounds, IReadOnlyList<RaceStep> steps) = shortest[worst];
        // What lands at once has no step of its own for it.
        return !CanFollow(Build(stronger, rounds), subject == RuleSubject.WritesLandLater ? [.. steps.Where(s => s.Kind != StepKind.Land)] : steps, worst);
    }

    /// <summary>Can these steps be done one after the other, and do they break the property?</summary>
    private static bool CanFollow(IRaceModel model, IReadOnlyList<RaceStep> steps, RaceProperty property)
    {
        HashSet<RaceState> at = [model.Initial], after = [];
        Successors next = new();
        foreach (RaceStep step in steps)
        {
            // Where a wait has nothing to begin with it is done in one step.
            if (step is { Kind: StepKind.Software, Page: 1 }) after.UnionWith(at);
            foreach (RaceState state in at)
            {
                model.Expand(state, next);
                for (int i = 0; i < next.Count; i++)
                    if (next.StepAt(i) == step) after.Add(next[i]);
            }
            (at, after) = (after, at);
            after.Clear();
        }
        return at.Any(s => s.Pages.Violation == property);
    }

    private static Counterexample Explain(IRaceModel model, IReadOnlyList<(RaceState Before, RaceStep Step, RaceState After)> path, RaceProperty property)
    {
        List<CounterexampleStep> steps = [];
        foreach ((RaceState before, RaceStep step, RaceState after) in path)
        {
            RaceActor actor = step.Kind switch
            {
                StepKind.Software or StepKind.Guest => RaceActor.Software,
                StepKind.Hit or StepKind.Miss or StepKind.Land => RaceActor.Device,
                _ => RaceActor.Iommu,
            };
            steps.Add(new(actor, step.Kind, model.Describe(before, step, after), step.Kind == StepKind.Software ? model.LineOf(step) : 0));
        }
        return new(property, steps);
    }
}
