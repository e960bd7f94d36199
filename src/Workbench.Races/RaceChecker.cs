using Workbench.Iommu.Amd;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Vtd;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races;

/// <summary>Explores every interleaving of a protocol with devices and an IOMMU.</summary>
public static class RaceChecker
{
    /// <summary>The verdict on a protocol; <see cref="ArgumentException"/> if the hardware has nothing like its scene.</summary>
    public static RaceVerdict Check(RaceProtocol protocol, HardwareRules hardware, RaceOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(hardware);
        options ??= new();
        RaceBounds bounds = options.Bounds with { Pages = Math.Max(options.Bounds.Pages, protocol.LeastPages) };
        IRaceModel model = Build(protocol, hardware, bounds, options.IsReduced);
        (int searches, long explored) = (0, 0);
        BreadthFirst.Found found = Explore(model, RaceProperty.None);
        RaceProperty worst = found.Broken.Count == 0 ? RaceProperty.None : found.Broken.Keys.Min();
        RaceVerdict verdict = new()
        {
            Protocol = protocol, Hardware = hardware, Bounds = bounds, States = found.Set.Count, Transitions = found.Transitions, Depth = found.Depth, IsExhausted = found.IsExhausted,
            Broken = [.. found.Broken.Keys.Order().Select(ShortestWay)],
            RestsOn = options.FindsWhatItRestsOn ? [.. hardware.Rules.Where(RestsOn)] : [],
        };
        return verdict with { Searches = searches, StatesOfAllSearches = explored };

        BreadthFirst.Found Explore(IRaceModel of, RaceProperty enough)
        {
            BreadthFirst.Found met = BreadthFirst.Explore(of, options.MostStates, enough, cancel);
            (searches, explored) = (searches + 1, explored + met.Set.Count);
            return met;
        }

        // A protocol that holds rests on promises, one that breaks on freedoms: were they otherwise, the verdict would be.
        bool RestsOn(HardwareRule rule)
        {
            HardwareRules? other = worst == RaceProperty.None ? hardware.Weaker(rule.Subject) : hardware.Stronger(rule.Subject);
            if (other is null || !model.IsConcernedWith(rule.Subject)) return false;
            RaceProperty enough = worst == RaceProperty.None ? RaceProperty.Stuck : worst;
            IReadOnlyDictionary<RaceProperty, int> broken = Explore(Build(protocol, other, bounds, options.IsReduced), enough).Broken;
            return (broken.Count == 0 ? RaceProperty.None : broken.Keys.Min()) != worst;
        }

        // With fewer rounds there is less to tell.
        Counterexample ShortestWay(RaceProperty property)
        {
            for (int rounds = 0; rounds < bounds.Rounds; rounds++)
            {
                IRaceModel fewer = Build(protocol, hardware, bounds with { Rounds = rounds }, options.IsReduced);
                BreadthFirst.Found shorter = Explore(fewer, property);
                if (shorter.Broken.TryGetValue(property, out int number)) return Explain(fewer, shorter.Set, property, number);
            }
            return Explain(model, found.Set, property, found.Broken[property]);
        }
    }

    internal static IRaceModel Build(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds, bool isReduced) => hardware.Model switch
    {
        "amd" => new RaceModel<AmdV1Format>(hardware, protocol, bounds, isReduced),
        "vtd" => new RaceModel<VtdSecondStageFormat>(hardware, protocol, bounds, isReduced),
        "smmu" => new RaceModel<ArmStage1Format<Granule4K>>(hardware, protocol, bounds, isReduced),
        "riscv" => new RaceModel<RiscVFirstStageFormat>(hardware, protocol, bounds, isReduced),
        _ => throw new ArgumentException($"No races are modelled for '{hardware.Model}'.", nameof(hardware)),
    };

    private static Counterexample Explain(IRaceModel model, StateSet set, RaceProperty property, int number)
    {
        List<CounterexampleStep> steps = [];
        foreach ((RaceState before, RaceStep step, RaceState after) in BreadthFirst.PathTo(model, set, number))
        {
            RaceActor actor = step.Kind switch
            {
                StepKind.Software => RaceActor.Software,
                StepKind.Hit or StepKind.Miss or StepKind.Land => RaceActor.Device,
                _ => RaceActor.Iommu,
            };
            steps.Add(new(actor, step.Kind, model.Describe(before, step, after), step.Kind == StepKind.Software ? model.LineOf(step) : 0));
        }
        return new(property, steps);
    }
}
