namespace Workbench.Races.Search;

/// <summary>One step of a counterexample.</summary>
/// <param name="Actor">Who does it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">In words.</param>
/// <param name="Line">For a program's step its line in the protocol, otherwise 0.</param>
public sealed record CounterexampleStep(RaceActor Actor, StepKind Kind, string Text, int Line);
