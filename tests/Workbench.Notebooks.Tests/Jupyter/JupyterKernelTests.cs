using System.Text.Json.Nodes;
using Xunit;

namespace Workbench.Notebooks.Tests.Jupyter;

public sealed class JupyterKernelTests : IDisposable
{
    private readonly RunningKernel running = new();

    private KernelClient Client => running.Client;

    public void Dispose() => running.Dispose();

    [Fact]
    public void The_kernel_says_what_it_is()
    {
        KernelMessage reply = Client.Ask("kernel_info_request");
        Assert.Equal("kernel_info_reply", reply.Type);
        Assert.Equal("5.4", reply["protocol_version"]);
        JsonObject language = reply.Content["language_info"]!.AsObject();
        Assert.Equal(["C#", ".csx", "text/x-csharp", "csharp", "text/x-csharp"], ((string[])["name", "file_extension", "mimetype", "pygments_lexer", "codemirror_mode"]).Select(n => (string?)language[n]));
        Assert.False((bool)reply.Content["debugger"]!);
        Assert.True(Client.Beats());
    }

    [Fact]
    public void A_cell_echoes_its_code_then_shows_outputs_in_order_then_its_result_and_the_kernel_is_busy_around_all()
    {
        string id = Client.SendCode("Console.Write(1); display(2); Console.Error.Write(3); 4");
        Assert.Equal("ok", Client.Reply()["status"]);
        IReadOnlyList<KernelMessage> told = Client.Broadcasts(id);
        Assert.Equal(["status", "execute_input", "stream", "display_data", "stream", "execute_result", "status"], told.Select(m => m.Type));
        Assert.Equal("busy", told[0]["execution_state"]);
        Assert.Equal("1", told[1]["execution_count"]);
        Assert.Equal(("stdout", "1"), (told[2]["name"], told[2]["text"]));
        Assert.Equal(("stderr", "3"), (told[4]["name"], told[4]["text"]));
        Assert.Equal(("4", "1"), (told[5].Data(), told[5]["execution_count"]));
    }

    [Theory]
    [InlineData("kernel_info_request", "{}")]
    [InlineData("complete_request", """{"code":"","cursor_pos":0}""")]
    [InlineData("inspect_request", """{"code":"","cursor_pos":0,"detail_level":0}""")]
    [InlineData("is_complete_request", """{"code":"1"}""")]
    [InlineData("history_request", """{"hist_access_type":"tail","n":3}""")]
    [InlineData("comm_info_request", "{}")]
    [InlineData("connect_request", "{}")]
    [InlineData("interrupt_request", "{}", true)]
    [InlineData("no_such_request", "{}")]
    [InlineData("debug_request", "{}", true)]
    public void The_kernel_is_busy_and_idle_around_every_request_and_answers_it(string type, string content, bool onControl = false)
    {
        string id = Client.Send(type, JsonNode.Parse(content)!.AsObject(), onControl);
        KernelMessage reply = Client.Reply(onControl);
        Assert.Equal((type[..^"request".Length] + "reply", id), (reply.Type, reply.ParentId));
        Assert.Equal(["busy", "idle"], Client.Broadcasts(id).Select(m => m["execution_state"]));
    }

    [Fact]
    public void A_silent_cell_tells_nothing_and_counts_nothing()
    {
        string id = Client.SendCode("Console.Write(1); display(2); 3", silent: true);
        Assert.Equal("0", Client.Reply()["execution_count"]);
        Assert.Empty(Client.Outputs(id));
        Assert.Equal("1", Client.Run("1").Reply["execution_count"]);
    }

    [Fact]
    public void A_cell_that_is_not_stored_neither_counts_nor_is_remembered()
    {
        Client.Run("1");
        string id = Client.SendCode("2", storeHistory: false);
        Assert.Equal("1", Client.Reply()["execution_count"]);
        Assert.Equal("2", Assert.Single(Client.Outputs(id)).Data());
        Assert.Single(History(new() { ["hist_access_type"] = "tail", ["n"] = 10 }));
    }

    [Fact]
    public void Expressions_of_the_user_are_evaluated_after_the_cell_each_with_its_own_error()
    {
        Client.SendCode("var x = 20;", expressions: new() { ["twice"] = "x * 2", ["wrong"] = "y" });
        JsonNode values = Client.Reply().Content["user_expressions"]!;
        Assert.Equal("40", (string?)values["twice"]!["data"]!["text/plain"]);
        Assert.Equal("error", (string?)values["wrong"]!["status"]);
        Assert.Equal("CompileError", (string?)values["wrong"]!["ename"]);
    }

    [Fact]
    public void An_error_is_told_and_replied_with_a_red_first_line()
    {
        (KernelMessage reply, IReadOnlyList<KernelMessage> outputs) = Client.Run("throw new InvalidOperationException(\"no such page\");");
        KernelMessage error = Assert.Single(outputs);
        Assert.Equal("error", error.Type);
        foreach (KernelMessage message in (KernelMessage[])[reply, error])
        {
            Assert.Equal(("System.InvalidOperationException", "no such page"), (message["ename"], message["evalue"]));
            Assert.Equal("\e[31mSystem.InvalidOperationException: no such page\e[0m", (string?)message.Content["traceback"]![0]);
        }
        Assert.Equal(("error", "1"), (reply["status"], reply["execution_count"]));
    }

