using Workbench.Races.Protocols;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests;

public sealed class ProtocolTests
{
    private static RaceProtocol Parse(string program, string head = "") => RaceProtocol.Parse($"protocol mine\n{head}program\n{program}", "mine");

    [Theory]
    [InlineData("laod a leaf[0]", 3, "laod")]
    [InlineData("load e leaf[0]", 3, "register")]
    [InlineData("load a leef[0]", 3, "leaf[0]")]
    [InlineData("load a leaf[4]", 3, "0 to 3")]
    [InlineData("load a leaf[p]", 3, "for p")]
    [InlineData("load a leaf[0] leaf[1]", 3, "too much")]
    [InlineData("load a leaf[0]\ncas leaf[0] a dirty(a)", 4, "else")]
    [InlineData("load a leaf[0]\ncas leaf[0] a dirty(a) else nowhere", 4, "nowhere")]
    [InlineData("load a leaf[1]", 3, "pages 2")]
    [InlineData("flush combined\nwait", 3, "scene nested")]
    [InlineData("flush device\nwait", 3, "ats")]
    [InlineData("store leaf[0] shiny(a)", 3, "shiny")]
    [InlineData("record 0 if clean(a)", 3, "dirty")]
    [InlineData("store leaf[0] clean(b)", 3, "register b")]
    [InlineData("for p\nwait", 3, "end")]
    [InlineData("tracking maybe", 3, "off")]
    [InlineData("flush\nflush\nflush\nflush\nwait", 6, "wait")]
    [InlineData("define x\nx\nend\nx", 4, "without end")]
    [InlineData("flush -- redundant intel: in order", 3, "no hardware 'intel'")]
    [InlineData("flush -- redundant amd intel: in order", 3, "no hardware 'intel'")]
    public void A_mistake_says_where_and_what_is_allowed(string program, int line, string says)
    {
        RaceFormatException wrong = Assert.Throws<RaceFormatException>(() => Parse(program));
        Assert.Equal(line, wrong.Line);
        Assert.Contains("mine", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(says, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scene moon\n", "pages, run, block, nested")]
    [InlineData("pages 9\n", "1 to 4")]
    [InlineData("vendors amd, intel\n", "separated by spaces")]
    [InlineData("colour red\n", "protocol, title")]
    public void A_mistake_in_the_head_says_what_is_allowed(string head, string says) =>
        Assert.Contains(says, Assert.Throws<RaceFormatException>(() => Parse("wait", head)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_text_without_a_program_is_refused() => Assert.Contains("program", Assert.Throws<RaceFormatException>(() => RaceProtocol.Parse("protocol mine\n")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_protocol_without_a_line_lacks_that_step_alone()
    {
        RaceProtocol whole = Parse("load a leaf[0]\nflush\nwait");
        Assert.Equal(["load a leaf[0]", "wait"], whole.WithoutLine(4).Steps.Select(s => s.Text));
    }

    [Fact]
    public void A_reason_may_be_for_some_vendors_only()
    {
        RaceProtocol protocol = Parse("flush -- redundant amd vtd: in order\nwait -- redundant: always");
        Assert.Equal("in order", protocol.ReasonToLeaveOut(3, "amd"));
        Assert.Null(protocol.ReasonToLeaveOut(3, "smmu"));
        Assert.Equal("always", protocol.ReasonToLeaveOut(4, "smmu"));
        Assert.Null(protocol.ReasonToLeaveOut(5, "smmu"));
    }

    [Fact]
    public void A_program_that_goes_round_for_ever_is_stuck()
    {
        RaceProtocol round = Parse("load a block\nagain:\ncas leaf[0] a clean(a) else again");
        RaceVerdict verdict = RaceChecker.Check(round, KnownTruthTests.Hardware("amd"), new() { FindsWhatItRestsOn = false }, TestContext.Current.CancellationToken);
        Assert.Equal(RaceProperty.Stuck, verdict.Worst);
    }

    [Fact]
    public void Two_programs_run_side_by_side()
    {
        // Two harvests that each clear and copy on their own hand each other's bits on: the second copies what the first recorded, before the first's flush.
        const string harvest = "clean a leaf[0]\nrecord 0 if dirty(a)\nflush leaves\nwait\ncopy\n";
        RaceProtocol alone = Parse(harvest + "stop device\ndrain device\n" + harvest), both = Parse(harvest + "stop device\ndrain device\n" + harvest + "program\n" + harvest);
        RaceOptions options = new() { FindsWhatItRestsOn = false };
        Assert.True(RaceChecker.Check(alone, KnownTruthTests.Hardware("amd"), options, TestContext.Current.CancellationToken).Holds);
        Assert.Equal(RaceProperty.LostPage, RaceChecker.Check(both, KnownTruthTests.Hardware("amd"), options, TestContext.Current.CancellationToken).Worst);
    }
}
