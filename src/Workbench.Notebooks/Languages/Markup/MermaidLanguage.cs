using System.Net;
using System.Text;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages.Markup.Mermaid;
using Workbench.Notebooks.Pictures;

namespace Workbench.Notebooks.Languages.Markup;

/// <summary>Mermaid diagrams: their source for front ends that draw it, and a picture drawn here of the kinds known here. Nothing is fetched.</summary>
internal sealed class MermaidLanguage : ILanguage
{
    public string Name => "mermaid";

    public IReadOnlyList<string> Aliases { get; } = [];

    public string Help => "draw a Mermaid flowchart or sequence diagram";

    public Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        string source = part.Code.Trim();
        string html = Draw(source) is { } picture ? Image(picture, source) : $"<pre>{WebUtility.HtmlEncode(source)}</pre>";
        scope.Output.Display(MimeBundle.Empty.With("text/vnd.mermaid", source).With(MimeBundle.Html, html).With(MimeBundle.PlainText, source), null);
        return Task.FromResult(LanguageResult.None);
    }

    /// <summary>The diagram as a picture; null for kinds and constructs that are not drawn.</summary>
    internal static DiagramPicture? Draw(string source)
    {
        string[] lines = [.. source.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("%%", StringComparison.Ordinal))];
        return FlowChart.Parse(lines) is { } chart ? FlowPainter.Draw(chart) : SequenceDiagram.Parse(lines)?.Draw();
    }

    // An image, not inline SVG: nbconvert and GitHub drop the latter.
    private static string Image(DiagramPicture picture, string source)
    {
        string data = Convert.ToBase64String(Encoding.UTF8.GetBytes(picture.Finish()));
        return $"<img alt=\"{WebUtility.HtmlEncode(source)}\" width=\"{SvgWriter.Number(picture.Width)}\" height=\"{SvgWriter.Number(picture.Height)}\" src=\"data:image/svg+xml;base64,{data}\">";
    }
}
