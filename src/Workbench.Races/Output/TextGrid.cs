using System.Text;
using Workbench.Display;

namespace Workbench.Races.Output;

/// <summary>Short cells under short headings in 80 columns: a name that is too long has a line of its own, columns that are too many come as a second block.</summary>
internal static class TextGrid
{
    private const int LeastName = 14;

    public static IEnumerable<string> Lines(string corner, IReadOnlyList<string> columns, IEnumerable<(string Name, string[] Cells)> rows)
    {
        (string Name, string[] Cells)[] all = [.. rows];
        int[] widths = [.. columns.Select((c, i) => 1 + Math.Max(c.Length, all.Length == 0 ? 0 : all.Max(r => r.Cells[i].Length)))];
        int longest = Math.Max(corner.Length, all.Length == 0 ? 0 : all.Max(r => r.Name.Length));
        for (int from = 0; from < columns.Count || from == 0;)
        {
            int to = from, taken = 0, least = Math.Min(LeastName, longest);
            while (to < columns.Count && (to == from || taken + widths[to] <= PlainTable.Width - least)) taken += widths[to++];
            int name = Math.Min(longest, PlainTable.Width - taken);
            foreach (string line in Row(corner, columns)) yield return line;
            foreach ((string rowName, string[] cells) in all)
                foreach (string line in Row(rowName, cells)) yield return line;
            if (to >= columns.Count) yield break;
            yield return "";
            from = to;

            IEnumerable<string> Row(string rowName, IReadOnlyList<string> cells)
            {
                if (rowName.Length > name)
                {
                    foreach (string part in PlainTable.Wrap(rowName, PlainTable.Width)) yield return part;
                    rowName = "";
                }
                StringBuilder line = new(rowName.PadRight(name));
                for (int i = from; i < to; i++) line.Append(' ').Append(cells[i].PadRight(widths[i] - 1));
                yield return line.ToString().TrimEnd();
            }
        }
    }
}
