namespace Workbench.Analysis;

/// <summary>How far a run is.</summary>
/// <param name="Label">What runs, as charts name it.</param>
/// <param name="Done">Events (or replays, where there are several at once) done.</param>
/// <param name="Total">Of how many; -1 where nobody knows.</param>
public readonly record struct RunProgress(string Label, long Done, long Total);
