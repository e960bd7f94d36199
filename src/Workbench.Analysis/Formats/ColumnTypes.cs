using System.Diagnostics;
using System.Text;
using Microsoft.Data.Analysis;

namespace Workbench.Analysis.Formats;

/// <summary>The types of columns that go into files and come back as they were.</summary>
internal static class ColumnTypes
{
    private const string Allowed = "bool, sbyte, byte, short, ushort, int, uint, long, ulong, float, double and string";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Calls the visitor with a column's type; <paramref name="what"/> names it if the type is none of ours.</summary>
    public static TResult Visit<TResult>(Type type, string what, IColumnVisitor<TResult> visitor) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => visitor.Values<bool>(),
        TypeCode.SByte => visitor.Values<sbyte>(),
        TypeCode.Byte => visitor.Values<byte>(),
        TypeCode.Int16 => visitor.Values<short>(),
        TypeCode.UInt16 => visitor.Values<ushort>(),
        TypeCode.Int32 => visitor.Values<int>(),
        TypeCode.UInt32 => visitor.Values<uint>(),
        TypeCode.Int64 => visitor.Values<long>(),
        TypeCode.UInt64 => visitor.Values<ulong>(),
        TypeCode.Single => visitor.Values<float>(),
        TypeCode.Double => visitor.Values<double>(),
        TypeCode.String => visitor.Texts(),
        _ => throw new NotSupportedException($"{what} holds values of type {type.Name}; tables have columns of {Allowed}. Convert it or leave it out."),
    };

    /// <summary>The values of a column.</summary>
    public static T?[] ValuesOf<T>(DataFrameColumn column) where T : unmanaged
    {
        PrimitiveDataFrameColumn<T> typed = (PrimitiveDataFrameColumn<T>)column;
        T?[] values = new T?[column.Length];
        for (int i = 0; i < values.Length; i++) values[i] = typed[i];
        return values;
    }

    /// <summary>The texts of a column; one that UTF-8 cannot hold is refused rather than changed.</summary>
    public static string?[] TextsOf(DataFrameColumn column)
    {
        string?[] texts = new string?[column.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = (string?)column[i];
            if (texts[i] is not { } text) continue;
            try
            {
                Strict.GetByteCount(text);
            }
            catch (EncoderFallbackException e)
            {
                throw new ArgumentException($"Column '{column.Name}' row {i}: the text holds half of a surrogate pair, which UTF-8 files cannot keep. Replace it.", e);
            }
        }
        return texts;
    }

    /// <summary>A column of the kind that frames use for a type.</summary>
    public static DataFrameColumn Create<T>(string name, T?[] values) where T : unmanaged => (object)values switch
    {
        bool?[] v => new BooleanDataFrameColumn(name, v),
        sbyte?[] v => new SByteDataFrameColumn(name, v),
        byte?[] v => new ByteDataFrameColumn(name, v),
        short?[] v => new Int16DataFrameColumn(name, v),
        ushort?[] v => new UInt16DataFrameColumn(name, v),
        int?[] v => new Int32DataFrameColumn(name, v),
        uint?[] v => new UInt32DataFrameColumn(name, v),
        long?[] v => new Int64DataFrameColumn(name, v),
        ulong?[] v => new UInt64DataFrameColumn(name, v),
        float?[] v => new SingleDataFrameColumn(name, v),
        double?[] v => new DoubleDataFrameColumn(name, v),
        _ => throw new UnreachableException($"{typeof(T)} is no type of a column"),
    };
}
