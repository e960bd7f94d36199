using System.Text.Json;
using Workbench.Races;
using Workbench.Races.Hardware;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class RacesCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static string Printed(params string[] arguments)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(["races", .. arguments]);
        Assert.True(exit == 0, error);
        return output;
    }

    private static string[] LinesOf(string output) => [.. output.Split('\n').Select(l => l.TrimEnd('\r'))];

    private static JsonElement[] Rows(params string[] arguments) => [.. JsonDocument.Parse(Printed([.. arguments, "--format", "json"])).RootElement.EnumerateArray()];

    private static string[] KeysOf(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];

    private string File(string text, string name = "mine.race")
    {
        System.IO.File.WriteAllText(folder[name], text);
        return folder[name];
    }

    [Fact]
    public void A_family_is_a_table_of_80_columns_with_a_summary()
    {
        string[] lines = LinesOf(Printed("--family", "read-and-clear"));
        Assert.All(lines, line => Assert.True(line.Length <= 80, $"wider than 80 columns: {line}"));
        Assert.Equal(["read-and-clear", "amd", "vtd", "smmu", "riscv"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches("^flush-after +holds [0-9,]+\\*? +holds [0-9,]+\\*? +holds [0-9,]+\\*? +holds [0-9,]+\\*?$", Assert.Single(lines, l => l.StartsWith("flush-after ", StringComparison.Ordinal)));
        Assert.Matches("^no-flush +LOST in [0-9]+\\*? +LOST in [0-9]+\\*? +LOST in [0-9]+\\*? +LOST in [0-9]+\\*?$", Assert.Single(lines, l => l.StartsWith("no-flush ", StringComparison.Ordinal)));
        string text = string.Join(' ', lines);
        Assert.Matches("[0-9]+ verdicts from [0-9]+ searches \\(1 page, 2 accesses under way, 2 rounds\\): [0-9,]+ states, up to [0-9]+ steps deep, all exhausted, in [0-9.]+ s \\(.* states/s\\), .* MiB\\.", text);
        Assert.DoesNotContain("So a page differs", text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_protocol_is_told_step_by_step_with_the_rules_it_rests_on()
    {
        string[] lines = LinesOf(Printed("--protocol", "riscv-without-pw"));
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Contains(lines, l => l.StartsWith("  1  ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("  device    ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("  software  ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("  IOMMU     ", StringComparison.Ordinal));
        Assert.Contains("So a page differs from its copy, and nobody will ever be told.", lines);
        string rules = string.Join(' ', lines.SkipWhile(l => l != "It rests on:").Select(l => l.Trim()));
        Assert.Contains("PW = 1", rules, StringComparison.Ordinal);
        Assert.Contains("(read: ", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Counterexamples_of_several_protocols_are_shown_if_asked_for() =>
        Assert.Equal(3, Printed("--protocol", "no-flush,flush-before,flush-after", "--vendor", "vtd", "--counterexample").Split(" on vtd (").Length - 1);

    [Fact]
    public void Json_has_exactly_the_documented_keys()
    {
        string contract = System.IO.File.ReadAllText(Repository.PathOf("docs", "races.md"));
        string table = contract[contract.IndexOf("| key | meaning |", StringComparison.Ordinal)..];
        string[] documented = [.. table.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => l.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1)).Order(StringComparer.Ordinal)];
        JsonElement[] rows = Rows("--protocol", "flush-after,no-flush", "--vendor", "amd");
        Assert.Equal(["holds", "lost-page"], rows.OrderBy(r => r.GetProperty("protocol").GetString(), StringComparer.Ordinal).Select(r => r.GetProperty("verdict").GetString()));
        Assert.All(rows, row => Assert.Equal(documented, KeysOf(row).Order(StringComparer.Ordinal)));
        JsonElement broken = rows.Single(r => r.GetProperty("verdict").GetString() == "lost-page").GetProperty("broken")[0];
        Assert.Equal(["property", "steps"], KeysOf(broken));
        Assert.All(broken.GetProperty("steps").EnumerateArray(), s => Assert.Equal(["actor", "kind", "text", "line"], KeysOf(s)));
        JsonElement rule = rows.Single(r => r.GetProperty("verdict").GetString() == "holds").GetProperty("restsOn")[0];
        Assert.Equal(["subject", "text", "source", "standing"], KeysOf(rule));
    }

    [Fact]
    public void Threads_change_nothing() =>
        Assert.Equal(Printed("--family", "read-and-clear", "--threads", "1", "--format", "json"), Printed("--family", "read-and-clear", "--threads", "3", "--format", "json"));

    [Fact]
    public void Without_the_reductions_verdicts_are_the_same_after_more_states()
    {
        JsonElement[] reduced = Rows("--protocol", "flush-after,no-flush", "--vendor", "amd", "--rounds", "1"), plain = Rows("--protocol", "flush-after,no-flush", "--vendor", "amd", "--rounds", "1", "--no-reduction");
        Assert.Equal(reduced.Select(r => r.GetProperty("verdict").GetString()), plain.Select(r => r.GetProperty("verdict").GetString()));
        Assert.All(reduced.Zip(plain), pair => Assert.True(pair.First.GetProperty("states").GetInt32() < pair.Second.GetProperty("states").GetInt32()));
    }

    [Fact]
    public void A_file_of_ones_own_works_like_a_shipped_protocol()
    {
        string text = Printed("--show", "flush-after");
        Assert.Equal(RaceCatalogue.TextOf("flush-after"), text);
        JsonElement shipped = Rows("--protocol", "flush-after", "--vendor", "amd")[0];
        JsonElement own = Rows("--protocol", File(text.Replace("protocol flush-after\n", "", StringComparison.Ordinal)), "--vendor", "amd")[0];
        Assert.Equal("mine", own.GetProperty("protocol").GetString());
        foreach (string key in (string[])["verdict", "states", "transitions", "depth"]) Assert.Equal(shipped.GetProperty(key).ToString(), own.GetProperty(key).ToString());
    }

    [Fact]
    public void A_file_and_shipped_protocols_stand_in_one_table()
    {
        string own = File(RaceCatalogue.TextOf("no-flush").Replace("protocol no-flush", "protocol none-of-mine", StringComparison.Ordinal));
        Assert.Equal(["flush-after", "none-of-mine"], Rows("--protocol", own + ",flush-after", "--vendor", "amd").Select(r => r.GetProperty("protocol").GetString()));
    }

    [Fact]
    public void A_search_that_is_not_exhausted_says_so()
    {
        string own = File(RaceCatalogue.TextOf("flush-after"));
        string output = string.Join(' ', LinesOf(Printed("--protocol", own, "--vendor", "amd", "--most-states", "50")));
        Assert.Contains("open, nothing broke so far", output, StringComparison.Ordinal);
        Assert.Contains("1 verdict not exhausted", output, StringComparison.Ordinal);
        Assert.DoesNotContain("flush-after holds", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_has_every_family_name_and_title()
    {
        string[] lines = LinesOf(Printed("--list"));
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.All(RaceCatalogue.Families, f => Assert.Contains(f, lines));
        string text = string.Join(' ', lines.Select(l => l.Trim()));
        Assert.All(RaceCatalogue.Protocols, p => Assert.Contains(lines, l => l.StartsWith($"  {p.Name} ", StringComparison.Ordinal)));
        Assert.All(RaceCatalogue.Protocols, p => Assert.Contains(p.Title, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Hardware_that_is_named_is_a_column_for_protocols_that_name_none()
    {
        Assert.Equal("smmu-bbml0", Rows("--protocol", "no-flush", "--vendor", "smmu-bbml0").Single().GetProperty("hardware").GetString());
        Assert.DoesNotContain(Rows("--protocol", "no-flush"), r => r.GetProperty("hardware").GetString() == "smmu-bbml0");
        Assert.All(Rows("--protocol", "no-flush"), r => Assert.True(HardwareCatalogue.Find(r.GetProperty("hardware").GetString()!)!.IsShownByDefault));
    }

    [Fact]
    public void Mermaid_prints_a_diagram_for_what_breaks_and_a_comment_for_what_holds()
    {
        string[] lines = LinesOf(Printed("--protocol", "flush-after,no-flush", "--vendor", "vtd", "--format", "mermaid"));
        Assert.Contains(lines, l => l.StartsWith("%% flush-after on vtd: holds (", StringComparison.Ordinal));
        Assert.Single(lines, l => l == "sequenceDiagram");
        Assert.True(lines.Count(l => l.Contains("->>", StringComparison.Ordinal)) >= 8);
    }

    [Fact]
    public void Markdown_has_the_table_the_steps_and_a_diagram()
    {
        string output = Printed("--protocol", "no-flush", "--vendor", "amd", "--format", "markdown");
        Assert.Contains("| protocol | what it does | amd |\n|---|---|---|\n| no-flush |", output, StringComparison.Ordinal);
        Assert.Contains("\n1. **", output, StringComparison.Ordinal);
        Assert.Contains("```mermaid\nsequenceDiagram\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaving_steps_out_shows_what_each_is_good_for()
    {
        string own = File("title Two copies\nscene pages\nprogram\ncopy all\nstop device\ndrain device\ncopy all\ncopy all -- redundant vtd: once is enough\n");
        string[] lines = LinesOf(Printed("--protocol", own, "--vendor", "amd,vtd", "--mutate"));
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Equal("mine without    amd vtd".Split(' ', StringSplitOptions.RemoveEmptyEntries), lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches("^  5 stop device +LOST in [0-9]+ +LOST in [0-9]+$", lines[2]);
        Assert.Matches("^  8 copy all +holds [0-9]+ +holds [0-9]+$", lines[5]);
        Assert.Contains("Line 8 may be left out on vtd: once is enough.", lines);
        Assert.Contains("Line 8 may be left out on amd: the protocol does not say why.", lines);
        Assert.Contains("10 steps were left out of the others", string.Join(' ', lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--vendor", "amd,sparc", "--vendor: there is no hardware 'sparc'; there is: amd, vtd, ")]
    [InlineData("--vendor", ",", "An empty list selects nothing")]
    [InlineData("--protocol", "flush-never-ever", "There is no protocol 'flush-never-ever'; 'workbench races --list' shows those there are, such as ")]
    [InlineData("--protocol", "absent.race", "absent.race")]
    [InlineData("--family", "read-and-write", "There is no family 'read-and-write' of protocols; there is: read-and-clear, ")]
    [InlineData("--pages", "5", "--pages 5: 1 to 4 can be explored.")]
    [InlineData("--pages", "0", "--pages 0: 1 to 4")]
    [InlineData("--in-flight", "4", "--in-flight 4: 1 to 3")]
    [InlineData("--rounds", "9", "--rounds 9: 1 to 4")]
    [InlineData("--rounds", "two", "--rounds 'two': a whole number is needed.")]
    [InlineData("--most-states", "0", "--most-states 0: 1 to ")]
    [InlineData("--threads", "0", "--threads 0: at least 1")]
    [InlineData("--show", "nothing", "There is no protocol 'nothing'")]
    [InlineData("--format", "csv", "'csv'")]
    public void Wrong_input_is_one_line_that_says_what_is_allowed(string option, string value, string says)
    {
        string error = WorkbenchProcess.Refused("races", option, value);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("program\nlaod a leaf[0]\n", "Protocol 'mine' line 2: 'laod a leaf[0]': there is no statement 'laod'")]
    [InlineData("program\n\n# comment\nload e leaf[0]\n", "line 4: 'load e leaf[0]': a register (a, b, c or d) is missing before 'e'.")]
    [InlineData("scene desert\nprogram\ncopy\n", "line 1: there is no scene 'desert'; there is: pages, run, block")]
    [InlineData("speed 9\nprogram\ncopy\n", "line 1: 'speed' is no line of a head; there is: protocol, title, ")]
    [InlineData("program\ncas block a none else again\n", "line 2: 'cas block a none else again': there is no label 'again:'")]
    [InlineData("program\nrepeat\ncopy\n", "line 2: 'repeat': there is no 'end' for it.")]
    [InlineData("", "there is no program")]
    [InlineData("vendors amd sparc\nprogram\ncopy\n", "Protocol 'mine' line 1: there is no hardware 'sparc'; names are separated by spaces, and there is: amd, ")]
    [InlineData("vendors smmu\nprogram\ncopy\n", "'mine' is meant for smmu, and none of them was asked for.")]
    [InlineData("scene run\nprogram\ncopy\n", "has no leaves made of several entries")]
    public void A_mistake_in_a_file_is_told_with_its_line(string text, string says)
    {
        string error = WorkbenchProcess.Refused("races", "--protocol", File(text), "--vendor", "vtd");
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Two_protocols_of_one_name_are_refused() =>
        Assert.Contains("Two protocols are called 'flush-after'", WorkbenchProcess.Refused("races", "--protocol", File(RaceCatalogue.TextOf("flush-after")) + ",flush-after"), StringComparison.Ordinal);

    [Fact]
    public void Formats_of_a_table_are_refused_where_steps_are_left_out()
    {
        Assert.Contains("leave out --format", WorkbenchProcess.Refused("races", "--mutate", "--format", "json"), StringComparison.Ordinal);
        Assert.Contains("leave out --counterexample", WorkbenchProcess.Refused("races", "--mutate", "--counterexample"), StringComparison.Ordinal);
    }
}
