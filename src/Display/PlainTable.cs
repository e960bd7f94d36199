using System.Text;

namespace Workbench.Display;

/// <summary>Text in at most 80 columns.</summary>
internal static class PlainTable
{
    public const int Width = 80;
    private const string Gap = "  ";

    /// <summary>Lines of a table: numbers to the right, the widest columns of text wrapped if the line would be too long.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<Column> columns, IEnumerable<string[]> rows)
    {
        string[][] cells = [[.. columns.Select(c => c.Name)], .. rows];
        int[] widths = [.. columns.Select((_, i) => cells.Max(row => row[i].Length))];
        int most = Width - (Gap.Length * (columns.Count - 1));
        while (widths.Sum() > most)
        {
            int widest = -1;
            for (int i = 0; i < widths.Length; i++)
                if (widths[i] > 1 && (widest < 0 || Rank(i) > Rank(widest))) widest = i;
            if (widest < 0) break;
            widths[widest]--;
        }
        foreach (string[] row in cells)
        {
            string[][] parts = [.. row.Select((cell, i) => Wrap(cell, widths[i]).ToArray())];
            for (int line = 0; line < parts.Max(p => p.Length); line++)
            {
                StringBuilder text = new();
                for (int i = 0; i < parts.Length; i++)
                {
                    string part = line < parts[i].Length ? parts[i][line] : "";
                    text.Append(i == 0 ? "" : Gap).Append(columns[i].IsNumber ? part.PadLeft(widths[i]) : part.PadRight(widths[i]));
                }
                yield return text.ToString().TrimEnd();
            }
        }

        // Words are wrapped before numbers are.
        int Rank(int i) => columns[i].IsNumber ? widths[i] - 1000 : widths[i];
    }

    /// <summary>Breaks a text between words, and words that are too long anywhere; at least one line.</summary>
    public static IEnumerable<string> Wrap(string? text, int width)
    {
        string line = "";
        foreach (string word in (text ?? "").Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            string rest = word;
            if (line.Length > 0 && line.Length + 1 + rest.Length > width)
            {
                yield return line;
                line = "";
            }
            for (; rest.Length > width; rest = rest[width..]) yield return rest[..width];
            line = line.Length == 0 ? rest : line + " " + rest;
        }
        yield return line;
    }
}
