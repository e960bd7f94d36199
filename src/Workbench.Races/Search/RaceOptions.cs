using Workbench.Races.Model;

namespace Workbench.Races.Search;

/// <summary>How to search.</summary>
public sealed record RaceOptions
{
    /// <summary>More states than these are never explored: they would take more memory than there is.</summary>
    public const int MostStatesOfAll = 500_000_000;

    /// <summary>What is explored.</summary>
    public RaceBounds Bounds { get; init; } = new(1, 2, 2);
    /// <summary>Most states; a search that meets more is not exhausted.</summary>
    public int MostStates { get; init; } = 20_000_000;
    /// <summary>Are steps that nobody can see or hinder taken at once, and evictions tried only where they matter? The verdict is the same without, after more states.</summary>
    public bool IsReduced { get; init; } = true;
    /// <summary>Is the search over at the first state that breaks anything? The verdict may then not name the worst.</summary>
    public bool StopsAtFirst { get; init; }
    /// <summary>Is it found out which promises of the hardware the verdict rests on? Costs one search for each.</summary>
    public bool FindsWhatItRestsOn { get; init; } = true;
    /// <summary>Is an access translated in one step, as the engine of replays does it? What breaks then can be played there; less breaks than in small steps.</summary>
    public bool IsCoarse { get; init; }
}
