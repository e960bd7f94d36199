namespace Workbench.Replay.Sweeps;

/// <summary>One replay of a sweep: a row of its table.</summary>
/// <param name="Number">Its place in the sweep, from 1: traces in their order, then the varied properties, the last one changing fastest.</param>
/// <param name="Trace">What is replayed.</param>
/// <param name="Experiment">How, as the sweep says it.</param>
/// <param name="Lack">Why no model can do it, as sentences; null if one can.</param>
public sealed record SweepCell(int Number, SweepTrace Trace, Experiment Experiment, string? Lack);