    [Fact]
    public void A_request_that_lacks_something_gets_an_error_that_says_so()
    {
        KernelMessage reply = Client.Ask("execute_request", new() { ["silent"] = false });
        Assert.Equal("error", reply["status"]);
        Assert.Contains("'code'", reply["evalue"], StringComparison.Ordinal);
        Assert.Contains("'silent' must be true or false", Client.Ask("execute_request", new() { ["code"] = "1", ["silent"] = "yes" })["evalue"], StringComparison.Ordinal);
        Assert.Equal("ok", Client.Run("1").Reply["status"]);
    }

    [Fact]
    public void A_wrong_signature_and_garbled_messages_are_dropped_and_logged_and_the_kernel_lives()
    {
        byte[][] forged = Client.Frames("execute_request", "forged", new() { ["code"] = "Environment.FailFast(\"forged\")" }, null);
        forged[1][0] ^= 1;
        Client.SendRaw(forged);
        Client.SendRaw(forged[0], [], forged[2], forged[3], forged[4], forged[5]);
        Client.SendRaw("nonsense"u8.ToArray());
        Client.SendRaw("<IDS|MSG>"u8.ToArray());
        Client.SendRaw(Client.Signed("{", "{}", "{}", "{}"));
        Client.SendRaw(Client.Signed("[]", "{}", "{}", "{}"));
        Client.SendRaw(Client.Signed("{}", "{}", "{}", "{}"));
        Client.SendRaw(Client.Signed("""{"msg_id":"1","msg_type":"x","msg_type":"y"}""", "{}", "{}", "{}"));
        Client.SendRaw(Client.Signed("""{"msg_id":"1","msg_type":"\ud800"}""", "{}", "{}", "{}"));
        Client.SendRaw(Client.Signed("""{"msg_id":7,"msg_type":"x"}""", "{}", "{}", "{}"));
        Client.SendRaw(Client.Signed("""{"msg_id":"1","msg_type":"x"}""", "{}", "{}", new string('[', 1000)));
        Assert.Equal("2", Client.Run("1 + 1").Outputs[0].Data());
        string[] log = running.Log.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(11, log.Length);
        Assert.All(log, l => Assert.Contains("a message on Shell was dropped", l, StringComparison.Ordinal));
        Assert.Equal(2, log.Count(l => l.EndsWith("wrong signature", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_a_key_messages_are_not_signed()
    {
        using RunningKernel open = new(key: "");
        Assert.Equal("2", open.Client.Run("1 + 1").Outputs[0].Data());
    }

    [Fact]
    public void A_comm_to_an_unknown_target_is_closed_at_once_and_its_messages_are_borne()
    {
        string id = Client.Send("comm_open", new() { ["comm_id"] = "c1", ["target_name"] = "jupyter.widget", ["data"] = new JsonObject() });
        KernelMessage closed = Assert.Single(Client.Outputs(id));
        Assert.Equal(("comm_close", "c1"), (closed.Type, closed["comm_id"]));
        foreach (string type in (string[])["comm_msg", "comm_close"]) Assert.Empty(Client.Outputs(Client.Send(type, new() { ["comm_id"] = "c1", ["data"] = new JsonObject() })));
        Assert.Equal("{}", Client.Ask("comm_info_request").Content["comms"]!.ToJsonString());
    }

    [Fact]
    public void The_ports_are_told_on_request()
    {
        KernelMessage reply = Client.Ask("connect_request");
        Assert.Equal(running.Kernel.Connection.ShellPort, (int)reply.Content["shell_port"]!);
        Assert.Equal(running.Kernel.Connection.HeartbeatPort, (int)reply.Content["hb_port"]!);
    }

    [Fact]
    public void Cells_are_remembered_by_tail_range_and_pattern()
    {
        foreach (string code in (string[])["1 + 1", "var a = 5;", "1 + 1"]) Client.Run(code);
        Assert.Equal(["[1,2,\"var a = 5;\"]", "[1,3,\"1 \\u002B 1\"]"], History(new() { ["hist_access_type"] = "tail", ["n"] = 2 }));
        Assert.Equal(["[1,1,[\"1 \\u002B 1\",\"2\"]]", "[1,2,[\"var a = 5;\",null]]"], History(new() { ["hist_access_type"] = "range", ["session"] = 0, ["start"] = 1, ["stop"] = 3, ["output"] = true }));
        Assert.Empty(History(new() { ["hist_access_type"] = "range", ["session"] = 2, ["start"] = 1, ["stop"] = 3 }));
        Assert.Equal(2, History(new() { ["hist_access_type"] = "search", ["pattern"] = "1*" }).Length);
        Assert.Equal(["[1,3,\"1 \\u002B 1\"]"], History(new() { ["hist_access_type"] = "search", ["pattern"] = "1*", ["unique"] = true }));
        Assert.Equal("error", Client.Ask("history_request", new() { ["hist_access_type"] = "all" })["status"]);
    }

    [Fact]
    public void The_language_of_a_cell_is_read_from_its_metadata()
    {
        Client.SendCode("1", metadata: new() { ["polyglot_notebook"] = new JsonObject { ["kernelName"] = "cobol" }, ["dotnet_interactive"] = new JsonObject { ["language"] = "csharp" } });
        Assert.Contains("cobol", Client.Reply()["evalue"], StringComparison.Ordinal);
        Client.SendCode("1", metadata: new() { ["dotnet_interactive"] = new JsonObject { ["language"] = "c#" }, ["polyglot_notebook"] = "not an object" });
        Assert.Equal("ok", Client.Reply()["status"]);
    }

    private string[] History(JsonObject request) => [.. Client.Ask("history_request", request).Content["history"]!.AsArray().Select(h => h!.ToJsonString())];
}
