using System.Globalization;
using System.Text;
using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;
using Workbench.Testing;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class KnownTruthTests
{
    private const RaceProperty Holds = RaceProperty.None, Lost = RaceProperty.LostPage;

    [Theory]
    // iommufd's order (software.md C9): the copy comes after the flush, which comes after the clear.
    [InlineData("flush-after", "amd", Holds)]
    [InlineData("flush-after", "vtd", Holds)]
    [InlineData("flush-after", "smmu", Holds)]
    [InlineData("flush-after", "riscv", Holds)]
    [InlineData("no-flush", "amd", Lost)]
    [InlineData("no-flush", "vtd", Lost)]
    [InlineData("no-flush", "smmu", Lost)]
    [InlineData("no-flush", "riscv", Lost)]
    [InlineData("flush-before", "amd", Lost)]
    [InlineData("flush-before", "vtd", Lost)]
    [InlineData("flush-before", "smmu", Lost)]
    [InlineData("flush-before", "riscv", Lost)]
    [InlineData("smmu-linux-6.12", "smmu", Lost)]
    // 48882 §2.2.3.2 as quoted: the D of replicated entries have to be ORed, and hardware may set any one.
    [InlineData("run-or-all", "amd", Holds)]
    [InlineData("run-clear-one", "amd", RaceProperty.OverReport)]
    [InlineData("run-read-one", "amd", Lost)]
    // The question of 2022-02-11: how does a split keep D?
    [InlineData("split-cas", "amd", Holds)]
    [InlineData("split-cas", "vtd", Holds)]
    [InlineData("split-cas", "riscv", Holds)]
    [InlineData("split-drop-dirty", "amd", Lost)]
    [InlineData("split-drop-dirty", "vtd", Lost)]
    [InlineData("split-drop-dirty", "smmu", Lost)]
    [InlineData("split-drop-dirty", "riscv", Lost)]
    [InlineData("split-plain-store", "amd", Lost)]
    // IHI 0070 §3.21.1: BBML 0 asks for a window without a mapping; BBML 2 neither faults nor raises conflicts.
    [InlineData("split-break-before-make", "smmu-bbml0", RaceProperty.SpuriousFault)]
    [InlineData("split-cas", "smmu-bbml0", RaceProperty.TlbConflict)]
    [InlineData("split-cas", "smmu-bbml1", RaceProperty.TlbConflict)]
    [InlineData("split-cas", "smmu", Holds)]
    [InlineData("split-nt", "smmu-bbml1", Holds)]
    // RISC-V IOMMU issue 772.
    [InlineData("riscv-without-pw", "riscv", Lost)]
    [InlineData("ats-without-pw", "riscv", Lost)]
    // Arm DDI 0487 D8.5.3, IHI 0070 §3.13.4.
    [InlineData("last-scan-without-sync", "smmu", Lost)]
    [InlineData("last-scan-without-sync", "amd", Holds)]
    [InlineData("last-scan-without-sync", "riscv", Holds)]
    public void What_is_known_comes_out(string protocol, string hardware, RaceProperty worst)
    {
        RaceVerdict verdict = KnownVerdicts.On(Protocol(protocol), Hardware(hardware));
        Assert.True(verdict.IsExhausted);
        Assert.Equal(worst, verdict.Worst);
    }

    [Theory]
    [InlineData("last-scan-without-sync", "smmu", RuleSubject.DirtyBeforeData)]
    [InlineData("last-scan-atomic", "smmu", RuleSubject.LateUpdatesAreCommitted)]
    [InlineData("riscv-without-pw", "riscv", RuleSubject.CompletionDrainsWrites)]
    [InlineData("flush-after", "amd", RuleSubject.CompletionDrainsWrites)]
    [InlineData("flush-context-only", "vtd", RuleSubject.DirtyEntriesAreTrusted)]
    [InlineData("split-cas", "amd", RuleSubject.SizesMayMeet)]
    [InlineData("split-cas", "smmu-bbml0", RuleSubject.SizesMayMeet)]
    [InlineData("split-nt", "smmu-bbml1", RuleSubject.NonTranslatingIsNotCached)]
    [InlineData("ats-both", "riscv", RuleSubject.AtsDrainsWrites)]
    [InlineData("ats-one-wait", "vtd", RuleSubject.CommandsInOrder)]
    [InlineData("run-read-one", "amd", RuleSubject.OneMemberIsMarked)]
    [InlineData("enable-no-iotlb-flush", "amd", RuleSubject.TrackingOff)]
    [InlineData("nested-both", "riscv", RuleSubject.GuestTablesAreTracked)]
    [InlineData("flush-after", "riscv", RuleSubject.FencesCountLate)]
    [InlineData("unmap-swap", "amd", RuleSubject.UpdatesAreAtomic)]
    [InlineData("enable", "vtd", RuleSubject.CompletionEndsWalks)]
    public void A_verdict_names_the_rule_it_rests_on(string protocol, string hardware, RuleSubject subject)
    {
        RaceVerdict verdict = RaceChecker.Check(Protocol(protocol), Hardware(hardware), cancel: TestContext.Current.CancellationToken);
        Assert.Contains(verdict.RestsOn, r => r.Subject == subject);
        Assert.All(verdict.RestsOn, r => Assert.False(string.IsNullOrWhiteSpace(r.Source)));
    }

    [Fact]
    public void Every_vendor_has_a_rule_on_what_its_verdicts_can_rest_on()
    {
        RuleSubject[] notEverywhere = [RuleSubject.FencesCountLate, RuleSubject.CompletionPublishesDirty, RuleSubject.LateUpdatesAreCommitted, RuleSubject.NonTranslatingIsNotCached, RuleSubject.OneMemberIsMarked];
        foreach (HardwareRules hardware in HardwareCatalogue.All)
            foreach (RuleSubject subject in Enum.GetValues<RuleSubject>().Except(notEverywhere)) Assert.NotNull(hardware.RuleOn(subject));
    }

    [Fact]
    public void The_whole_table_is_as_approved()
    {
        RaceTable table = RaceTable.Run(RaceCatalogue.Protocols, HardwareCatalogue.All, KnownVerdicts.Options, threads: 2, cancel: TestContext.Current.CancellationToken);
        KnownVerdicts.Keep(table);
        StringBuilder text = new();
        foreach (RaceVerdict verdict in table.Verdicts)
        {
            Assert.True(verdict.IsExhausted);
            string broken = string.Join(", ", verdict.Broken.Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.Property} in {b.Steps.Count}")));
            text.Append(CultureInfo.InvariantCulture, $"{verdict.Protocol.Family,-16}{verdict.Protocol.Name,-28}{verdict.Hardware.Name,-12}{(verdict.Holds ? "holds" : broken)}, {verdict.States} states, depth {verdict.Depth}\n");
        }
        Approved.Text(Repository.PathOf("tests", "Workbench.Races.Tests", "Approved", "verdicts.txt"), text.ToString());
    }

    internal static RaceProtocol Protocol(string name) => RaceCatalogue.Find(name) ?? throw new InvalidOperationException($"There is no protocol {name}.");

    internal static HardwareRules Hardware(string name) => HardwareCatalogue.Find(name) ?? throw new InvalidOperationException($"There is no hardware {name}.");
}
