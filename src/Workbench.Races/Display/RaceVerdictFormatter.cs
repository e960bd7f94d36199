using System.Text;
using Workbench.Display;
using Workbench.Races.Output;
using Workbench.Races.Search;

namespace Workbench.Races.Display;

/// <summary>A verdict: the sentence, the worst that happens drawn step by step, the rules it rests on.</summary>
internal sealed class RaceVerdictFormatter
{
    private readonly MimeFormatter[] formatters =
    [
        new(MimeFormatter.Html, value => value is RaceVerdict verdict ? Html(verdict) : null),
        new(MimeFormatter.Plain, value => value is RaceVerdict verdict ? string.Join('\n', RaceText.Lines(verdict)) : null),
    ];

    /// <summary>The formatters, as notebook engines ask for them by convention.</summary>
    public IEnumerable<object> CreateTypeFormatters() => formatters;

    private static string Html(RaceVerdict verdict)
    {
        HtmlCard head = new(), tail = new();
        head.Title("Races", $"{verdict.Protocol.Name} on {verdict.Hardware.Name} ({verdict.Hardware.About})");
        if (verdict.Protocol.Title.Length > 0) head.Text(verdict.Protocol.Title);
        head.Verdict(verdict.Holds, RaceText.Sentence(verdict));
        StringBuilder html = new($"<div>{head}\n");
        for (int i = 0; i < verdict.Broken.Count; i++)
        {
            string drawing = SequenceDrawing.Of(verdict.Broken[i]);
            html.Append(i == 0 ? drawing : $"<details style=\"margin:4px 0\"><summary style=\"cursor:pointer\">Also: {RaceText.Meaning(verdict.Broken[i].Property)}</summary>\n{drawing}</details>").Append('\n');
        }
        tail.Notes("It rests on", verdict.RestsOn.Select(r => $"{r.Text} ({RaceText.NameOf(r.Standing)}: {r.Source})"));
        return html.Append(tail).Append("</div>").ToString();
    }
}
