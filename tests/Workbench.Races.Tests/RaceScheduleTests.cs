using Workbench.Races.Protocols;
using Workbench.Races.Reproduction;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class RaceScheduleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static RaceVerdict Verdict(string protocol, string hardware) => KnownVerdicts.On(KnownTruthTests.Protocol(protocol), KnownTruthTests.Hardware(hardware));

    private static RaceSchedule Schedule(string protocol = "no-flush", string hardware = "amd")
    {
        RaceVerdict verdict = Verdict(protocol, hardware);
        return RaceReproduction.Of(verdict, verdict.Broken[0], Cancel).Schedule ?? throw new InvalidOperationException("no schedule");
    }

    [Theory]
    [InlineData("no-flush", "amd", RaceProperty.LostPage)]
    [InlineData("no-flush", "vtd", RaceProperty.LostPage)]
    [InlineData("no-flush", "smmu", RaceProperty.LostPage)]
    [InlineData("no-flush", "riscv", RaceProperty.LostPage)]
    [InlineData("split-cas", "smmu-bbml0", RaceProperty.TlbConflict)]
    public void What_breaks_in_small_steps_is_played_on_the_engine(string protocol, string hardware, RaceProperty worst)
    {
        PlayedSchedule played = ScheduledRun.Play(Schedule(protocol, hardware));
        Assert.Equal(worst, played.Broken);
        Assert.Equal(worst == RaceProperty.LostPage, played.LostPages.Count > 0);
        Assert.Equal(worst == RaceProperty.TlbConflict, played.Faults > 0);
    }

    [Fact]
    public void The_lost_write_meets_the_word_that_software_cleared()
    {
        PlayedSchedule played = ScheduledRun.Play(Schedule());
        EntryChange[] changes = [.. played.Steps.SelectMany(s => s.Changes)];
        // AMD host tables: D is bit 6. Set by the walk, cleared by software, and never set again.
        Assert.Equal([0x40UL, 0x40UL], changes.Select(c => c.Before ^ c.After));
        Assert.Equal([0UL, 0x40UL], changes.Select(c => c.Before & 0x40));
        Assert.All(changes, c => Assert.Equal("leaf[0]", c.Entry));
    }

    [Fact]
    public void A_protocol_that_holds_holds_in_the_engines_steps_too()
    {
        RaceVerdict fine = Verdict("flush-after", "amd"), coarse = RaceChecker.Check(fine.Protocol, fine.Hardware, KnownVerdicts.Options with { IsCoarse = true }, Cancel);
        Assert.True(fine.Holds);
        Assert.True(coarse.Holds);
        Assert.True(coarse.States < fine.States, $"{coarse.States} of {fine.States}");
    }

    [Theory]
    [InlineData("enable-no-iotlb-flush", "amd", "The driver turns tracking on or off")]
    [InlineData("split-nt", "smmu-bbml0", "The engine caches no block with nT")]
    public void What_cannot_be_played_says_why(string protocol, string hardware, string reason)
    {
        RaceVerdict verdict = Verdict(protocol, hardware);
        RaceReproduction reproduction = RaceReproduction.Of(verdict, verdict.Broken[0], Cancel);
        Assert.False(reproduction.IsReproducible);
        Assert.StartsWith(reason, reproduction.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_break_in_the_engines_steps_says_why()
    {
        RaceVerdict verdict = Verdict("flush-after", "amd");
        RaceReproduction reproduction = RaceReproduction.Of(verdict, new(RaceProperty.LostPage, []), Cancel);
        Assert.StartsWith("It takes a step", reproduction.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schedule_is_read_as_it_was_written()
    {
        RaceSchedule schedule = Schedule() with { Trace = new("x.dmat", new('a', 64)) };
        string json = schedule.ToJson();
        RaceSchedule read = RaceSchedule.Read(json, "x");
        Assert.Equal(json, read.ToJson());
        Assert.Equal(schedule.Steps, read.Steps);
        Assert.Equal(schedule.Trace, read.Trace);
        Assert.Equal(schedule.Protocol, RaceSchedule.Read("// of hand\n" + json, "x").Protocol);
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "version 2 of schedules")]
    [InlineData("\"version\":1", "\"version\":1,\"colour\":3", "Members are version")]
    [InlineData("\"hardware\":\"amd\"", "\"hardware\":\"acme\"", "'acme'; there is: amd")]
    [InlineData("\"pages\":1", "\"pages\":9", "9 pages")]
    [InlineData("\"kind\":\"software\"", "\"kind\":\"luck\"", "no schedule")]
    public void A_wrong_file_says_what_is_wrong(string written, string instead, string says)
    {
        string json = Schedule().ToJson();
        int at = json.IndexOf(written, StringComparison.Ordinal);
        Assert.True(at >= 0);
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => RaceSchedule.Read(json[..at] + instead + json[(at + written.Length)..], "file.json"));
        Assert.StartsWith("file.json", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(says, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_that_cannot_be_done_are_named()
    {
        RaceSchedule schedule = Schedule();
        Refused([new() { Kind = ScheduleStepKind.Land, Access = 1 }], "step 1 (Land): access 1 has no data on the way");
        Refused([new() { Kind = ScheduleStepKind.Access, Access = 2, Page = 0, Write = true }], "access 2 begins, but 1 is next");
        Refused([new() { Kind = ScheduleStepKind.Access, Access = 1, Page = 1, Write = true }], "page 1; there are 0 to 0");
        Refused([new() { Kind = ScheduleStepKind.Access, Access = 1, Page = 0 }], "'write'");
        Refused([new() { Kind = ScheduleStepKind.Execute, Program = 0, Command = 0 }], "has no command 0");
        Refused([new() { Kind = ScheduleStepKind.Software, Program = 1 }], "program 1; there are 0 to 0");
        Refused([.. schedule.Steps, schedule.Steps[0]], "nothing comes after a broken property");

        void Refused(IReadOnlyList<ScheduleStep> steps, string says) =>
            Assert.Contains(says, Assert.Throws<ArgumentException>(() => ScheduledRun.Play(schedule with { Steps = steps })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_statements_without_the_access_lose_nothing()
    {
        RaceSchedule schedule = Schedule();
        PlayedSchedule played = ScheduledRun.Play(schedule with { Steps = [.. schedule.Steps.Where(s => s.Kind is ScheduleStepKind.Software)] });
        Assert.Equal(RaceProperty.None, played.Broken);
        Assert.Empty(played.LostPages);
    }

    [Fact]
    public void Every_protocol_is_the_same_after_it_was_written_as_text()
    {
        foreach (RaceProtocol protocol in RaceCatalogue.Protocols)
        {
            RaceProtocol again = RaceProtocol.Parse(string.Join('\n', ProtocolText.Of(protocol)));
            Assert.Equal(protocol.Lines.Select(l => l.Text), again.Lines.Select(l => l.Text));
            Assert.Equal(Flat(protocol), Flat(again));
            Assert.Equal(protocol.Vendors, again.Vendors);
        }
    }

    private static RaceProtocol Flat(RaceProtocol protocol) => protocol with { About = "", Lines = Nothing, Vendors = Nobody, Redundant = NoReasons };

    private static readonly IReadOnlyList<ProtocolLine> Nothing = [];
    private static readonly IReadOnlyList<string> Nobody = [];
    private static readonly IReadOnlyDictionary<int, string> NoReasons = new Dictionary<int, string>();
}
