namespace Workbench.Analysis;

/// <summary>How far a run is.</summary>
/// <param name="Label">What runs, as charts name it.</param>
/// <param name="Done">Events (or replays, where there are several at once) done.</param>
/// <param name="Total">Of how many; -1 where nobody knows.</param>
/// <param name="Unit">What is counted, in the plural: events or replays.</param>
public readonly record struct RunProgress(string Label, long Done, long Total, string Unit = "events");
