namespace Workbench.Display;

/// <summary>A card as HTML: no scripts, no classes; text in the viewer's own colour, so that it is read on light and on dark.</summary>
internal sealed class HtmlCard : ICard
{
    // Okabe and Ito's colours: told apart by colour-blind readers, and seen on white and on black.
    private static readonly string[] Colours = ["#0072B2", "#E69F00", "#D55E00", "#009E73"];
    private const string Good = "#009E73", Bad = "#D55E00";
    private const string Line = "1px solid rgba(128,128,128,.35)";
    private const string TableStyle = "border-collapse:separate;border-spacing:0 1px;border:none;margin:4px 0;color:inherit;font:inherit";
    private const string Small = "font-size:90%;opacity:.8;margin:6px 0 2px";
    private const string Left = "text-align:left;padding:0 14px 0 0";
    private const string Right = "text-align:right;padding:0 14px 0 0;white-space:nowrap";
    // A value is shown in every output of every notebook that is stored: what is longer than this, is cut.
    private const int LongestText = 400, LongestCell = 160, LongestName = 60, MostNotes = 20;

    private readonly Markup html = new();

    public HtmlCard() => html.Open("div", "max-width:60em;line-height:1.4").Line();

    /// <inheritdoc/>
    public void Title(string what, string which)
    {
        html.Open("div", "margin:0 0 4px").Element("b", what);
        if (which.Length > 0) html.Text(" " + Cut(which));
        html.Close().Line();
    }

    /// <inheritdoc/>
    public void Verdict(bool isGood, string text) =>
        html.Open("div", $"border-left:5px solid {(isGood ? Good : Bad)};padding:3px 10px;margin:4px 0").Element("b", isGood ? "✓ " : "✗ ").Text(Cut(text)).Close().Line();

    /// <inheritdoc/>
    public void Text(string text) => html.Element("div", Cut(text)).Line();

    /// <inheritdoc/>
    public void Facts(IEnumerable<Fact> facts)
    {
        html.Open("table", TableStyle).Line();
        foreach (Fact fact in facts)
            html.Open("tr", "background:none;vertical-align:top").Element("th", Cut(fact.Name, LongestName), Left + ";font-weight:normal;opacity:.8;white-space:nowrap").Element("td", Cut(fact.Value), Left, fact.Full is null ? null : Cut(fact.Full)).Close().Line();
        html.Close().Line();
    }

    /// <inheritdoc/>
    public void Table(string caption, IReadOnlyList<Column> columns, IEnumerable<string[]> rows)
    {
        if (caption.Length > 0) html.Element("div", caption, Small).Line();
        html.Open("table", TableStyle).Line().Open("tr", "background:none");
        foreach (Column column in columns) html.Element("th", column.Name, $"{(column.IsNumber ? Right : Left)};border-bottom:{Line}");
        html.Close().Line();
        foreach (string[] row in rows)
        {
            html.Open("tr", "background:none");
            for (int i = 0; i < columns.Count; i++) html.Element("td", Cut(row[i], LongestCell), columns[i].IsNumber ? Right : Left);
            html.Close().Line();
        }
        html.Close().Line();
    }

    /// <inheritdoc/>
    public void Bars(string caption, IReadOnlyList<Series> series, string from, string to)
    {
        html.Element("div", caption, Small).Line();
        long most = Math.Max(1, series.Max(s => s.Values.Max()));
        for (int i = 0; i < series.Count; i++)
        {
            html.Open("div", "display:flex;align-items:flex-end").Element("span", series[i].Name, "flex:none;width:90px;font-size:90%");
            html.Open("div", $"display:flex;align-items:flex-end;width:480px;height:28px;border-bottom:{Line}");
            foreach ((long value, int times) in Runs(series[i].Values))
                html.Element("i", "", value <= 0 ? $"flex:{times}" : $"flex:{times};height:{Markup.Number(Math.Max(3, 100.0 * value / most))}%;background:{Colours[i % Colours.Length]}");
            html.Close().Close().Line();
        }
        Axis(from, to, "90px");
    }

    /// <inheritdoc/>
    public void Heat(string caption, IReadOnlyList<double?> cells, string from, string to)
    {
        html.Element("div", $"{caption} (the stronger the fuller{(cells.Contains(null) ? ", hatched: a hole" : "")})", Small).Line().Open("div", $"display:flex;width:480px;height:18px;border:{Line}");
        foreach ((double? value, int times) in Runs(cells))
        {
            html.Element("i", "", value switch
            {
                null => "flex:1;background:repeating-linear-gradient(135deg,rgba(128,128,128,.7) 0 1px,transparent 1px 4px)",
                0 => $"flex:{times}",
                { } part => $"flex:{times};background:rgba(0,114,178,{Markup.Number(0.2 + (0.8 * Math.Clamp(part, 0, 1)))})",
            });
        }
        html.Close().Line();
        Axis(from, to, "0");
    }

    /// <inheritdoc/>
    public void Tree(IEnumerable<(int Depth, string Text)> lines)
    {
        html.Open("pre", "margin:4px 0;background:none;color:inherit;padding:0").Line();
        foreach ((int depth, string text) in lines) html.Text(new string(' ', 2 * depth) + text).Line();
        html.Close().Line();
    }

    /// <inheritdoc/>
    public void Notes(string caption, IEnumerable<string> notes)
    {
        int count = 0;
        foreach (string note in notes)
        {
            if (count == 0) html.Element("div", caption, Small).Line().Open("ul", "margin:2px 0;padding-left:1.4em").Line();
            if (++count <= MostNotes) html.Element("li", Cut(note)).Line();
        }
        if (count > MostNotes) html.Element("li", $"and {Quantity.Count(count - MostNotes)} more").Line();
        if (count > 0) html.Close().Line();
    }

    /// <inheritdoc/>
    public void Fold(string summary, Action<ICard> inner)
    {
        html.Open("details", "margin:4px 0").Element("summary", summary, "cursor:pointer").Line();
        inner(this);
        html.Close().Line();
    }

    /// <summary>The finished HTML.</summary>
    public override string ToString() => html + "</div>";

    private static string Cut(string? text, int longest = LongestText) => text is null ? "" : text.Length <= longest ? text : text[..longest] + "…";

    private void Axis(string from, string to, string indent) =>
        html.Open("div", $"display:flex;justify-content:space-between;width:480px;margin-left:{indent};font-size:80%;opacity:.8").Element("span", from).Element("span", to).Close().Line();

    /// <summary>Equal neighbours in one.</summary>
    private static IEnumerable<(T Value, int Times)> Runs<T>(IReadOnlyList<T> values)
    {
        for (int i = 0; i < values.Count;)
        {
            int from = i;
            while (i < values.Count && EqualityComparer<T>.Default.Equals(values[i], values[from])) i++;
            yield return (values[from], i - from);
        }
    }
}
