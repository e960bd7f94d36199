using System.Collections;
using System.Data.Common;
using System.Globalization;
using System.Numerics;
using Microsoft.Data.Analysis;

namespace Workbench.Notebooks.Languages.Sql;

/// <summary>The rows of a query as a DataFrame. Types are kept; what a frame has no type for becomes the nearest one that holds every value, text at last.</summary>
internal static class FrameBuilder
{
    /// <summary>Reads all rows.</summary>
    public static DataFrame Read(DbDataReader reader, CancellationToken cancellation)
    {
        int count = reader.FieldCount;
        List<object?>[] values = [.. Enumerable.Range(0, count).Select(_ => new List<object?>())];
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < count; i++) values[i].Add(reader.IsDBNull(i) ? null : reader.GetValue(i));
        }
        HashSet<string> names = [];
        return new DataFrame(Enumerable.Range(0, count).Select(i => Column(Unique(reader.GetName(i), names), reader.GetFieldType(i), values[i])));
    }

    private static DataFrameColumn Column(string name, Type type, List<object?> values) => type switch
    {
        _ when type == typeof(bool) => Of<bool>(name, values),
        _ when type == typeof(sbyte) => Of<sbyte>(name, values),
        _ when type == typeof(short) => Of<short>(name, values),
        _ when type == typeof(int) => Of<int>(name, values),
        _ when type == typeof(long) => Of<long>(name, values),
        _ when type == typeof(byte) => Of<byte>(name, values),
        _ when type == typeof(ushort) => Of<ushort>(name, values),
        _ when type == typeof(uint) => Of<uint>(name, values),
        _ when type == typeof(ulong) => Of<ulong>(name, values),
        _ when type == typeof(float) => Of<float>(name, values),
        _ when type == typeof(double) => Of<double>(name, values),
        _ when type == typeof(DateTime) => Of<DateTime>(name, values),
        _ when type == typeof(DateOnly) => Of<DateTime>(name, [.. values.Select(v => v is DateOnly d ? d.ToDateTime(TimeOnly.MinValue) : (object?)null)]),
        _ when type == typeof(BigInteger) => OfHuge(name, values),
        _ when type == typeof(decimal) => OfDecimal(name, values),
        _ => new StringDataFrameColumn(name, values.Select(Text)),
    };

    private static PrimitiveDataFrameColumn<T> Of<T>(string name, List<object?> values) where T : unmanaged => new(name, values.Select(v => (T?)v));

    // sum() of any integers is a HUGEINT: the narrowest type that holds all is what was meant.
    private static DataFrameColumn OfHuge(string name, List<object?> values)
    {
        bool All(BigInteger low, BigInteger high) => values.All(v => v is not BigInteger n || (n >= low && n <= high));
        if (All(long.MinValue, long.MaxValue)) return Of<long>(name, [.. values.Select(v => v is BigInteger n ? (long)n : (object?)null)]);
        if (All(ulong.MinValue, ulong.MaxValue)) return Of<ulong>(name, [.. values.Select(v => v is BigInteger n ? (ulong)n : (object?)null)]);
        if (All(new BigInteger(decimal.MinValue), new BigInteger(decimal.MaxValue))) return Of<decimal>(name, [.. values.Select(v => v is BigInteger n ? (decimal)n : (object?)null)]);
        return new StringDataFrameColumn(name, values.Select(Text));
    }

    private static DataFrameColumn OfDecimal(string name, List<object?> values)
    {
        if (values.TrueForAll(v => v is not decimal d || (decimal.IsInteger(d) && d is >= long.MinValue and <= long.MaxValue && d.Scale == 0))) return Of<long>(name, [.. values.Select(v => v is decimal d ? (long)d : (object?)null)]);
        if (values.TrueForAll(v => v is not decimal d || IsExact(d))) return Of<double>(name, [.. values.Select(v => v is decimal d ? (double)d : (object?)null)]);
        return Of<decimal>(name, values);
    }

    // A double keeps 15 digits of any decimal.
    private static bool IsExact(decimal value) => Math.Abs(value) < 1e15m && (decimal)(double)value == value;

    private static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        Stream bytes => Hex(bytes),
        IDictionary map => "{" + string.Join(", ", map.Keys.Cast<object>().Select(k => $"{Text(k)}: {Text(map[k])}")) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(v => Text(v) ?? "NULL")) + "]",
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Hex(Stream bytes)
    {
        using MemoryStream copy = new();
        bytes.CopyTo(copy);
        return Convert.ToHexString(copy.ToArray());
    }

    // A frame refuses two columns of one name; a join gives them.
    private static string Unique(string name, HashSet<string> taken)
    {
        string unique = name;
        for (int i = 1; !taken.Add(unique); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
        return unique;
    }
}
