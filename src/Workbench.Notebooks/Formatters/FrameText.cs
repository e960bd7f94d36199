using System.Globalization;
using System.Text;
using Microsoft.Data.Analysis;

namespace Workbench.Notebooks.Formatters;

/// <summary>A frame as text: at most 80 columns wide, long cells cut, columns that do not fit left out and counted.</summary>
internal static class FrameText
{
    private const int LineWidth = 80, MostOfCell = 24;

    public static string Of(FrameTable table)
    {
        IReadOnlyList<long> rows = table.Rows();
        List<string[]> columns = [];
        List<bool> right = [];
        List<int> widths = [];
        columns.Add(["", "", .. rows.Select(r => r < 0 ? "…" : r.ToString(CultureInfo.InvariantCulture))]);
        right.Add(true);
        widths.Add(Width(columns[0]));
        int used = widths[0], total = table.Frame.Columns.Count, shown = 0;
        foreach (DataFrameColumn column in table.Frame.Columns)
        {
            string[] cells = [Cut(column.Name), Cut(FrameCell.TypeOf(column)), .. rows.Select(r => r < 0 ? "…" : Cut(FrameCell.Text(column[r])))];
            int width = Width(cells);
            // Room is kept for the mark of left-out columns unless this is the last.
            if (used + 2 + width + (shown + 1 < total ? 3 : 0) > LineWidth) break;
            columns.Add(cells);
            right.Add(FrameCell.IsNumber(column));
            widths.Add(width);
            used += 2 + width;
            shown++;
        }
        StringBuilder text = new();
        for (int line = 0; line < rows.Count + 2; line++)
        {
            StringBuilder row = new();
            for (int c = 0; c < columns.Count; c++)
            {
                if (c > 0) row.Append("  ");
                row.Append(right[c] ? columns[c][line].PadLeft(widths[c]) : columns[c][line].PadRight(widths[c]));
            }
            if (shown < total) row.Append("  …");
            text.Append(row.ToString().TrimEnd()).Append('\n');
        }
        text.Append(table.Caption());
        if (shown < total) text.Append(", ").Append(FrameCell.Count(shown, "column")).Append(" shown\nAll columns are in the HTML form; frame[\"name\"] is one of them.");
        return text.ToString();
    }

    private static int Width(string[] cells) => cells.Max(c => c.Length);

    private static string Cut(string cell)
    {
        cell = cell.ReplaceLineEndings(" ");
        return cell.Length <= MostOfCell ? cell : cell[..(char.IsHighSurrogate(cell[MostOfCell - 2]) ? MostOfCell - 2 : MostOfCell - 1)] + "…";
    }
}
