using System.Globalization;
using Xunit;

namespace Workbench.Notebooks.Tests.Jupyter;

public sealed class KernelExecutionTests : IDisposable
{
    private readonly RunningKernel running = new();
    private readonly string gate = Guid.NewGuid().ToString();

    private KernelClient Client => running.Client;

    public void Dispose()
    {
        Gates.Open(gate);
        running.Dispose();
    }

    [Theory]
    [InlineData("Thread.Sleep(Timeout.Infinite);")]
    [InlineData("await Task.Delay(Timeout.Infinite);")]
    [InlineData("while (!stop) Thread.Yield();")]
    [InlineData("await Task.Delay(Timeout.Infinite, Interrupted);")]
    public void A_cell_is_interrupted_and_the_kernel_goes_on(string endless)
    {
        Client.Run("var stop = false; var kept = 5;");
        string id = Client.SendCode($"Console.Write(\"go\"); {endless}");
        Client.WaitForText(id, "go");
        Assert.Equal("interrupt_reply", Client.Ask("interrupt_request", onControl: true).Type);
        KernelMessage reply = Client.Reply();
        Assert.Equal(("error", "Interrupted", id), (reply["status"], reply["ename"], reply.ParentId));
        Assert.Equal("error", Assert.Single(Client.Outputs(id)).Type);
        Assert.Equal("5", Client.Run("stop = true; kept").Outputs[0].Data());
    }

    [Fact]
    public void An_interrupt_while_nothing_runs_changes_nothing()
    {
        Assert.Equal("ok", Client.Ask("interrupt_request", onControl: true)["status"]);
        Assert.Equal("ok", Client.Run("1").Reply["status"]);
    }

    [Theory]
    [InlineData("exit")]
    [InlineData("quit")]
    [InlineData(" exit()\n")]
    [InlineData("quit()")]
    public void A_cell_that_says_goodbye_asks_the_client_to_end(string code)
    {
        (KernelMessage reply, IReadOnlyList<KernelMessage> outputs) = Client.Run(code);
        Assert.Equal("ok", reply["status"]);
        Assert.Equal("""[{"source":"ask_exit","keepkernel":false}]""", reply.Content["payload"]!.ToJsonString());
        Assert.Empty(outputs);
    }

    [Fact]
    public void A_variable_called_exit_is_shown_and_other_cells_end_nothing()
    {
        Assert.Equal("5", Client.Run("var exit = 5; exit").Outputs[0].Data());
        (KernelMessage reply, IReadOnlyList<KernelMessage> outputs) = Client.Run("exit");
        Assert.Equal(("5", "[]"), (outputs[0].Data(), reply.Content["payload"]!.ToJsonString()));
    }

