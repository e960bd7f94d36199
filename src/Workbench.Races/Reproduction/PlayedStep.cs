using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>One step of a schedule as the engine did it.</summary>
/// <param name="Actor">Who did it.</param>
/// <param name="Text">What happened, in words.</param>
/// <param name="Changes">Entries that changed.</param>
public sealed record PlayedStep(RaceActor Actor, string Text, IReadOnlyList<EntryChange> Changes);
