using System.Globalization;
using Microsoft.Data.Analysis;

namespace Workbench.Notebooks.Formatters;

/// <summary>One cell of a frame as text, in the invariant culture.</summary>
internal static class FrameCell
{
    public static bool IsNumber(DataFrameColumn column) => Type.GetTypeCode(column.DataType) is >= TypeCode.SByte and <= TypeCode.Decimal;

    /// <summary>The type as C# writes it.</summary>
    public static string TypeOf(DataFrameColumn column) => Type.GetTypeCode(column.DataType) switch
    {
        TypeCode.SByte => "sbyte",
        TypeCode.Byte => "byte",
        TypeCode.Int16 => "short",
        TypeCode.UInt16 => "ushort",
        TypeCode.Int32 => "int",
        TypeCode.UInt32 => "uint",
        TypeCode.Int64 => "long",
        TypeCode.UInt64 => "ulong",
        TypeCode.Single => "float",
        TypeCode.Double => "double",
        TypeCode.Decimal => "decimal",
        TypeCode.Boolean => "bool",
        TypeCode.String => "string",
        TypeCode.Char => "char",
        _ => column.DataType.Name,
    };

    /// <summary>A value; whole numbers with a comma between thousands, others with at most six decimals or as a power of ten.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        double number => Number(number),
        float number => Number(number),
        decimal number => number.ToString("#,0.######", CultureInfo.InvariantCulture),
        sbyte or byte or short or ushort or int or uint or long or ulong => ((IFormattable)value).ToString("#,0", CultureInfo.InvariantCulture),
        DateTime date => date.ToString(date.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    public static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {noun}{(count == 1 ? "" : "s")}");

    private static string Number(double number)
    {
        if (!double.IsFinite(number)) return number.ToString(CultureInfo.InvariantCulture);
        double size = Math.Abs(number);
        return size != 0 && (size < 1e-4 || size >= 1e15) ? number.ToString("0.######E+0", CultureInfo.InvariantCulture) : number.ToString("#,0.######", CultureInfo.InvariantCulture);
    }
}
