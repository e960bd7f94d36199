using System.Text.Json.Nodes;
using Workbench.Notebooks.Jupyter;
using Xunit;

namespace Workbench.Notebooks.Tests.Jupyter;

public sealed class CodeQuestionsTests : IDisposable
{
    private readonly RunningKernel running = new();

    private KernelClient Client => running.Client;

    public void Dispose() => running.Dispose();

    [Fact]
    public void Names_of_magics_are_completed_at_code_point_positions()
    {
        KernelMessage reply = Complete("var s = \"😀😀\";\n  #!lsm", 21);
        Assert.Equal(["#!lsmagic"], Matches(reply));
        Assert.Equal((16, 21), ((int)reply.Content["cursor_start"]!, (int)reply.Content["cursor_end"]!));
        Assert.Equal("magic", (string?)reply.Content["metadata"]!["_jupyter_types_experimental"]![0]!["type"]);
        Assert.Contains("#!csharp", Matches(Complete("#!", 2)));
        Assert.Empty(Matches(Complete("#!lsmagic ", 10)));
    }

    [Fact]
    public void Code_is_completed_at_code_point_positions_after_characters_of_two_units()
    {
        const string Before = "var s = \"😀😀\";\nConsole.WriteL";
        int cursor = Before.EnumerateRunes().Count();
        KernelMessage reply = Complete(Before + ";", cursor);
        Assert.Equal(["WriteLine"], Matches(reply));
        Assert.Equal((cursor - "WriteL".Length, cursor), ((int)reply.Content["cursor_start"]!, (int)reply.Content["cursor_end"]!));
    }

    [Fact]
    public void A_part_of_a_cell_is_completed_in_its_own_language()
    {
        const string Before = "#!lsmagic\r\n#!csharp\r\nvar s = \"😀\"; Console.WriteL";
        int cursor = Before.EnumerateRunes().Count();
        KernelMessage reply = Complete(Before + "\r\n#!lsmagic", cursor);
        Assert.Equal(["WriteLine"], Matches(reply));
        Assert.Equal(cursor, (int)reply.Content["cursor_end"]!);
    }

    [Fact]
    public void A_name_is_inspected_at_a_code_point_position_and_with_detail_shows_its_value()
    {
        Client.Run("var answer = 42;");
        JsonObject request = new() { ["code"] = "/*😀😀*/ answer", ["cursor_pos"] = 9, ["detail_level"] = 0 };
        KernelMessage brief = Client.Ask("inspect_request", (JsonObject)request.DeepClone());
        Assert.True((bool)brief.Content["found"]!);
        Assert.Contains("answer", brief.Data(), StringComparison.Ordinal);
        request["detail_level"] = 1;
        Assert.Contains("42", Client.Ask("inspect_request", (JsonObject)request.DeepClone()).Data(), StringComparison.Ordinal);
        request["detail_level"] = 2;
        Assert.Equal("error", Client.Ask("inspect_request", request)["status"]);
    }

    [Theory]
    [InlineData("1 + 1", "complete", null)]
    [InlineData("Console?", "complete", null)]
    [InlineData("#!lsmagic", "complete", null)]
    [InlineData("if (true)\n{", "incomplete", "    ")]
    [InlineData("if (true)\n{\n    if (false)\n    {", "incomplete", "        ")]
    [InlineData("var x = = 5;", "invalid", null)]
    public void Code_is_complete_or_says_how_to_go_on(string code, string status, string? indent)
    {
        KernelMessage reply = Client.Ask("is_complete_request", new() { ["code"] = code });
        Assert.Equal((status, indent), (reply["status"], reply["indent"]));
    }

    [Fact]
    public void A_name_with_a_question_mark_shows_a_page_and_no_output()
    {
        (KernelMessage reply, IReadOnlyList<KernelMessage> outputs) = Client.Run("Console.WriteLine?");
        Assert.Empty(outputs);
        JsonNode page = Assert.Single(reply.Content["payload"]!.AsArray())!;
        Assert.Equal("page", (string?)page["source"]);
        Assert.Contains("WriteLine", (string?)page["data"]!["text/plain"], StringComparison.Ordinal);
        (reply, outputs) = Client.Run("?nosuchname");
        Assert.Empty(reply.Content["payload"]!.AsArray());
        Assert.Contains("'nosuchname'", outputs[0]["text"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x?", "x", 0)]
    [InlineData(" Console.Out?? \n", "Console.Out", 1)]
    [InlineData("??größe", "größe", 1)]
    public void A_question_names_its_subject(string code, string subject, int detail)
    {
        Assert.Equal((subject, detail), CodeQuestions.HelpOn(code));
    }

    [Theory]
    [InlineData("x?.y")]
    [InlineData("x ? 1 : 2")]
    [InlineData("x???")]
    [InlineData("?")]
    [InlineData("a?\nb?")]
    public void Other_code_is_no_question(string code)
    {
        Assert.Null(CodeQuestions.HelpOn(code));
    }

    private KernelMessage Complete(string code, int cursor) => Client.Ask("complete_request", new() { ["code"] = code, ["cursor_pos"] = cursor });

    private static string[] Matches(KernelMessage reply) => [.. reply.Content["matches"]!.AsArray().Select(m => (string)m!)];
}
