using System.Globalization;
using Workbench.Display;
using Workbench.Races.Output;
using Workbench.Races.Search;

namespace Workbench.Races.Display;

/// <summary>A counterexample as a drawn sequence diagram: lanes and arrows to the left, the words beside them. SVG without script or style sheet, text in the viewer's own colour.</summary>
internal static class SequenceDrawing
{
    private const int NumberAt = 26, FirstLane = 64, LaneWidth = 92, TextAt = 386, Width = 900;
    private const int HeadHeight = 30, RowHeight = 24, LineHeight = 16, LongestLine = 76;
    private const string Font = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif", Code = "Menlo, Consolas, Liberation Mono, DejaVu Sans Mono, monospace";
    private const string Bad = "#D55E00";

    public static string Of(Counterexample counterexample)
    {
        string[][] texts = [.. counterexample.Steps.Select(s => PlainTable.Wrap(s.Text, LongestLine).ToArray())];
        string[] end = [.. PlainTable.Wrap($"So {RaceText.Meaning(counterexample.Property)}.", LongestLine)];
        int lanesEnd = HeadHeight + 8 + texts.Sum(t => HeightOf(t.Length)), height = lanesEnd + HeightOf(end.Length) + 8;
        Markup svg = new();
        svg.Open("svg", ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", $"0 0 {Width} {height}"), ("width", Text(Width)), ("height", Text(height)), ("role", "img"), ("style", "max-width:100%;height:auto"), ("font-family", Font), ("font-size", "13"), ("fill", "currentColor")).Line();
        svg.Element("title", $"{RaceText.Word(counterexample.Property)} in {Quantity.Count(counterexample.Steps.Count, "step")}").Line();
        for (int lane = 0; lane < SequenceArrow.Names.Count; lane++)
        {
            Words(svg, AtOf((Lane)lane), 16, SequenceArrow.Names[lane], ("text-anchor", "middle"), ("font-weight", "bold"));
            svg.Open("path", ("d", $"M{AtOf((Lane)lane)} {HeadHeight - 6}V{lanesEnd}"), ("stroke", "currentColor"), ("stroke-opacity", ".35"), ("fill", "none")).Close().Line();
        }
        int y = HeadHeight + 8;
        for (int i = 0; i < texts.Length; i++)
        {
            CounterexampleStep step = counterexample.Steps[i];
            Words(svg, NumberAt, y + 11, Text(i + 1), ("text-anchor", "end"), ("fill-opacity", ".7"), ("font-size", "11"));
            Arrow(svg, SequenceArrow.Of(step), ColourOf(step.Actor), y + 7);
            for (int line = 0; line < texts[i].Length; line++)
                Words(svg, TextAt, y + 11 + (line * LineHeight), texts[i][line], ("font-family", step.Actor == RaceActor.Software ? Code : Font), ("font-size", step.Actor == RaceActor.Software ? "12" : "13"));
            y += HeightOf(texts[i].Length);
        }
        svg.Open("rect", ("x", Text(NumberAt)), ("y", Text(y)), ("width", "5"), ("height", Text((end.Length * LineHeight) + 4)), ("fill", Bad)).Close().Line();
        for (int line = 0; line < end.Length; line++) Words(svg, NumberAt + 14, y + 14 + (line * LineHeight), (line == 0 ? "✗ " : "") + end[line], ("font-weight", "bold"));
        return svg.Close().ToString();
    }

    private static int HeightOf(int lines) => RowHeight + ((lines - 1) * LineHeight);

    private static int AtOf(Lane lane) => FirstLane + ((int)lane * LaneWidth);

    // Okabe and Ito's colours: told apart by colour-blind readers, and seen on white and on black.
    private static string ColourOf(RaceActor actor) => actor switch
    {
        RaceActor.Software => "#0072B2",
        RaceActor.Device => "#E69F00",
        _ => "#009E73",
    };

    private static void Arrow(Markup svg, SequenceArrow arrow, string colour, int y)
    {
        int from = AtOf(arrow.From), to = AtOf(arrow.To), back = to > from ? -8 : 8;
        svg.Open("circle", ("cx", Text(from)), ("cy", Text(y)), ("r", arrow.IsWithin ? "5" : "3.5"), ("fill", colour)).Close();
        if (!arrow.IsWithin)
        {
            svg.Open("path", ("d", $"M{from} {y}H{to + back}"), ("stroke", colour), ("stroke-width", "2")).Close();
            svg.Open("path", ("d", $"M{to} {y}l{back} -4.5v9z"), ("fill", colour)).Close();
        }
        svg.Line();
    }

    private static void Words(Markup svg, int x, int y, string text, params ReadOnlySpan<(string, string)> attributes) =>
        svg.Open("text", [("x", Text(x)), ("y", Text(y)), .. attributes]).Text(text).Close().Line();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
