using System.Text.RegularExpressions;
using Workbench.Notebooks.Pictures;

namespace Workbench.Notebooks.Languages.Markup.Mermaid;

/// <summary>A Mermaid sequence diagram: participants, messages and notes. Frames such as loop and alt are not drawn.</summary>
internal sealed partial class SequenceDiagram
{
    private const double Margin = 16, BoxHeight = 36, Row = 44, FontSize = 14;

    private readonly List<string> ids = [];
    private readonly Dictionary<string, string> names = [];
    private readonly List<(string From, string To, string Text, bool IsDotted, bool HasArrow, bool IsNote)> rows = [];

    /// <summary>Reads the lines; null if there is one that cannot be drawn.</summary>
    public static SequenceDiagram? Parse(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0 || lines[0].Trim() != "sequenceDiagram") return null;
        SequenceDiagram diagram = new();
        return lines.Skip(1).All(l => diagram.Add(l.Trim())) && diagram.ids.Count > 0 ? diagram : null;
    }

    public DiagramPicture Draw()
    {
        double[] centres = Centres();
        double bottom = Margin + BoxHeight + (Row * (rows.Count + 1));
        DiagramPicture picture = new(centres[^1] + HalfWidth(ids[^1]) + Margin + RightOverhang(), bottom + BoxHeight + Margin);
        for (int i = 0; i < ids.Count; i++)
        {
            picture.Path([(centres[i], Margin + BoxHeight), (centres[i], bottom)], false, 0.5, false);
            foreach (double top in (double[])[Margin, bottom])
            {
                picture.Box(centres[i] - HalfWidth(ids[i]), top, 2 * HalfWidth(ids[i]), BoxHeight, 3);
                picture.Text(centres[i], top + (BoxHeight / 2), names[ids[i]]);
            }
        }
        double y = Margin + BoxHeight;
        foreach ((string from, string to, string text, bool isDotted, bool hasArrow, bool isNote) in rows)
        {
            y += Row;
            double a = centres[ids.IndexOf(from)], b = centres[ids.IndexOf(to)];
            if (isNote)
            {
                double half = Math.Max(Math.Abs(b - a) / 2, TextMetrics.Width(text, FontSize - 2) / 2) + 10;
                picture.Box(((a + b) / 2) - half, y - 14, 2 * half, 28, 0, "#fff5ad", "#aaaa33");
                picture.Text((a + b) / 2, y, text, FontSize - 2);
                continue;
            }
            picture.Path(a == b ? [(a, y - 6), (a + 36, y - 6), (a + 36, y + 10), (a, y + 10)] : [(a, y), (b, y)], isDotted, 1.5, hasArrow);
            if (a == b) picture.Text(a + 42 + (TextMetrics.Width(text, FontSize - 2) / 2), y, text, FontSize - 2);
            else picture.Label((a + b) / 2, y - 12, text);
        }
        return picture;
    }

    private bool Add(string line)
    {
        if (Ignored().IsMatch(line)) return true;
        if (Participant().Match(line) is { Success: true } participant)
        {
            Know(participant.Groups["id"].Value);
            if (participant.Groups["name"].Success) names[participant.Groups["id"].Value] = participant.Groups["name"].Value;
            return true;
        }
        if (Note().Match(line) is { Success: true } note)
        {
            string to = note.Groups["to"].Success ? note.Groups["to"].Value : note.Groups["from"].Value;
            rows.Add((Know(note.Groups["from"].Value), Know(to), note.Groups["text"].Value, false, false, true));
            return true;
        }
        if (Message().Match(line) is not { Success: true } message) return false;
        string arrow = message.Groups["arrow"].Value;
        rows.Add((Know(message.Groups["from"].Value), Know(message.Groups["to"].Value), message.Groups["text"].Value, arrow.StartsWith("--", StringComparison.Ordinal), arrow is not ("->" or "-->"), false));
        return true;
    }

    private string Know(string id)
    {
        if (names.TryAdd(id, id)) ids.Add(id);
        return id;
    }

    private double HalfWidth(string id) => Math.Max(TextMetrics.Width(names[id], FontSize) + 24, 80) / 2;

    // Room for names, and for the text of every message between its two ends.
    private double[] Centres()
    {
        double[] centres = new double[ids.Count];
        double left = rows.Where(r => r.IsNote && r.From == ids[0] && r.To == ids[0]).Select(r => (TextMetrics.Width(r.Text, FontSize - 2) / 2) + 10).DefaultIfEmpty().Max();
        centres[0] = Margin + Math.Max(HalfWidth(ids[0]), left);
        for (int i = 1; i < ids.Count; i++)
        {
            centres[i] = centres[i - 1] + HalfWidth(ids[i - 1]) + HalfWidth(ids[i]) + 30;
            foreach (var row in rows)
            {
                int a = Math.Min(ids.IndexOf(row.From), ids.IndexOf(row.To)), b = Math.Max(ids.IndexOf(row.From), ids.IndexOf(row.To));
                double width = TextMetrics.Width(row.Text, FontSize - 2) + 24;
                if (b == i && a < b) centres[i] = Math.Max(centres[i], centres[a] + width);
                else if (a == b && a == i - 1) centres[i] = Math.Max(centres[i], centres[a] + (row.IsNote ? width / 2 : width + 42) + 20);
            }
        }
        return centres;
    }

    private double RightOverhang() => rows.Where(r => r.From == ids[^1] && r.To == ids[^1]).Select(r => (TextMetrics.Width(r.Text, FontSize - 2) * (r.IsNote ? 0.5 : 1)) + (r.IsNote ? 10 : 42) - HalfWidth(ids[^1])).DefaultIfEmpty().Max() is > 0 and double more ? more : 0;

    [GeneratedRegex(@"^$|^(activate|deactivate|autonumber|title)\b")]
    private static partial Regex Ignored();

    [GeneratedRegex(@"^(participant|actor)\s+(?<id>\w+)(\s+as\s+(?<name>.+))?$")]
    private static partial Regex Participant();

    [GeneratedRegex(@"^[Nn]ote\s+(over|right of|left of)\s+(?<from>\w+)(\s*,\s*(?<to>\w+))?\s*:\s*(?<text>.*)$")]
    private static partial Regex Note();

    [GeneratedRegex(@"^(?<from>\w+)\s*(?<arrow>--?>>?|--?x|--?\))\s*[+-]?\s*(?<to>\w+)\s*:\s*(?<text>.*)$")]
    private static partial Regex Message();
}
