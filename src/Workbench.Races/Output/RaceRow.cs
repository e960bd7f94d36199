namespace Workbench.Races.Output;

/// <summary>A verdict as JSON has it; docs/races.md has the contract.</summary>
public sealed record RaceRow
{
    /// <summary>Family of the protocol.</summary>
    public required string Family { get; init; }
    /// <summary>Name of the protocol.</summary>
    public required string Protocol { get; init; }
    /// <summary>Name of the hardware.</summary>
    public required string Hardware { get; init; }
    /// <summary>"holds", "open", or the worst property that breaks.</summary>
    public required string Verdict { get; init; }
    /// <summary>Does it rest on a rule that is only inferred?</summary>
    public required bool RestsOnInference { get; init; }
    /// <summary>Pages explored.</summary>
    public required int Pages { get; init; }
    /// <summary>Accesses under way at once.</summary>
    public required int InFlight { get; init; }
    /// <summary>Rounds.</summary>
    public required int Rounds { get; init; }
    /// <summary>Different states met.</summary>
    public required int States { get; init; }
    /// <summary>Steps tried.</summary>
    public required long Transitions { get; init; }
    /// <summary>Most steps from the start to any state.</summary>
    public required int Depth { get; init; }
    /// <summary>Were all states explored?</summary>
    public required bool IsExhausted { get; init; }
    /// <summary>What breaks, worst first.</summary>
    public required IReadOnlyList<RaceRowBreak> Broken { get; init; }
    /// <summary>Rules without which the verdict would be another.</summary>
    public required IReadOnlyList<RaceRowRule> RestsOn { get; init; }
}

/// <summary>A property that breaks, and a shortest way.</summary>
/// <param name="Property">Its name.</param>
/// <param name="Steps">The steps.</param>
public sealed record RaceRowBreak(string Property, IReadOnlyList<RaceRowStep> Steps);

/// <summary>One step.</summary>
/// <param name="Actor">software, device or IOMMU.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Text">In words.</param>
/// <param name="Line">For a program's step its line in the protocol, otherwise 0.</param>
public sealed record RaceRowStep(string Actor, string Kind, string Text, int Line);

/// <summary>A rule of the hardware.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Text">The rule.</param>
/// <param name="Source">Where it is written.</param>
/// <param name="Standing">read, quoted or inferred.</param>
public sealed record RaceRowRule(string Subject, string Text, string Source, string Standing);
