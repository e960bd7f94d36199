using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>A machine that can be explored: where it begins, and what can happen next.</summary>
internal interface IRaceModel
{
    RaceState Initial { get; }

    /// <summary>Can a program go back to what it has done?</summary>
    bool HasLoops { get; }

    /// <summary>Have all programs ended?</summary>
    bool HaveAllEnded(in RaceState state);

    /// <summary>Every next state, with the step that leads there; none if a property is broken or all is over.</summary>
    void Expand(in RaceState state, Successors to);

    /// <summary>Can a rule on this subject matter to what is modelled?</summary>
    bool IsConcernedWith(RuleSubject subject);

    /// <summary>The line of the protocol that a program's step stands on.</summary>
    int LineOf(RaceStep step);

    /// <summary>A step in words.</summary>
    string Describe(in RaceState before, RaceStep step, in RaceState after);

    /// <summary>The 64-bit word in a slot.</summary>
    ulong WordOf(in RaceState state, int slot);
}
