using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Tests;

/// <summary>Verdicts made by hand, for tests of what is shown.</summary>
internal static class Verdicts
{
    public static readonly HardwareRules Amd = HardwareCatalogue.Find("amd")!;

    public static readonly RaceProtocol Protocol = RaceProtocol.Parse("protocol hard-to-show\ntitle <&> \"quoted\" | piped\nscene pages\nprogram\ncopy all");

    public static Counterexample Broken(RaceProperty property, int steps, string text = "copy") =>
        new(property, [.. Enumerable.Range(0, steps).Select(i => new CounterexampleStep((RaceActor)(i % 3), i % 3 == 0 ? StepKind.Software : i % 3 == 1 ? StepKind.Land : StepKind.Execute, text, i % 3 == 0 ? 5 : 0))]);

    public static RaceVerdict Of(int states, bool isExhausted, params Counterexample[] broken) => new()
    {
        Protocol = Protocol, Hardware = Amd, Bounds = new(1, 2, 2), States = states, StatesOfAllSearches = states, Transitions = states, Depth = 9, IsExhausted = isExhausted, Broken = broken,
        RestsOn = [new(RuleSubject.SizesMayMeet, "A rule that is <inferred> & long enough to be wrapped in a line of eighty columns, which it is by now.", "nowhere", Standing.Inferred)],
    };
}
