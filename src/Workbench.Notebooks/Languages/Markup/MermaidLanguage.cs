using System.Net;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Languages.Markup;

/// <summary>Mermaid diagrams: their source for front ends that draw it.</summary>
internal sealed class MermaidLanguage : ILanguage
{
    public string Name => "mermaid";

    public IReadOnlyList<string> Aliases { get; } = [];

    public string Help => "draw a Mermaid diagram";

    public Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        string source = part.Code.Trim();
        scope.Output.Display(MimeBundle.Empty.With("text/vnd.mermaid", source).With(MimeBundle.Html, $"<pre>{WebUtility.HtmlEncode(source)}</pre>").With(MimeBundle.PlainText, source), null);
        return Task.FromResult(LanguageResult.None);
    }
}
