using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Languages.Markup;

/// <summary>HTML, shown as it is.</summary>
internal sealed class HtmlLanguage : ILanguage
{
    public string Name => "html";

    public IReadOnlyList<string> Aliases { get; } = [];

    public string Help => "show HTML";

    public Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        scope.Output.Display(MimeBundle.Empty.With(MimeBundle.Html, part.Code).With(MimeBundle.PlainText, part.Code), null);
        return Task.FromResult(LanguageResult.None);
    }
}
