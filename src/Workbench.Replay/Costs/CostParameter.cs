namespace Workbench.Replay.Costs;

/// <summary>One parameter of a cost profile.</summary>
/// <param name="Range">Lowest, middle and highest value.</param>
/// <param name="Unit">"ns", "walks" or "fraction".</param>
/// <param name="Source">Where the range comes from, in words.</param>
/// <param name="IsAssumed">Has nobody published a figure, so that the range is a guess?</param>
public sealed record CostParameter(CostRange Range, string Unit, string Source, bool IsAssumed);
