namespace Workbench.Replay.Feeding;

/// <summary>What became of one replay among several: its result, or why there is none.</summary>
/// <param name="Result">What it counted; null if it failed.</param>
/// <param name="Failure">What it or the trace threw; null if it did not.</param>
public sealed record FedReplay(ReplayResult? Result, Exception? Failure);
