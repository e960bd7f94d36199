using System.Text;

namespace Workbench.Display;

/// <summary>A card as text for a console of 80 columns.</summary>
internal sealed class TextCard : ICard
{
    private const string Levels = "▁▂▃▄▅▆▇█", Shades = "░▒▓█";
    private const int LongestName = 30;
    private const string Continued = "    ";

    private readonly StringBuilder text = new();

    /// <inheritdoc/>
    public void Title(string what, string which) => Wrapped(which.Length > 0 ? $"{what}: {which}" : what, "");

    /// <inheritdoc/>
    public void Verdict(bool isGood, string text) => Wrapped(text, "");

    /// <inheritdoc/>
    public void Text(string text) => Wrapped(text, "");

    /// <inheritdoc/>
    public void Facts(IEnumerable<Fact> facts)
    {
        Fact[] all = [.. facts];
        if (all.Length == 0) return;
        int width = Math.Min(LongestName, all.Max(f => f.Name.Length)) + 2;
        foreach (Fact fact in all)
        {
            string name = fact.Name;
            // What cannot be broken between words goes on a line of its own, so that it can be copied whole.
            string value = fact.Full ?? fact.Value;
            bool isOwnLine = name.Length > width - 2 || (value.Length > PlainTable.Width - width && !value.Contains(' '));
            if (isOwnLine) Wrapped(name, "");
            foreach (string line in PlainTable.Wrap(value, PlainTable.Width - (isOwnLine ? 2 : width)))
            {
                Line(isOwnLine ? "  " + line : name.PadRight(width) + line);
                name = "";
            }
        }
    }

    /// <inheritdoc/>
    public void Table(string caption, IReadOnlyList<Column> columns, IEnumerable<string[]> rows)
    {
        Heading(caption);
        foreach (string line in PlainTable.Lines(columns, rows)) Line(line);
    }

    /// <inheritdoc/>
    public void Bars(string caption, IReadOnlyList<Series> series, string from, string to)
    {
        Heading(caption);
        long most = Math.Max(1, series.Max(s => s.Values.Max()));
        int name = Math.Min(LongestName, series.Max(s => s.Name.Length)), width = series.Max(s => s.Values.Length);
        foreach (Series one in series)
            Line($"{one.Name.PadRight(name)} |{string.Concat(one.Values.Select(v => v <= 0 ? ' ' : Levels[(int)Math.Clamp((double)v / most * Levels.Length, 0, Levels.Length - 1)]))}|");
        Axis(new string(' ', name + 2), width, from, to);
    }

    /// <inheritdoc/>
    public void Heat(string caption, IReadOnlyList<double?> cells, string from, string to)
    {
        Heading($"{caption} ({Shades} by quarters{(cells.Contains(null) ? ", / a hole" : "")})");
        Line("|" + string.Concat(cells.Select(c => c switch { null => '/', <= 0 => ' ', { } part => Shades[(int)Math.Clamp(part * Shades.Length, 0, Shades.Length - 1)] })) + "|");
        Axis(" ", cells.Count, from, to);
    }

    /// <inheritdoc/>
    public void Tree(IEnumerable<(int Depth, string Text)> lines)
    {
        foreach ((int depth, string line) in lines)
        {
            string indent = new(' ', 2 * depth);
            bool fits = indent.Length + line.Length <= PlainTable.Width;
            foreach (string part in PlainTable.Wrap(line, PlainTable.Width - indent.Length - (fits ? 0 : Continued.Length)))
            {
                Line(indent + part);
                if (indent.Length == 2 * depth) indent += Continued;
            }
        }
    }

    /// <inheritdoc/>
    public void Notes(string caption, IEnumerable<string> notes)
    {
        bool any = false;
        foreach (string note in notes)
        {
            if (!any) Heading(caption);
            any = true;
            string mark = "- ";
            foreach (string line in PlainTable.Wrap(note, PlainTable.Width - 2))
            {
                Line(mark + line);
                mark = "  ";
            }
        }
    }

    /// <inheritdoc/>
    public void Fold(string summary, Action<ICard> inner)
    {
        Heading(summary);
        inner(this);
    }

    /// <summary>The finished text.</summary>
    public override string ToString() => text.ToString().TrimEnd('\n');

    private void Heading(string caption)
    {
        if (caption.Length == 0) return;
        if (text.Length > 0) Line("");
        Wrapped(caption, "");
    }

    private void Axis(string indent, int width, string from, string to) =>
        Line((indent + from + to.PadLeft(Math.Max(to.Length + 1, width - from.Length))).TrimEnd());

    private void Wrapped(string words, string indent)
    {
        foreach (string line in PlainTable.Wrap(words, PlainTable.Width - indent.Length)) Line(indent + line);
    }

    private void Line(string line) => text.Append(line).Append('\n');
}
