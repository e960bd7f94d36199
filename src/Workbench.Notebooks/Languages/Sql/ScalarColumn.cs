using System.Collections;
using System.Globalization;
using System.Numerics;
using DuckDB.NET.Data;

namespace Workbench.Notebooks.Languages.Sql;

/// <summary>A column of a table made from .NET values.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SqlType">DuckDB's type.</param>
/// <param name="Append">Appends the value of a row, null included.</param>
internal sealed record ScalarColumn(string Name, string SqlType, Action<IDuckDBAppenderRow, object?> Append)
{
    // What .NET's decimal holds whatever its first digit; more would be read back as another number.
    private const int DecimalDigits = 28;
    private const int SqlDecimalDigits = 38;

    /// <summary>Made for the values it will hold; null: one type fits all.</summary>
    public Func<IEnumerable<object?>, ScalarColumn>? Fit { get; private init; }

    /// <summary>A column for values of a .NET type; null if the type is no scalar.</summary>
    public static ScalarColumn? Of(string name, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum) return Text(name);
        return type switch
        {
            _ when type == typeof(bool) => new(name, "BOOLEAN", (row, v) => row.AppendValue((bool?)v)),
            _ when type == typeof(sbyte) => new(name, "TINYINT", (row, v) => row.AppendValue((sbyte?)v)),
            _ when type == typeof(short) => new(name, "SMALLINT", (row, v) => row.AppendValue((short?)v)),
            _ when type == typeof(int) => new(name, "INTEGER", (row, v) => row.AppendValue((int?)v)),
            _ when type == typeof(long) => new(name, "BIGINT", (row, v) => row.AppendValue((long?)v)),
            _ when type == typeof(byte) => new(name, "UTINYINT", (row, v) => row.AppendValue((byte?)v)),
            _ when type == typeof(ushort) => new(name, "USMALLINT", (row, v) => row.AppendValue((ushort?)v)),
            _ when type == typeof(uint) => new(name, "UINTEGER", (row, v) => row.AppendValue((uint?)v)),
            _ when type == typeof(ulong) => new(name, "UBIGINT", (row, v) => row.AppendValue((ulong?)v)),
            _ when type == typeof(nint) => new(name, "BIGINT", (row, v) => row.AppendValue((long?)(nint?)v)),
            _ when type == typeof(nuint) => new(name, "UBIGINT", (row, v) => row.AppendValue((ulong?)(nuint?)v)),
            _ when type == typeof(float) => new(name, "FLOAT", (row, v) => row.AppendValue((float?)v)),
            _ when type == typeof(double) => new(name, "DOUBLE", (row, v) => row.AppendValue((double?)v)),
            _ when type == typeof(decimal) => OfDecimal(name, DecimalDigits) with { Fit = values => FitDecimal(name, values) },
            _ when type == typeof(BigInteger) => new(name, "HUGEINT", (row, v) => row.AppendValue((BigInteger?)v)),
            _ when type == typeof(DateTime) => OfTime(name, "TIMESTAMP") with { Fit = values => OfTime(name, TimeType(values.OfType<DateTime>())) },
            _ when type == typeof(DateTimeOffset) => new(name, "TIMESTAMP", (row, v) => row.AppendValue(((DateTimeOffset?)v)?.UtcDateTime)),
            _ when type == typeof(DateOnly) => new(name, "TIMESTAMP", (row, v) => row.AppendValue(((DateOnly?)v)?.ToDateTime(TimeOnly.MinValue))),
            _ when type == typeof(TimeSpan) => new(name, "INTERVAL", (row, v) => row.AppendValue((TimeSpan?)v)),
            _ when type == typeof(string) || type == typeof(char) || type == typeof(Guid) || type == typeof(TimeOnly) || type == typeof(Uri) || type == typeof(Version) => Text(name),
            // A small value type that says what it is, such as an address, is a column of text; anything else is no column.
            _ when type.IsValueType && typeof(IFormattable).IsAssignableFrom(type) && !typeof(IEnumerable).IsAssignableFrom(type) => Text(name),
            _ => null,
        };
    }

    private static ScalarColumn OfDecimal(string name, int scale) => new(name, string.Create(CultureInfo.InvariantCulture, $"DECIMAL({SqlDecimalDigits},{scale})"), (row, v) => row.AppendValue((decimal?)v));

    // As many places as the values have; a column that spans more digits than DECIMAL has is one of double.
    private static ScalarColumn FitDecimal(string name, IEnumerable<object?> values)
    {
        int whole = 1, scale = 0;
        foreach (decimal value in values.OfType<decimal>())
        {
            // Division by one with 28 places takes the zeros at the end off.
            scale = Math.Max(scale, (value / 1.0000000000000000000000000000m).Scale);
            whole = Math.Max(whole, decimal.Truncate(Math.Abs(value)).ToString(CultureInfo.InvariantCulture).Length);
        }
        return whole + scale <= DecimalDigits ? OfDecimal(name, scale) : new(name, "DOUBLE", (row, v) => row.AppendValue((double?)(decimal?)v));
    }

    private static ScalarColumn OfTime(string name, string type) => new(name, type, (row, v) => row.AppendValue((DateTime?)v));

    // A TIMESTAMP counts microseconds; one of nanoseconds, which keeps .NET's 100 ns, goes from 1677 to 2262.
    private static string TimeType(IEnumerable<DateTime> times)
    {
        bool isFine = false;
        foreach (DateTime time in times)
        {
            if (time.Year is < 1678 or > 2261) return "TIMESTAMP";
            isFine |= time.Ticks % TimeSpan.TicksPerMicrosecond != 0;
        }
        return isFine ? "TIMESTAMP_NS" : "TIMESTAMP";
    }

    private static ScalarColumn Text(string name) => new(name, "VARCHAR", (row, v) => row.AppendValue(v is null ? null : Convert.ToString(v, CultureInfo.InvariantCulture)));
}
