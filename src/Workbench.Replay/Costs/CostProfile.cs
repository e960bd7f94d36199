using System.Collections.Immutable;

namespace Workbench.Replay.Costs;

/// <summary>What the steps of hardware and software cost on one platform, each as a range with its source. data/profiles/README.md explains the fields.</summary>
public sealed class CostProfile
{
    private readonly ImmutableArray<CostParameter> parameters;

    internal CostProfile(string name, string about, ImmutableArray<CostParameter> parameters) => (Name, About, this.parameters) = (name, about, parameters);

    /// <summary>The platform's name, the file's name without extension.</summary>
    public string Name { get; }
    /// <summary>What the profile stands for, in a sentence or two.</summary>
    public string About { get; }
    /// <summary>Every parameter, in the order of <see cref="Cost"/>.</summary>
    public IEnumerable<(Cost Cost, CostParameter Parameter)> Parameters => parameters.Select((p, i) => ((Cost)i, p));

    /// <summary>The range of a parameter.</summary>
    public CostRange this[Cost cost] => ParameterOf(cost).Range;

    /// <summary>A parameter with its unit and source.</summary>
    public CostParameter ParameterOf(Cost cost) => parameters[(int)cost];

    /// <summary>What an invalidation costs beside so many others, times its cost alone: 1 + contention for each further one.</summary>
    public CostRange ContentionOf(int concurrent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrent, 1);
        return CostRange.Exactly(1) + (this[Cost.ContentionPerHarvester] * (concurrent - 1));
    }

    /// <summary>The unit of a parameter: "ns" if the name ends in Ns, else "walks" or "fraction".</summary>
    public static string UnitOf(Cost cost) => cost switch
    {
        Cost.WalksInFlight => "walks",
        Cost.ContentionPerHarvester => "fraction",
        _ => "ns",
    };

    /// <summary>The costs of a replay's steps at one end of the ranges, in whole units of time.</summary>
    public StepCosts StepsAt(CostLevel level) => StepCosts.Of(this, level);
}
