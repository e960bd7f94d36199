using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class KnownTruthTests
{
    [Theory]
    [InlineData("flush-after", "amd", RaceProperty.None)]
    [InlineData("flush-after", "vtd", RaceProperty.None)]
    [InlineData("flush-after", "riscv", RaceProperty.None)]
    [InlineData("no-flush", "amd", RaceProperty.LostPage)]
    [InlineData("no-flush", "vtd", RaceProperty.LostPage)]
    [InlineData("no-flush", "smmu", RaceProperty.LostPage)]
    [InlineData("no-flush", "riscv", RaceProperty.LostPage)]
    public void What_is_known_comes_out(string protocol, string hardware, RaceProperty worst)
    {
        RaceProtocol known = RaceCatalogue.Find(protocol) ?? throw new InvalidOperationException(protocol);
        HardwareRules rules = HardwareCatalogue.Find(hardware) ?? throw new InvalidOperationException(hardware);
        RaceVerdict verdict = RaceChecker.Check(known, rules, new() { FindsWhatItRestsOn = false }, TestContext.Current.CancellationToken);
        Assert.True(verdict.IsExhausted);
        Assert.Equal(worst, verdict.Worst);
    }
}
