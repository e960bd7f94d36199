using System.Globalization;
using System.Text;
using Microsoft.Data.Analysis;
using Workbench.Traces;

namespace Workbench.Analysis.Formats;

/// <summary>
/// Frames as CSV: UTF-8, lines end in LF, numbers in the invariant culture and in full. Text is always quoted and nothing at all is null, so that
/// "" and null, and "1" and 1, come back as what they were.
/// </summary>
internal static class CsvTable
{
    public static void Write(DataFrame frame, Stream stream)
    {
        string?[][] columns = [.. frame.Columns.Select(c => ColumnTypes.Visit(c.DataType, $"Column '{c.Name}'", new Cells(c)))];
        if (columns.Length == 0) return;
        using StreamWriter text = new(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        text.WriteLine(string.Join(',', frame.Columns.Select(c => IsPlain(c.Name) ? c.Name : Quoted(c.Name))));
        for (long row = 0; row < frame.Rows.Count; row++)
        {
            for (int i = 0; i < columns.Length; i++)
            {
                if (i > 0) text.Write(',');
                text.Write(columns[i][row]);
            }
            text.WriteLine();
        }
    }

    /// <summary>Reads a table. A column without a type in <paramref name="types"/> gets the narrowest of bool, long, ulong, double and string that holds all of it.</summary>
    public static DataFrame Read(TextReader text, string name, IReadOnlyDictionary<string, Type>? types)
    {
        CsvRecords records = new(text, name);
        if (!records.TryRead(out List<CsvCell> header)) return new();
        List<CsvCell>[] columns = [.. header.Select(_ => new List<CsvCell>())];
        while (records.TryRead(out List<CsvCell> row))
        {
            if (row.Count != columns.Length) throw new TraceFormatException($"{name} line {records.Line}: {Words.Count(row.Count, "cell")} where the header has {columns.Length}. Each line needs a cell for each column; an empty one means null.");
            for (int i = 0; i < columns.Length; i++) columns[i].Add(row[i]);
        }
        return new(header.Select((cell, i) => ColumnTypes.Visit(types is not null && types.TryGetValue(cell.Text, out Type? type) ? type : TypeOf(columns[i]), $"{name} column '{cell.Text}'", new Parsing(name, cell.Text, columns[i]))));
    }

    private static bool IsPlain(string name) => name.Length > 0 && name.IndexOfAny([',', '"', '\n', '\r']) < 0;

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static Type TypeOf(List<CsvCell> cells)
    {
        CsvCell[] present = [.. cells.Where(c => !c.IsNull)];
        if (present.Length == 0 || present.Any(c => c.IsQuoted)) return typeof(string);
        if (present.All(c => c.Text is "true" or "false")) return typeof(bool);
        if (present.All(c => long.TryParse(c.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))) return typeof(long);
        if (present.All(c => ulong.TryParse(c.Text, NumberStyles.None, CultureInfo.InvariantCulture, out _))) return typeof(ulong);
        // Whole numbers too long for 64 bits stay text: a double would change them.
        return present.All(c => double.TryParse(c.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) && present.Any(c => !c.Text.All(char.IsAsciiDigit)) ? typeof(double) : typeof(string);
    }

    private sealed class Cells(DataFrameColumn column) : IColumnVisitor<string?[]>
    {
        public string?[] Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T> => [.. ColumnTypes.ValuesOf<T>(column).Select(v => v is { } value ? Show(value) : null)];

        public string?[] Texts() => [.. ColumnTypes.TextsOf(column).Select(t => t is null ? null : Quoted(t))];

        private static string Show<T>(T value) => value switch
        {
            bool flag => flag ? "true" : "false",
            double number => Real(number.ToString("R", CultureInfo.InvariantCulture)),
            float number => Real(number.ToString("R", CultureInfo.InvariantCulture)),
            _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        };

        // A point marks what is no whole number by type.
        private static string Real(string number) => number.IndexOfAny(['.', 'E', 'N', 'I']) >= 0 ? number : number + ".0";
    }

    private sealed class Parsing(string file, string column, List<CsvCell> cells) : IColumnVisitor<DataFrameColumn>
    {
        public DataFrameColumn Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T>
        {
            T?[] values = new T?[cells.Count];
            for (int i = 0; i < values.Length; i++)
            {
                if (cells[i].IsNull) continue;
                if (!T.TryParse(cells[i].Text, CultureInfo.InvariantCulture, out T value)) throw new TraceFormatException($"{file} row {i + 1} column '{column}': '{cells[i].Text}' is no {typeof(T).Name}.");
                values[i] = value;
            }
            return ColumnTypes.Create(column, values);
        }

        public DataFrameColumn Texts() => new StringDataFrameColumn(column, cells.Select(c => c.IsNull ? null : c.Text)!);
    }
}
