using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed partial class KernelConformanceTests
{
    // Jupyter's own test of kernels, with a sample for every test it has.
    private const string Suite = """"
        import jupyter_kernel_test as jkt

        class WorkbenchKernelTests(jkt.KernelTests):
            kernel_name = "workbench-csharp"
            language_name = "C#"
            file_extension = ".csx"
            code_hello_world = 'Console.WriteLine("hello, world");'
            code_stderr = 'Console.Error.WriteLine("oops");'
            completion_samples = [{"text": "Console.WriteL", "matches": {"WriteLine"}}, {"text": "#!lsm", "matches": {"#!lsmagic"}}]
            complete_code_samples = ["1 + 1", "var x = 5;", "Console?", "#!lsmagic", "foreach (var i in new[] { 1 }) { }"]
            incomplete_code_samples = ["if (true) {", "var s = (", 'var s = """\nabc']
            invalid_code_samples = ["var x = = 5;", "class 1 { }"]
            code_page_something = "Console.WriteLine?"
            code_generate_error = 'throw new InvalidOperationException("no");'
            code_execute_result = [{"code": "6 * 7", "result": "42"}, {"code": '"text"', "result": "text"}, {"code": "HTML(\"<b>x</b>\")", "mime": "text/html"}]
            code_display_data = [{"code": 'display(HTML("<b>x</b>"));', "mime": "text/html"}, {"code": "display(5);", "mime": "text/plain"}]
            code_history_pattern = "6*7"
            supported_history_operations = ("tail", "range", "search")
            code_inspect_sample = "Console.WriteLine"
            code_clear_output = "clear_output();"
        """";

    [Fact]
    public void The_kernel_passes_every_test_of_jupyter_kernel_test()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("jupyter_kernel_test");
        File.WriteAllText(installation.Folder["conformance.py"], Suite);
        (int exit, _, string report) = installation.RunModule("unittest", "", "-v", "conformance");
        Assert.True(exit == 0, report);
        Assert.DoesNotContain("skipped", report, StringComparison.Ordinal);
        Assert.True(int.Parse(Count().Match(report).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) >= 12, report);
    }

    [Fact]
    public void Nbconvert_runs_a_notebook()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("nbconvert");
        File.WriteAllText(installation.Folder["in.ipynb"], NotebookOf("var n = 6;", "Console.WriteLine(\"six\"); n * 7", "display(HTML(\"<b>bold</b>\"));"));
        (int exit, _, string error) = installation.RunModule("nbconvert", "", "--to", "notebook", "--execute", "in.ipynb", "--output", "out.ipynb");
        Assert.True(exit == 0, error);
        JsonArray cells = JsonNode.Parse(File.ReadAllText(installation.Folder["out.ipynb"]))!["cells"]!.AsArray();
        Assert.Empty(cells[0]!["outputs"]!.AsArray());
        Assert.Equal(["stream", "execute_result"], cells[1]!["outputs"]!.AsArray().Select(o => (string?)o!["output_type"]));
        Assert.Contains("42", cells[1]!["outputs"]![1]!["data"]!["text/plain"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("bold", cells[2]!["outputs"]![0]!["data"]!["text/html"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nbconvert_stops_at_a_cell_that_fails()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("nbconvert");
        File.WriteAllText(installation.Folder["in.ipynb"], NotebookOf("throw new Exception(\"not today\");"));
        (int exit, _, string error) = installation.RunModule("nbconvert", "", "--to", "notebook", "--execute", "in.ipynb", "--output", "out.ipynb");
        Assert.NotEqual(0, exit);
        Assert.Contains("not today", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_console_runs_lines()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("jupyter_console");
        (int exit, string output, string error) = installation.RunModule("jupyter_console", "var n = 6;\nn * 7\nConsole.WriteLine(\"li\" + \"ne\");\nexit\n", "--kernel", KernelInstallation.KernelName, "--simple-prompt");
        Assert.True(exit == 0, error);
        Assert.Contains("42", output, StringComparison.Ordinal);
        Assert.Contains("line", output, StringComparison.Ordinal);
    }

    internal static string NotebookOf(params string[] cells)
    {
        JsonArray all = [];
        foreach ((int i, string source) in cells.Index())
            all.Add(new JsonObject { ["cell_type"] = "code", ["id"] = $"cell{i}", ["execution_count"] = null, ["metadata"] = new JsonObject(), ["outputs"] = new JsonArray(), ["source"] = source });
        JsonObject spec = new() { ["name"] = KernelInstallation.KernelName, ["display_name"] = "C#", ["language"] = "C#" };
        return new JsonObject { ["nbformat"] = 4, ["nbformat_minor"] = 5, ["metadata"] = new JsonObject { ["kernelspec"] = spec }, ["cells"] = all }.ToJsonString();
    }

    [GeneratedRegex(@"Ran (\d+) tests")]
    private static partial Regex Count();
}
