namespace Workbench.Races.Reproduction;

/// <summary>One step of a schedule; what its kind does not name is left out.</summary>
public sealed record ScheduleStep
{
    /// <summary>What it is.</summary>
    public required ScheduleStepKind Kind { get; init; }
    /// <summary>The program, from 0: of a statement, or of the command that is executed.</summary>
    public int? Program { get; init; }
    /// <summary>The command's place among those that the program has not waited for, from 0.</summary>
    public int? Command { get; init; }
    /// <summary>The number of an access, from 1 in the order in which they begin: which one begins, or lands.</summary>
    public int? Access { get; init; }
    /// <summary>The page, from 0.</summary>
    public int? Page { get; init; }
    /// <summary>Does the access write?</summary>
    public bool? Write { get; init; }
    /// <summary>Of an eviction: only entries of the size of one page (true), or only those of a larger leaf (false); left out: both.</summary>
    public bool? Small { get; init; }
}
