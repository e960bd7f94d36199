using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Documents;

public sealed class CellLanguagesTests
{
    private static string Of(string source, string cell = "{}", string notebook = "{}") => CellLanguages.Of(
        Samples.Notebook() with { Metadata = JsonNode.Parse(notebook)!.AsObject() }, Samples.Code(source) with { Metadata = JsonNode.Parse(cell)!.AsObject() });

    [Theory]
    [InlineData("", "{}", "{}", "csharp")]
    [InlineData("\n#!f# \nx", "{}", "{}", "fsharp")]
    [InlineData("#!sql --name q", "{}", "{}", "sql")]
    [InlineData("#!time", "{}", """{"kernelspec":{"language":"F#"}}""", "fsharp")]
    [InlineData("#!sql", """{"polyglot_notebook":{"kernelName":"fsharp"},"dotnet_interactive":{"language":"csharp"}}""", "{}", "fsharp")]
    [InlineData("#!sql", """{"dotnet_interactive":{"language":"fsharp"}}""", "{}", "fsharp")]
    [InlineData("", "{}", """{"kernelspec":{"name":".net-fsharp"}}""", "fsharp")]
    [InlineData("", "{}", """{"language_info":{"name":"python"},"kernelspec":{"name":"python3"}}""", "python")]
    [InlineData("", "{}", """{"language_info":{"name":"polyglot-notebook"},"kernelspec":{"language":"C#"}}""", "csharp")]
    [InlineData("", "{}", """{"kernelspec":{"language":"F#"},"polyglot_notebook":{"kernelInfo":{"defaultKernelName":"sql"}}}""", "sql")]
    [InlineData("", "{}", """{"kernelspec":{"language":"COBOL"}}""", "COBOL")]
    public void Metadata_goes_before_the_magic_and_the_magic_before_the_notebook(string source, string cell, string notebook, string language) => Assert.Equal(language, Of(source, cell, notebook));
}
