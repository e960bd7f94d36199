using Workbench.Display;
using Workbench.Races.Display;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;

namespace Workbench.Races.Search;

/// <summary>What became of one protocol on one vendor's hardware.</summary>
[TypeFormatterSource(typeof(RaceVerdictFormatter))]
public sealed record RaceVerdict
{
    /// <summary>The protocol.</summary>
    public required RaceProtocol Protocol { get; init; }
    /// <summary>The hardware.</summary>
    public required HardwareRules Hardware { get; init; }
    /// <summary>What was explored.</summary>
    public required RaceBounds Bounds { get; init; }
    /// <summary>Different states met.</summary>
    public required int States { get; init; }
    /// <summary>Searches made for it: its own, those for the shortest ways to break it, and those for what it rests on.</summary>
    public int Searches { get; init; } = 1;
    /// <summary>Different states met in all of them.</summary>
    public long StatesOfAllSearches { get; init; }
    /// <summary>Steps tried.</summary>
    public required long Transitions { get; init; }
    /// <summary>Most steps from the start to any state.</summary>
    public required int Depth { get; init; }
    /// <summary>Were all states within the bounds explored? If not, a protocol that seems to hold may not.</summary>
    public required bool IsExhausted { get; init; }
    /// <summary>What breaks, worst first, each with a shortest way.</summary>
    public required IReadOnlyList<Counterexample> Broken { get; init; }
    /// <summary>What the verdict rests on: of a protocol that holds, promises without which it would break; of one that breaks, freedoms of the hardware without which it would not, or not so soon.</summary>
    public IReadOnlyList<HardwareRule> RestsOn { get; init; } = [];

    /// <summary>Does every property hold, in every state there is?</summary>
    public bool Holds => IsExhausted && Broken.Count == 0;
    /// <summary>The worst that happens.</summary>
    public RaceProperty Worst => Broken.Count == 0 ? RaceProperty.None : Broken[0].Property;
}
