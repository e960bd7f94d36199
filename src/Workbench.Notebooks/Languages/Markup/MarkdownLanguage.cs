using Markdig;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Languages.Markup;

/// <summary>Markdown, shown as markup; front ends that render Markdown themselves get it too.</summary>
internal sealed class MarkdownLanguage : ILanguage
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().UseEmphasisExtras().UseTaskLists().UseFootnotes().Build();

    public string Name => "markdown";

    public IReadOnlyList<string> Aliases { get; } = ["md"];

    public string Help => "show Markdown";

    public Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        string text = part.Code.Trim('\n');
        scope.Output.Display(MimeBundle.Empty.With("text/markdown", text).With(MimeBundle.Html, Markdown.ToHtml(text, Pipeline)).With(MimeBundle.PlainText, text), null);
        return Task.FromResult(LanguageResult.None);
    }
}
