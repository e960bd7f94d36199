namespace Workbench.Replay.Costs;

/// <summary>One row of an estimate: so many times this.</summary>
/// <param name="Group">What it belongs to.</param>
/// <param name="Name">What was counted.</param>
/// <param name="Count">How often, without a range.</param>
/// <param name="UnitNs">What one costs, ns.</param>
/// <param name="TotalNs">What all cost, ns.</param>
/// <param name="Source">Where the cost comes from.</param>
/// <param name="IsAssumed">Is the cost a guess?</param>
public sealed record CostRow(CostGroup Group, string Name, long Count, CostRange UnitNs, CostRange TotalNs, string Source, bool IsAssumed);
