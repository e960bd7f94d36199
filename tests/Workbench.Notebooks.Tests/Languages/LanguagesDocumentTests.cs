using System.Text.RegularExpressions;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Workbench.Testing;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed partial class LanguagesDocumentTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "notebook-languages.md"));

    [Fact]
    public async Task Every_example_of_the_document_gives_what_it_says()
    {
        using TestNotebook notebook = new();
        Match[] blocks = Block().Matches(Text).ToArray();
        int checkedResults = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            if (blocks[i].Groups["info"].Value.Split(' ') is not [_, "cell"]) continue;
            // Tests do not run in the notebook's folder.
            string code = blocks[i].Groups["text"].Value.TrimEnd('\n').Replace("WriteAllText(\"", $"WriteAllText(@\"{notebook.Folder}/", StringComparison.Ordinal);
            string expected = i + 1 < blocks.Length ? blocks[i + 1].Groups["info"].Value : "", text = expected.Length > 0 ? blocks[i + 1].Groups["text"].Value.TrimEnd('\n') : "";
            CellOutcome outcome = await notebook.Run(code);
            string shown = outcome.Error is { } error ? string.Join('\n', error.Traceback) : outcome.Result?.TextOf(MimeBundle.PlainText) ?? "";
            if (expected == "text error") Assert.Contains(text, shown, StringComparison.Ordinal);
            else Assert.True(outcome.Status == CellStatus.Ok, $"{code}\n{shown}");
            if (expected == "text result") Assert.Equal(text, shown);
            if (expected is "text error" or "text result") checkedResults++;
        }
        Assert.True(checkedResults > 8);
    }

    [Fact]
    public void Every_language_and_magic_has_an_example()
    {
        using TestNotebook notebook = new();
        string examples = string.Concat(Block().Matches(Text).Where(b => b.Groups["info"].Value.EndsWith(" cell", StringComparison.Ordinal)).Select(b => b.Groups["text"].Value));
        foreach (string name in notebook.Session.Languages.Select(l => l.Name).Concat(notebook.Session.Magics.Select(m => m.Name))) Assert.Matches($"(?m)^#!{Regex.Escape(name)}\\b", examples);
        foreach (string name in notebook.Session.Languages.SelectMany(l => l.Aliases)) Assert.Contains($"`#!{name}`", Text, StringComparison.Ordinal);
    }

    [GeneratedRegex("^```(?<info>[^\n]*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
