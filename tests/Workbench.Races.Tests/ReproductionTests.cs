using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Reproduction;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class ReproductionTests
{
    private static readonly RaceOptions Coarse = new() { FindsWhatItRestsOn = false, IsCoarse = true };

    public static TheoryData<string, string> Cells()
    {
        TheoryData<string, string> cells = [];
        foreach (RaceProtocol protocol in RaceCatalogue.Protocols)
            foreach (HardwareRules hardware in HardwareCatalogue.All.Where(h => RaceTable.Concerns(protocol, h) && RaceReproduction.Refusal(protocol, h, Coarse.Bounds with { Pages = Math.Max(Coarse.Bounds.Pages, protocol.LeastPages) }) is null)) cells.Add(protocol.Name, hardware.Name);
        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void What_breaks_in_the_engines_steps_breaks_on_the_engine(string protocol, string hardware)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        RaceProtocol broken = RaceCatalogue.Find(protocol) ?? throw new InvalidOperationException(protocol);
        HardwareRules rules = HardwareCatalogue.Find(hardware) ?? throw new InvalidOperationException(hardware);
        RaceVerdict verdict = RaceChecker.Check(broken, rules, Coarse, cancel);
        foreach (Counterexample counterexample in verdict.Broken)
        {
            RaceReproduction reproduction = RaceReproduction.Of(verdict, counterexample, cancel);
            RaceSchedule schedule = reproduction.Schedule ?? throw new InvalidOperationException($"{counterexample.Property}: {reproduction.Reason}");
            PlayedSchedule played = ScheduledRun.Play(RaceSchedule.Read(schedule.ToJson(), "schedule"));
            Assert.True(played.Broken == counterexample.Property, string.Join('\n', counterexample.Steps.Select(s => "model:  " + s.Text).Concat(played.Steps.Select(s => "engine: " + s.Text))));
        }
    }
}
