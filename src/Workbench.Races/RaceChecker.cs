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
        IRaceModel model = BuildFor(hardware);
        BreadthFirst.Found found = BreadthFirst.Explore(model, options.MostStates, stopsAtLostPage: false, cancel);
        RaceVerdict verdict = new()
        {
            Protocol = protocol, Hardware = hardware, Bounds = bounds, States = found.Set.Count, Transitions = found.Transitions, Depth = found.Depth, IsExhausted = found.IsExhausted,
            Broken = [.. found.Broken.OrderBy(b => b.Key).Select(b => Explain(model, found.Set, b.Key, b.Value))],
        };
        return options.FindsWhatItRestsOn ? verdict with { RestsOn = [.. hardware.Rules.Where(r => WorstWithout(r.Subject) != verdict.Worst)] } : verdict;

        IRaceModel BuildFor(HardwareRules rules) => options.IsCoarse ? new Reproduction.CoarseModel(Build(protocol, rules, bounds, isReduced: true), rules) : Build(protocol, rules, bounds, options.IsReduced);

        RaceProperty WorstWithout(RuleSubject subject)
        {
            IRaceModel weaker = BuildFor(hardware.Breaking(subject));
            IReadOnlyDictionary<RaceProperty, int> broken = BreadthFirst.Explore(weaker, options.MostStates, stopsAtLostPage: true, cancel).Broken;
            return broken.Count == 0 ? RaceProperty.None : broken.Keys.Min();
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
            steps.Add(new(actor, step.Kind, model.Describe(before, step, after), 0));
        }
        return new(property, steps);
    }
}
