using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

/// <summary>Protocols modelled a second time, from the rules, in Promela (README.md here): an independent model checker comes to the same verdicts.</summary>
public sealed class SpinCrossCheckTests
{
    [Theory]
    [InlineData("read-and-clear", "", "flush-after", "amd vtd", false)]
    [InlineData("read-and-clear", "-DNO_FLUSH", "no-flush", "amd vtd", true)]
    [InlineData("read-and-clear", "-DFLUSH_BEFORE_CLEAR", "flush-before", "amd vtd", true)]
    [InlineData("read-and-clear", "-DCOPY_BEFORE_WAIT", "copy-before-wait", "amd vtd", true)]
    [InlineData("read-and-clear", "-DCLEAR_ALWAYS_PLAIN", "clear-always-plain", "amd vtd", true)]
    [InlineData("read-and-clear", "-DCLEAR_IF_DIRTY_PLAIN", "clear-if-dirty-plain", "amd vtd", false)]
    [InlineData("read-and-clear", "-DNO_DRAIN", "last-scan-without-drain", "amd vtd", true)]
    [InlineData("read-and-clear", "-DCLEAN_NOT_CHECKED", "flush-after", "amd vtd", true, RuleSubject.CleanEntriesAreChecked)]
    [InlineData("read-and-clear", "-DNOT_ATOMIC", "flush-after", "amd vtd", false, RuleSubject.UpdatesAreAtomic)]
    [InlineData("read-and-clear", "-DWALKS_NOT_ENDED", "flush-after", "amd vtd", true, RuleSubject.CompletionEndsWalks)]
    [InlineData("read-and-clear", "-DWRITES_NOT_DRAINED", "flush-after", "amd vtd", true, RuleSubject.CompletionDrainsWrites)]
    [InlineData("iofence", "", "flush-after", "riscv", false)]
    [InlineData("iofence", "-DNO_PW", "riscv-without-pw", "riscv", true)]
    [InlineData("last-scan", "", "flush-after", "smmu", false)]
    [InlineData("last-scan", "-DNO_LAST_SYNC", "last-scan-atomic", "smmu", false)]
    [InlineData("last-scan", "-DLOAD_SCAN -DNO_LAST_SYNC", "last-scan-without-sync", "smmu", true)]
    [InlineData("last-scan", "-DUNCOMMITTED", "flush-after", "smmu", false, RuleSubject.LateUpdatesAreCommitted)]
    [InlineData("last-scan", "-DUNCOMMITTED -DNO_LAST_SYNC", "last-scan-atomic", "smmu", true, RuleSubject.LateUpdatesAreCommitted)]
    [InlineData("split", "", "split-cas", "amd vtd", false)]
    [InlineData("split", "-DPLAIN_STORE", "split-plain-store", "amd vtd", true)]
    [InlineData("split", "-DDROP_D", "split-drop-dirty", "amd vtd", true)]
    [InlineData("split", "-DFLUSH_NEVER", "split-flush-never", "amd vtd", false)]
    [InlineData("split", "-DNOT_ATOMIC", "split-cas", "amd vtd", true, RuleSubject.UpdatesAreAtomic)]
    public async Task Spin_comes_to_the_same_verdict(string model, string macros, string protocol, string hardware, bool isLost, RuleSubject? notKept = null)
    {
        RaceProtocol known = RaceCatalogue.Find(protocol) ?? throw new InvalidOperationException(protocol);
        await CompareAsync(model, macros, known, hardware, isLost, notKept);
    }

    [Theory]
    [InlineData("-DLOAD_SCAN", false)]
    [InlineData("-DLOAD_SCAN -DNOT_PUBLISHED", true, RuleSubject.CompletionPublishesDirty)]
    public async Task Spin_comes_to_the_same_verdict_on_a_last_scan_by_loads_after_a_sync(string macros, bool isLost, RuleSubject? notKept = null)
    {
        const string Idle = "drain device\n";
        string text = RaceCatalogue.TextOf("last-scan-without-sync");
        Assert.Contains(Idle, text, StringComparison.Ordinal);
        await CompareAsync("last-scan", macros, RaceProtocol.Parse(text.Replace(Idle, Idle + "wait\n", StringComparison.Ordinal)), "smmu", isLost, notKept);
    }

    /// <summary>
    /// Steps that the workbench's model takes at once are apart here, so Spin can ask what it cannot: a write whose walk IOTINVAL met is translated after it. That
    /// PW covers this write rests on the fence counting when that walk is over.
    /// </summary>
    [Fact]
    public async Task On_RISC_V_a_fence_that_counts_writes_before_old_walks_are_over_would_lose_a_page()
    {
        SpinSearch search = await SpinSearch.RunAsync("iofence", "-DEARLY_CENSUS", TestContext.Current.CancellationToken);
        Assert.True(search.IsPageLost, search.Report);
    }

    [Theory]
    [InlineData("error: max search depth too small\n")]
    [InlineData("Warning: Search not completed\n")]
    public void A_search_that_left_something_out_is_no_verdict(string warning)
    {
        const string Complete = "State-vector 60 byte, depth reached 93, errors: 0\n    12726 states, stored\n";
        Assert.Equal((0, 12726L), (SpinSearch.Read(Complete).Errors, SpinSearch.Read(Complete).States));
        FormatException refused = Assert.Throws<FormatException>(() => SpinSearch.Read(warning + Complete));
        Assert.Contains("not exhaustive", refused.Message, StringComparison.Ordinal);
    }

    private static async Task CompareAsync(string model, string macros, RaceProtocol protocol, string hardware, bool isLost, RuleSubject? notKept)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        SpinSearch search = await SpinSearch.RunAsync(model, macros, cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"{model} {macros}: errors {search.Errors}, {search.States:N0} states");
        Assert.True(search.Errors == (isLost ? 1 : 0) && search.IsPageLost == isLost, $"Spin on {model} {macros}: {(isLost ? "a page is lost" : "nothing is lost")} was expected.\n{search.Report}");
        bool isShipped = ReferenceEquals(protocol, RaceCatalogue.Find(protocol.Name));
        foreach (string name in hardware.Split(' '))
        {
            HardwareRules rules = HardwareCatalogue.Find(name) ?? throw new InvalidOperationException(name);
            if (notKept is RuleSubject subject) rules = rules.Weaker(subject) ?? throw new InvalidOperationException($"{name} makes no promise of {subject}.");
            RaceVerdict verdict = isShipped && notKept is null ? KnownVerdicts.On(protocol, rules) : RaceChecker.Check(protocol, rules, KnownVerdicts.Options, cancel);
            TestContext.Current.TestOutputHelper?.WriteLine($"{protocol.Name} on {name}: {verdict.Worst}, {verdict.States:N0} states");
            string steps = string.Concat(verdict.Broken.SelectMany(b => b.Steps).Select(s => $"\n{s.Actor}: {s.Text}"));
            Assert.True(verdict.IsExhausted, $"{protocol.Name} on {name} was not exhausted.");
            Assert.True(verdict.Worst == (isLost ? RaceProperty.LostPage : RaceProperty.None), $"Spin and the workbench differ on {protocol.Name} on {name}: {verdict.Worst}.{steps}");
        }
    }
}
