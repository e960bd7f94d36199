using System.Globalization;
using Microsoft.Data.Analysis;
using Workbench.Display;

namespace Workbench.Analysis.Display;

/// <summary>Results as a table of the columns that are asked for first, and what was left out.</summary>
internal sealed class ResultListDisplay : IDisplay<IResultList>
{
    private const int MostRows = 20;

    /// <inheritdoc/>
    public static void Describe(IResultList value, ICard card)
    {
        DataFrame frame = value.Frame;
        card.Title("Results", value.Title);
        if (frame.Rows.Count > 0)
        {
            DataFrameColumn[] columns = [.. value.Columns.Select(name => frame.Columns[name])];
            int shown = (int)Math.Min(frame.Rows.Count, MostRows);
            card.Table("", [.. columns.Select(c => new Column(c.Name, c.IsNumericColumn()))], Enumerable.Range(0, shown).Select(row => (string[])[.. columns.Select(c => Show(c.Name, c[row]))]));
            card.Text($"{(shown < frame.Rows.Count ? $"The first {shown} of {Quantity.Count(frame.Rows.Count)} rows, " : "")}{columns.Length} of {Quantity.Count(frame.Columns.Count)} columns; ToFrame() has all.");
        }
        card.Notes("Left out", value.LeftOut);
    }

    private static string Show(string column, object? value) => value switch
    {
        null => "",
        double ns when column.Contains("Ns", StringComparison.Ordinal) => Quantity.Time(ns),
        ulong bytes when column.StartsWith("bytes", StringComparison.Ordinal) => Quantity.Bytes(bytes),
        long or int or ulong => ((IFormattable)value).ToString("n0", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
