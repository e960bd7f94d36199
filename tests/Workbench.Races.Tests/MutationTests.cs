using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class MutationTests
{
    public static TheoryData<string> Protocols => [.. RaceCatalogue.Protocols.Select(p => p.Name)];

    /// <summary>Leaving out any step of a protocol that holds breaks it, or the protocol says why the step may be left out: and then it may.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public void A_step_is_needed_or_the_protocol_says_why_not(string name)
    {
        RaceProtocol protocol = KnownTruthTests.Protocol(name);
        RaceOptions options = new() { FindsWhatItRestsOn = false, StopsAtFirst = true };
        foreach (HardwareRules hardware in HardwareCatalogue.All.Where(h => RaceTable.Concerns(protocol, h)))
        {
            RaceVerdict whole = KnownVerdicts.On(protocol, hardware);
            foreach (RaceMutation mutation in RaceMutation.Of(whole, options, TestContext.Current.CancellationToken))
                Assert.True(mutation.IsNeeded == mutation.Reason is null, $"{name} on {hardware.Name}, line {mutation.Step.Number}, '{mutation.Step.Text}': needed {mutation.IsNeeded}, reason to leave it out '{mutation.Reason}'.");
        }
    }
}
