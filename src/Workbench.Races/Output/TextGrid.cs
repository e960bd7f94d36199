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
        int least = Math.Min(LeastName, longest), perBlock = columns.Count;
        // As few blocks as will do, and as many columns in each.
        for (int blocks = 2; blocks <= columns.Count && widths.Chunk(perBlock).Any(b => b.Sum() > PlainTable.Width - least); blocks++)
            perBlock = (columns.Count + blocks - 1) / blocks;
        for (int from = 0; from < columns.Count || from == 0;)
        {
            int to = Math.Min(columns.Count, from + Math.Max(1, perBlock)), taken = widths[from..to].Sum();
            int name = Math.Min(longest, PlainTable.Width - taken);
            foreach (string line in Row(corner, columns)) yield return line;
            foreach ((string rowName, string[] cells) in all)
                foreach (string line in Row(rowName, cells)) yield return line;
            if (to == columns.Count) yield break;
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
