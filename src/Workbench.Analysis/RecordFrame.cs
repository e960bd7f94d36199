using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Data.Analysis;
using Workbench.Replay.Costs;

namespace Workbench.Analysis;

/// <summary>Records as a data frame: one column for each public property.</summary>
internal static class RecordFrame
{
    /// <summary>One row for each record; <paramref name="except"/> names properties that make no column.</summary>
    public static DataFrame Of<T>(IEnumerable<T> records, params string[] except)
    {
        ArgumentNullException.ThrowIfNull(records);
        T[] rows = [.. records];
        if (ColumnOf("value", typeof(T), [.. rows.Cast<object?>()]) is { } single) return new(single);
        List<DataFrameColumn> columns = [];
        // Inherited properties come last by reflection's order; declaration order is what a reader expects.
        foreach (PropertyInfo property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0 && !except.Contains(p.Name)))
            columns.AddRange(ColumnsOf(JsonNamingPolicy.CamelCase.ConvertName(property.Name), property.PropertyType, [.. rows.Select(r => r is null ? null : property.GetValue(r))]));
        return new(columns);
    }

    private static IEnumerable<DataFrameColumn> ColumnsOf(string name, Type type, object?[] values)
    {
        if ((Nullable.GetUnderlyingType(type) ?? type) == typeof(CostRange))
        {
            yield return new DoubleDataFrameColumn(name + "Low", values.Select(v => ((CostRange?)v)?.Low));
            yield return new DoubleDataFrameColumn(name + "Default", values.Select(v => ((CostRange?)v)?.Default));
            yield return new DoubleDataFrameColumn(name + "High", values.Select(v => ((CostRange?)v)?.High));
        }
        else yield return ColumnOf(name, type, values) ?? new StringDataFrameColumn(name, values.Select(Text));
    }

    /// <summary>A column of the type's own values; null for a type that frames have no column for.</summary>
    private static DataFrameColumn? ColumnOf(string name, Type type, object?[] values)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum) return new StringDataFrameColumn(name, values.Select(v => v is null ? null : JsonNamingPolicy.KebabCaseLower.ConvertName(v.ToString() ?? "")));
        return Type.GetTypeCode(plain) switch
        {
            TypeCode.Boolean => new BooleanDataFrameColumn(name, values.Cast<bool?>()),
            TypeCode.SByte => new SByteDataFrameColumn(name, values.Cast<sbyte?>()),
            TypeCode.Byte => new ByteDataFrameColumn(name, values.Cast<byte?>()),
            TypeCode.Int16 => new Int16DataFrameColumn(name, values.Cast<short?>()),
            TypeCode.UInt16 => new UInt16DataFrameColumn(name, values.Cast<ushort?>()),
            TypeCode.Int32 => new Int32DataFrameColumn(name, values.Cast<int?>()),
            TypeCode.UInt32 => new UInt32DataFrameColumn(name, values.Cast<uint?>()),
            TypeCode.Int64 => new Int64DataFrameColumn(name, values.Cast<long?>()),
            TypeCode.UInt64 => new UInt64DataFrameColumn(name, values.Cast<ulong?>()),
            TypeCode.Single => new SingleDataFrameColumn(name, values.Cast<float?>()),
            TypeCode.Double => new DoubleDataFrameColumn(name, values.Cast<double?>()),
            TypeCode.String => new StringDataFrameColumn(name, values.Cast<string?>()),
            _ => null,
        };
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        IEnumerable list => string.Join("; ", list.Cast<object?>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
