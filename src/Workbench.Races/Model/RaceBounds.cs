namespace Workbench.Races.Model;

/// <summary>How much is explored. Everything else has no bound: any number of accesses, in any order, evictions at any time.</summary>
/// <param name="Pages">Pages of the scene that devices write, 1 to 4.</param>
/// <param name="InFlight">Accesses under way at once, 1 to 3.</param>
/// <param name="Rounds">How often a program repeats what it repeats, 1 to 4.</param>
public readonly record struct RaceBounds(int Pages, int InFlight, int Rounds)
{
    /// <summary>Most pages.</summary>
    public const int MostPages = RaceState.MostPages;
    /// <summary>Most accesses under way at once.</summary>
    public const int MostInFlight = RaceState.MostAccesses;
    /// <summary>Most rounds.</summary>
    public const int MostRounds = 4;

    /// <summary>Reads as well as writes?</summary>
    public bool Reads { get; init; } = true;
}
