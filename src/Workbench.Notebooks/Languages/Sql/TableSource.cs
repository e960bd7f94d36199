using System.Collections;
using System.Data;
using System.Reflection;
using DuckDB.NET.Data;
using Microsoft.Data.Analysis;

namespace Workbench.Notebooks.Languages.Sql;

/// <summary>A .NET value read as a table: a DataFrame, a DataTable, or a sequence of scalars or of objects with public scalar properties.</summary>
internal sealed class TableSource
{
    private readonly ScalarColumn[] columns;
    private readonly IEnumerable<Func<int, object?>> rows;

    private TableSource(ScalarColumn[] columns, IEnumerable<Func<int, object?>> rows) => (this.columns, this.rows) = (columns, rows);

    /// <summary>The value as a table; null if it is none.</summary>
    public static TableSource? Of(object? value) => value switch
    {
        DataFrame frame => new([.. frame.Columns.Select(c => Column(c.Name, c.DataType))], Rows(frame)),
        DataTable table => new([.. table.Columns.Cast<DataColumn>().Select(c => Column(c.ColumnName, c.DataType))], table.Rows.Cast<DataRow>().Select(r => (Func<int, object?>)(i => r[i] is DBNull ? null : r[i]))),
        string or IDictionary => null,
        IEnumerable sequence => OfSequence(sequence),
        _ => null,
    };

    /// <summary>Makes the table and fills it.</summary>
    public void Write(DuckDBConnection connection, string schema, string name, CancellationToken cancellation)
    {
        foreach (IGrouping<string, ScalarColumn> same in columns.GroupBy(c => c.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            throw new CellException("SqlError", $"'{name}' has the columns {string.Join(" and ", same.Select(c => $"'{c.Name}'"))}, which are one name in SQL, where case does not count. Rename one of them.");
        // Read once where a column looks at all values first: a sequence may be made while it is read.
        IEnumerable<Func<int, object?>> all = Array.Exists(columns, c => c.Fit is not null) ? [.. rows] : rows;
        ScalarColumn[] fitting = [.. columns.Select((c, i) => c.Fit?.Invoke(all.Select(row => row(i))) ?? c)];
        using (DuckDBCommand create = connection.CreateCommand())
        {
            create.CommandText = $"CREATE TABLE {Quote(schema)}.{Quote(name)}({string.Join(", ", fitting.Select(c => $"{Quote(c.Name)} {c.SqlType}"))})";
            create.ExecuteNonQuery();
        }
        using DuckDBAppender appender = connection.CreateAppender(schema, name);
        foreach (Func<int, object?> cell in all)
        {
            cancellation.ThrowIfCancellationRequested();
            IDuckDBAppenderRow row = appender.CreateRow();
            for (int i = 0; i < fitting.Length; i++) fitting[i].Append(row, cell(i));
            row.EndRow();
        }
    }

    /// <summary>A name as SQL writes it whatever its characters.</summary>
    public static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static ScalarColumn Column(string name, Type type) => ScalarColumn.Of(name, type)
        ?? throw new CellException("SqlError", $"Column '{name}' holds {type.Name} values, which have no SQL type. Leave it out, or turn it into numbers, text, times or truth values first.");

    private static IEnumerable<Func<int, object?>> Rows(DataFrame frame)
    {
        DataFrameColumn[] columns = [.. frame.Columns];
        for (long row = 0; row < frame.Rows.Count; row++)
        {
            long at = row;
            yield return i => columns[i][at];
        }
    }

    private static TableSource? OfSequence(IEnumerable sequence)
    {
        // With sequences of object, as dynamic code makes them, the first element says what they hold.
        Type? element = sequence.GetType().GetInterfaces().Append(sequence.GetType()).Where(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(IEnumerable<>)).Select(t => t.GetGenericArguments()[0]).FirstOrDefault();
        if (element is null || element == typeof(object)) element = sequence.Cast<object?>().FirstOrDefault(o => o is not null)?.GetType();
        if (element is null) return null;
        if (ScalarColumn.Of("value", element) is { } single) return new([single], sequence.Cast<object?>().Select(o => (Func<int, object?>)(_ => o)));
        (PropertyInfo Property, ScalarColumn Column)[] members =
        [
            .. element.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0).Select(p => (p, ScalarColumn.Of(p.Name, p.PropertyType))).Where(p => p.Item2 is not null).Select(p => (p.p, p.Item2 ?? Column(p.p.Name, p.p.PropertyType))),
        ];
        if (members.Length == 0) return null;
        return new([.. members.Select(m => m.Column)], sequence.Cast<object?>().Select(o => (Func<int, object?>)(i => o is null ? null : members[i].Property.GetValue(o))));
    }
}
