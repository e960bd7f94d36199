using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>What became of a schedule on the engine.</summary>
public sealed record PlayedSchedule
{
    /// <summary>What was broken; None if every property held.</summary>
    public required RaceProperty Broken { get; init; }
    /// <summary>Pages that differ from their copy when the programs have ended, from 0.</summary>
    public required IReadOnlyList<int> LostPages { get; init; }
    /// <summary>Accesses that faulted.</summary>
    public required int Faults { get; init; }
    /// <summary>Every step.</summary>
    public required IReadOnlyList<PlayedStep> Steps { get; init; }
}
