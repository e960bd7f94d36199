using Workbench.Display;
using Workbench.Races.Display;

namespace Workbench.Races.Search;

/// <summary>A shortest way to break a property.</summary>
/// <param name="Property">What breaks.</param>
/// <param name="Steps">From the start to the state in which it is broken.</param>
[TypeFormatterSource(typeof(CounterexampleFormatter))]
public sealed record Counterexample(RaceProperty Property, IReadOnlyList<CounterexampleStep> Steps);
