using Workbench.Races.Output;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests.Output;

public sealed class RaceTextTests
{
    [Theory]
    [InlineData(1, "holds 1*")]
    [InlineData(3_406, "holds 3,406*")]
    [InlineData(999_999, "holds 999,999*")]
    [InlineData(1_000_000, "holds 1.00 M*")]
    [InlineData(99_994_999, "holds 99.99 M*")]
    [InlineData(99_995_000, "holds 100 M*")]
    [InlineData(int.MaxValue, "holds 2,147 M*")]
    public void A_cell_of_what_holds_says_how_many_states_there_are(int states, string cell)
    {
        Assert.Equal(cell, RaceText.Cell(Verdicts.Of(states, isExhausted: true)));
        Assert.Equal(cell.Replace("holds", "open", StringComparison.Ordinal), RaceText.Cell(Verdicts.Of(states, isExhausted: false)));
    }

    [Theory]
    [InlineData(RaceProperty.LostPage, "LOST in 5*")]
    [InlineData(RaceProperty.WrongTranslation, "wrong in 5*")]
    [InlineData(RaceProperty.TlbConflict, "conflict in 5*")]
    [InlineData(RaceProperty.SpuriousFault, "faults in 5*")]
    [InlineData(RaceProperty.Leak, "leaks in 5*")]
    [InlineData(RaceProperty.OverReport, "repeats in 5*")]
    [InlineData(RaceProperty.Stuck, "stuck in 5*")]
    public void A_cell_of_what_breaks_says_how_and_in_how_many_steps(RaceProperty property, string cell)
    {
        RaceVerdict verdict = Verdicts.Of(100, isExhausted: true, Verdicts.Broken(property, 5), Verdicts.Broken(RaceProperty.Stuck, 2));
        Assert.Equal(cell, RaceText.Cell(verdict));
        Assert.Contains(cell.Split(' ')[0], RaceText.Legend, StringComparison.Ordinal);
        Assert.Contains($"So {RaceText.Meaning(property)}.", string.Join(' ', RaceText.Lines(verdict)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_property_has_a_meaning_of_its_own() =>
        Assert.Equal(Enum.GetValues<RaceProperty>().Length, Enum.GetValues<RaceProperty>().Select(RaceText.Meaning).Distinct().Count());

    [Fact]
    public void A_verdict_that_is_not_exhausted_says_what_to_do()
    {
        Assert.EndsWith("exhausted).", RaceText.Sentence(Verdicts.Of(7, isExhausted: true)), StringComparison.Ordinal);
        Assert.Contains("not exhausted: raise --most-states", RaceText.Sentence(Verdicts.Of(7, isExhausted: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_are_numbered_and_hang_below_their_actor()
    {
        string[] lines = [.. RaceText.Lines(Verdicts.Broken(RaceProperty.LostPage, 12, string.Join(' ', Enumerable.Repeat("words", 20))))];
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.StartsWith("  1  software  words words", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("                 words", lines[1].Replace("               ", "                 ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith(" 12  IOMMU     words", StringComparison.Ordinal));
    }

    [Fact]
    public void Columns_that_are_too_many_come_in_blocks_of_the_same_size()
    {
        string[] columns = [.. Enumerable.Range(0, 6).Select(i => "hardware" + i)];
        string[] cells = [.. Enumerable.Repeat("conflict in 11*", 6)];
        string[] lines = [.. TextGrid.Lines("family", columns, [("short", cells), (new string('n', 40), cells)])];
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Equal(2, lines.Count(l => l.Trim().StartsWith("short", StringComparison.Ordinal)));
        Assert.Equal(3, lines[0].Split("hardware").Length - 1);
        Assert.Equal(12, lines.Sum(l => l.Split("conflict in 11*").Length - 1));
        Assert.Contains(new string('n', 40), lines);
    }

    [Fact]
    public void A_table_of_whatever_hardware_there_is_fits_80_columns()
    {
        RaceOptions few = new() { MostStates = 100, FindsWhatItRestsOn = false };
        RaceTable table = RaceTable.Run(RaceCatalogue.Protocols, Hardware.HardwareCatalogue.All, few, cancel: TestContext.Current.CancellationToken);
        string[] lines = [.. RaceText.Lines(table)];
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.All(RaceCatalogue.Protocols, p => Assert.Contains(lines, l => l.StartsWith(p.Name, StringComparison.Ordinal)));
        Assert.All(table.Verdicts, v => Assert.Contains(lines, l => l.Contains(RaceText.Cell(v), StringComparison.Ordinal)));
    }

    [Fact]
    public void Markdown_escapes_what_would_break_its_tables()
    {
        string markdown = RaceMarkdown.Of(RaceTable.Run([Verdicts.Protocol], [Verdicts.Amd], new() { FindsWhatItRestsOn = false }, cancel: TestContext.Current.CancellationToken));
        Assert.Contains("| hard-to-show | \\<&\\> \"quoted\" \\| piped | ", markdown, StringComparison.Ordinal);
        Assert.Contains("|---|---|---|\n", markdown, StringComparison.Ordinal);
    }
}
