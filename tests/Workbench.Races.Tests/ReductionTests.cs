using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class ReductionTests
{
    /// <summary>The protocols of families whose unreduced searches are small enough to make every time.</summary>
    public static TheoryData<string> Protocols => [.. RaceCatalogue.Protocols.Where(p => p.Family is not ("runs" or "split" or "collapse")).Select(p => p.Name), "split-cas", "split-plain-store", "collapse-or", "collapse-free-early", "run-clear-one"];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void What_is_left_out_of_a_search_changes_no_verdict(string name)
    {
        RaceProtocol protocol = KnownTruthTests.Protocol(name);
        bool isLarge = protocol.Family is "runs" or "split" or "collapse" or "nested";
        foreach (HardwareRules hardware in HardwareCatalogue.All.Where(h => RaceTable.Concerns(protocol, h) && (!isLarge || h.Name == "amd")))
        {
            RaceOptions options = new() { FindsWhatItRestsOn = false, Bounds = new(1, isLarge ? 1 : 2, 2) };
            RaceVerdict reduced = RaceChecker.Check(protocol, hardware, options, TestContext.Current.CancellationToken);
            RaceVerdict whole = RaceChecker.Check(protocol, hardware, options with { IsReduced = false }, TestContext.Current.CancellationToken);
            Assert.Equal(whole.Broken.Select(b => b.Property), reduced.Broken.Select(b => b.Property));
            Assert.True(reduced.States < whole.States, $"{name} on {hardware.Name}: {reduced.States} states instead of {whole.States}.");
        }
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        RaceProtocol[] protocols = [.. RaceCatalogue.Protocols.Where(p => p.Family == "read-and-clear")];
        RaceTable one = RaceTable.Run(protocols, HardwareCatalogue.All, threads: 1, cancel: TestContext.Current.CancellationToken);
        RaceTable four = RaceTable.Run(protocols, HardwareCatalogue.All, threads: 4, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(one.Verdicts.Select(Told), four.Verdicts.Select(Told));

        static string Told(RaceVerdict v) => $"{v.Protocol.Name} {v.Hardware.Name} {v.Worst} {v.States} {v.Transitions} {v.Depth} {string.Join(',', v.RestsOn.Select(r => r.Subject))} {string.Join('|', v.Broken.SelectMany(b => b.Steps).Select(s => s.Text))}";
    }

    [Fact]
    public void A_search_that_meets_too_many_states_does_not_say_that_a_protocol_holds()
    {
        RaceVerdict verdict = RaceChecker.Check(KnownTruthTests.Protocol("flush-after"), KnownTruthTests.Hardware("amd"), new() { FindsWhatItRestsOn = false, MostStates = 500 }, TestContext.Current.CancellationToken);
        Assert.False(verdict.IsExhausted);
        Assert.False(verdict.Holds);
        Assert.Empty(verdict.Broken);
    }
}
