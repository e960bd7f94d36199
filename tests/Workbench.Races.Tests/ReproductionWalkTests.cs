using System.Globalization;
using CsCheck;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Reproduction;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

/// <summary>The model against the engine: any way through the model's states is played, and both have to agree after every step.</summary>
public sealed class ReproductionWalkTests
{
    private const int MostSteps = 150;

    public static TheoryData<string, string> Cells()
    {
        TheoryData<string, string> cells = [];
        foreach (RaceProtocol protocol in RaceCatalogue.Protocols)
            foreach (HardwareRules hardware in HardwareCatalogue.All.Where(h => RaceTable.Concerns(protocol, h) && RaceReproduction.Refusal(protocol, h, BoundsOf(protocol)) is null)) cells.Add(protocol.Name, hardware.Name);
        return cells;
    }

    private static RaceBounds BoundsOf(RaceProtocol protocol) => new(Math.Max(2, protocol.LeastPages), 2, 2);

    [Theory]
    [MemberData(nameof(Cells))]
    public void Model_and_engine_agree_after_every_step(string protocol, string hardware)
    {
        RaceProtocol known = RaceCatalogue.Find(protocol) ?? throw new InvalidOperationException(protocol);
        HardwareRules rules = HardwareCatalogue.Find(hardware) ?? throw new InvalidOperationException(hardware);
        Gen.UInt.Array[MostSteps].Sample(choices => Walk(known, rules, choices), iter: 40, threads: 1, print: c => string.Create(CultureInfo.InvariantCulture, $"{c.Length} choices"));
    }

    private static void Walk(RaceProtocol protocol, HardwareRules hardware, uint[] choices)
    {
        RaceBounds bounds = BoundsOf(protocol);
        CoarseModel model = RaceReproduction.Model(protocol, hardware, bounds);
        using IEngineRun run = ScheduledRun.Begin(protocol, hardware, bounds);
        ScheduleMaker maker = new();
        Successors next = new();
        List<string> told = [];
        RaceState state = model.Initial;
        foreach (uint choice in choices)
        {
            model.Expand(state, next);
            if (next.Count == 0) return;
            int at = (int)(choice % (uint)next.Count);
            (RaceStep step, RaceState after) = (next.StepAt(at), next[at]);
            if (step.Kind == StepKind.End) return;
            told.Add("model:  " + model.Describe(state, step, after));
            int faults = run.Faults;
            foreach (ScheduleStep played in maker.StepsOf(state, step, after)) told.Add("engine: " + run.Do(played).Text);
            string? difference = Difference(model, run, bounds, after) ?? (step.Kind == StepKind.Fault != run.Faults > faults && after.Pages.Violation != RaceProperty.TlbConflict ? "a fault of only one of both" : null);
            Assert.True(difference is null, $"{difference}\n{string.Join('\n', told)}");
            if (after.Pages.Violation != RaceProperty.None) return;
            state = after;
        }
    }

    private static string? Difference(CoarseModel model, IEngineRun run, RaceBounds bounds, in RaceState state)
    {
        if (run.Broken != state.Pages.Violation) return $"the model breaks {state.Pages.Violation}, the engine {run.Broken}";
        if (state.Pages.Violation != RaceProperty.None) return null;
        if (run.Stale != state.Pages.Stale || run.Recorded != state.Pages.Recorded || run.Released != state.Pages.Released)
            return $"stale {state.Pages.Stale}, recorded {state.Pages.Recorded}, released {state.Pages.Released} in the model, {run.Stale}, {run.Recorded}, {run.Released} on the engine";
        for (int slot = Slots.Block; slot <= bounds.Pages; slot++)
        {
            // What becomes of a freed table's words is someone else's.
            if (slot != Slots.Block && state.Pages.IsTableFreed) break;
            ulong expected = model.WordOf(state, slot), found = run.ModelWord(slot);
            if (expected != found) return $"slot {slot}: 0x{expected:x} in the model, 0x{found:x} on the engine";
        }
        return null;
    }
}
