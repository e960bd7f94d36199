using Workbench.Display;
using Workbench.Races.Hardware;
using Workbench.Races.Output;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Display;

/// <summary>Verdicts by protocol and hardware: green holds, red loses, yellow breaks otherwise, said in words too.</summary>
internal sealed class RaceTableFormatter
{
    private const string TableStyle = "border-collapse:separate;border-spacing:2px;border:none;margin:4px 0;color:inherit;font:inherit";
    private const string Left = "text-align:left;padding:2px 12px 2px 0", Cell = "text-align:left;padding:2px 10px;white-space:nowrap";
    // Okabe and Ito's colours, so thin that text is read on them in light and in dark.
    private const string Good = "rgba(0,158,115,.22)", Bad = "rgba(213,94,0,.30)", Poor = "rgba(230,159,0,.24)", Unknown = "rgba(128,128,128,.22)";

    private readonly MimeFormatter[] formatters =
    [
        new(MimeFormatter.Html, value => value is RaceTable table ? Html(table) : null),
        new(MimeFormatter.Plain, value => value is RaceTable table ? Text(table) : null),
    ];

    /// <summary>The formatters, as notebook engines ask for them by convention.</summary>
    public IEnumerable<object> CreateTypeFormatters() => formatters;

    private static string Text(RaceTable table) => string.Join('\n', [.. RaceText.Lines(table), "", .. PlainTable.Wrap(RaceText.Legend, RaceText.Width)]);

    private static string Html(RaceTable table)
    {
        Markup html = new();
        html.Open("div", "line-height:1.4").Line().Open("table", TableStyle).Line();
        foreach (FamilyGrid family in FamilyGrid.Of(table))
        {
            html.Open("tr", "background:none").Element("th", family.Name, Left + ";padding-top:8px");
            foreach (HardwareRules hardware in family.Hardware) html.Element("th", hardware.Name, Cell + ";padding-top:8px", hardware.About);
            html.Close().Line();
            foreach ((RaceProtocol protocol, IReadOnlyList<RaceVerdict?> verdicts) in family.Rows)
            {
                html.Open("tr", "background:none").Element("td", protocol.Name, Left, protocol.Title);
                foreach (RaceVerdict? verdict in verdicts)
                    if (verdict is null) html.Element("td", RaceText.NotMeant, Cell);
                    else html.Element("td", Mark(verdict) + RaceText.Cell(verdict), $"{Cell};background:{ColourOf(verdict)}", Hint(verdict));
                html.Close().Line();
            }
        }
        html.Close().Line().Element("div", RaceText.Legend, "font-size:90%;opacity:.8;max-width:60em");
        return html.Close().ToString();
    }

    private static string Mark(RaceVerdict verdict) => verdict.Holds ? "✓ " : verdict.Broken.Count > 0 ? "✗ " : "? ";

    private static string ColourOf(RaceVerdict verdict) => verdict.Holds ? Good : verdict.Worst switch
    {
        RaceProperty.None => Unknown,
        RaceProperty.LostPage or RaceProperty.WrongTranslation => Bad,
        _ => Poor,
    };

    private static string Hint(RaceVerdict verdict)
    {
        string[] inferred = [.. verdict.RestsOn.Where(r => r.Standing == Standing.Inferred).Select(r => r.Text)];
        return inferred.Length == 0 ? RaceText.Sentence(verdict) : $"{RaceText.Sentence(verdict)} Inferred: {string.Join(' ', inferred)}";
    }
}