    [Fact]
    public void Control_and_heartbeat_answer_while_a_cell_runs()
    {
        string id = Client.SendCode($"Console.Write(\"go\"); Workbench.Notebooks.Tests.Jupyter.Gates.Pass(\"{gate}\");");
        Client.WaitForText(id, "go");
        Assert.Equal("kernel_info_reply", Client.Ask("kernel_info_request", onControl: true).Type);
        Assert.True(Client.Beats());
        Gates.Open(gate);
        Assert.Equal("ok", Client.Reply()["status"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Shutdown_is_answered_and_told_to_everyone_and_ends_even_a_busy_kernel(bool restart)
    {
        string id = Client.SendCode("Console.Write(\"go\"); Thread.Sleep(Timeout.Infinite);");
        Client.WaitForText(id, "go");
        string shutdown = Client.Send("shutdown_request", new() { ["restart"] = restart }, onControl: true);
        Assert.Equal(("shutdown_reply", restart), (Client.Reply(onControl: true).Type, restart));
        KernelMessage told = Assert.Single(Client.Outputs(shutdown));
        Assert.Equal(("shutdown_reply", restart), (told.Type, (bool)told.Content["restart"]!));
        Assert.True(running.Ends());
    }

    [Fact]
    public void Shutdown_ends_a_kernel_that_is_about_to_begin_a_cell()
    {
        for (int i = 0; i < 5; i++)
        {
            using RunningKernel hurried = new();
            hurried.Client.SendCode("Thread.Sleep(Timeout.Infinite);");
            hurried.Client.SendCode("Thread.Sleep(Timeout.Infinite);");
            hurried.Client.Ask("shutdown_request", onControl: true);
            Assert.True(hurried.Ends());
        }
    }

    [Fact]
    public void What_waits_behind_a_failing_cell_is_aborted_but_other_requests_are_answered_and_later_cells_run()
    {
        string failing = Client.SendCode($"Workbench.Notebooks.Tests.Jupyter.Gates.Pass(\"{gate}\"); throw new Exception(\"stop\");");
        // Taken from the queue, so that three behind it are all there are.
        Gates.WaitForCell(gate);
        string waiting = Client.SendCode("var never = 1;");
        string info = Client.Send("kernel_info_request");
        string last = Client.SendCode("var neither = 1;");
        running.WaitForQueue(3);
        Gates.Open(gate);
        KernelMessage[] replies = [Client.Reply(), Client.Reply(), Client.Reply(), Client.Reply()];
        Assert.Equal([failing, waiting, info, last], replies.Select(r => r.ParentId));
        Assert.Equal(["error", "aborted", "ok", "aborted"], replies.Select(r => r["status"]));
        Assert.Equal(["busy", "idle"], Client.Broadcasts(waiting).Select(m => m["execution_state"]));
        Assert.Equal("2", Client.Run("var now = 2; now").Outputs[0].Data());
        Assert.Equal("CompileError", Client.Run("never").Reply["ename"]);
    }

    [Fact]
    public void With_stop_on_error_off_what_waits_is_run()
    {
        Client.SendCode($"Workbench.Notebooks.Tests.Jupyter.Gates.Pass(\"{gate}\"); throw new Exception(\"on\");", stopOnError: false);
        Gates.WaitForCell(gate);
        Client.SendCode("var after = 1;");
        running.WaitForQueue(1);
        Gates.Open(gate);
        Assert.Equal(["error", "ok"], [Client.Reply()["status"], Client.Reply()["status"]]);
    }

    [Fact]
    public void A_cell_asks_for_lines_and_gets_them()
    {
        string id = Client.SendCode("var name = GetInput(\"Name? \"); var secret = GetPassword(\"Password? \"); var third = Console.ReadLine(); name + secret + third", allowStdin: true);
        foreach ((string prompt, bool isPassword, string answer) in ((string, bool, string)[])[("Name? ", false, "α😀"), ("Password? ", true, "b"), ("", false, "c")])
        {
            KernelMessage question = Client.Question();
            Assert.Equal(("input_request", prompt, isPassword, id), (question.Type, question["prompt"], (bool)question.Content["password"]!, question.ParentId));
            Client.Answer(answer);
        }
        Client.Reply();
        Assert.Equal("α😀bc", Client.Outputs(id)[^1].Data());
    }

    [Fact]
    public void A_question_where_nobody_may_be_asked_is_the_cells_error()
    {
        (KernelMessage reply, _) = Client.Run("GetInput(\"?\")");
        Assert.Equal("Workbench.Notebooks.Display.InputNotAvailableException", reply["ename"]);
        Assert.Contains("allow_stdin", reply["evalue"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_can_be_interrupted_and_a_late_answer_is_ignored()
    {
        Client.SendCode("GetInput(\"?\")", allowStdin: true);
        Client.Question();
        Client.Ask("interrupt_request", onControl: true);
        Assert.Equal("Interrupted", Client.Reply()["ename"]);
        Client.Answer("late");
        Client.SendCode("GetInput(\"again\")", allowStdin: true);
        Assert.Equal("again", Client.Question()["prompt"]);
        Client.Answer("new");
        Assert.Equal("ok", Client.Reply()["status"]);
    }

    [Fact]
    public void Late_output_belongs_to_the_cell_that_began_it()
    {
        string first = Client.SendCode("var open = new TaskCompletionSource(); var late = Task.Run(async () => { await open.Task; Console.Write(\"late\"); display(1); });");
        Client.Reply();
        Client.Outputs(first);
        string second = Client.SendCode("Console.Write(\"a\"); open.SetResult(); await late; Console.Write(\"b\");");
        Client.Reply();
        List<KernelMessage> told = [];
        while (told.Count(m => m.Type == "status") < 2) told.Add(Client.Next());
        Assert.Equal([first, first], told.Where(m => m["text"] == "late" || m.Type == "display_data").Select(m => m.ParentId));
        Assert.Equal("ab", string.Concat(told.Where(m => m.Type == "stream" && m.ParentId == second).Select(m => m["text"])));
    }

    [Fact]
    public void A_value_on_show_is_replaced_from_a_later_cell_and_outputs_are_cleared()
    {
        KernelMessage shown = Client.Run("var shown = display(\"old\");").Outputs[0];
        KernelMessage updated = Assert.Single(Client.Run("shown.Update(\"new\");").Outputs);
        Assert.Equal(("update_display_data", "new"), (updated.Type, updated.Data()));
        string? id = (string?)shown.Content["transient"]!["display_id"];
        Assert.False(string.IsNullOrEmpty(id));
        Assert.Equal(id, (string?)updated.Content["transient"]!["display_id"]);
        KernelMessage cleared = Assert.Single(Client.Run("clear_output(true);").Outputs);
        Assert.Equal(("clear_output", true), (cleared.Type, (bool)cleared.Content["wait"]!));
    }

    [Fact]
    public void A_thousand_cells_sent_at_once_run_in_order()
    {
        const int Cells = 1000;
        Client.Run("var n = 0;");
        List<string> ids = [];
        for (int i = 0; i < Cells; i++) ids.Add(Client.SendCode("#!lsmagic", expressions: i % 250 == 0 ? new() { ["n"] = "++n" } : null));
        for (int i = 0; i < Cells; i++)
        {
            KernelMessage reply = Client.Reply();
            Assert.Equal((ids[i], (i + 2).ToString(CultureInfo.InvariantCulture)), (reply.ParentId, reply["execution_count"]));
            if (i % 250 == 0) Assert.Equal(((i / 250) + 1).ToString(CultureInfo.InvariantCulture), (string?)reply.Content["user_expressions"]!["n"]!["data"]!["text/plain"]);
        }
    }

    [Fact]
    public void Fifty_megabytes_of_lines_arrive_whole_and_in_order_in_few_messages()
    {
        const int Lines = 800_000;
        string id = Client.SendCode($"for (int i = 0; i < {Lines}; i++) Console.WriteLine(i.ToString().PadLeft(63, '.'));");
        int line = 0, messages = 0;
        string rest = "";
        while (line < Lines)
        {
            if (Client.Next() is not { Type: "stream" } message || message.ParentId != id) continue;
            messages++;
            string[] lines = (rest + message["text"]).Split('\n');
            foreach (string text in lines[..^1]) Assert.Equal((line++).ToString(CultureInfo.InvariantCulture).PadLeft(63, '.'), text);
            rest = lines[^1];
        }
        Assert.Equal("", rest);
        Assert.Equal("ok", Client.Reply()["status"]);
        Assert.InRange(messages, 1, 20_000);
    }

    [Fact]
    public void A_pair_of_surrogates_written_in_two_halves_arrives_as_one_character()
    {
        (_, IReadOnlyList<KernelMessage> outputs) = Client.Run("Console.Write(new string('x', 65535)); foreach (char c in \"😀!\") { Console.Write(c); await Task.Delay(60); }");
        Assert.Equal("😀!", string.Concat(outputs.Select(o => o["text"]))[65535..]);
    }

    [Fact]
    public void Two_clients_hear_everything_and_each_gets_its_own_replies()
    {
        using KernelClient other = new(running.Kernel.Connection);
        string mine = Client.SendCode("Console.Write(\"mine\");"), others = other.SendCode("Console.Write(\"others\");");
        Assert.Equal(mine, Client.Reply().ParentId);
        Assert.Equal(others, other.Reply().ParentId);
        foreach (KernelClient client in (KernelClient[])[Client, other])
        {
            Dictionary<string, string> heard = [];
            while (heard.Count < 2)
                if (client.Next() is { Type: "stream" } message) heard[message.ParentId] = message["text"]!;
            Assert.Equal(("mine", "others"), (heard[mine], heard[others]));
        }
    }
}
