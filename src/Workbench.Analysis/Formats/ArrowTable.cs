using System.Buffers;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Memory;
using Apache.Arrow.Types;
using Microsoft.Data.Analysis;
using Workbench.Traces;

namespace Workbench.Analysis.Formats;

/// <summary>Frames as Apache Arrow: a record batch, or an IPC file of one batch, uncompressed so that it can be mapped.</summary>
internal static class ArrowTable
{
    public static RecordBatch ToBatch(DataFrame frame)
    {
        List<Field> fields = [];
        List<IArrowArray> arrays = [];
        foreach (DataFrameColumn column in frame.Columns)
        {
            IArrowArray array = ColumnTypes.Visit(column.DataType, $"Column '{column.Name}'", new Building(column));
            fields.Add(new(column.Name, array.Data.DataType, nullable: true));
            arrays.Add(array);
        }
        return new(new Schema(fields, []), arrays, (int)frame.Rows.Count);
    }

    public static DataFrame ToFrame(Schema schema, IReadOnlyList<RecordBatch> batches, string name)
    {
        List<DataFrameColumn> columns = [];
        for (int i = 0; i < schema.FieldsList.Count; i++)
        {
            Field field = schema.FieldsList[i];
            int at = i;
            columns.Add(ColumnTypes.Visit(TypeOf(field.DataType), $"{name} column '{field.Name}' ({field.DataType.Name})", new Reading(field.Name, [.. batches.Select(b => b.Column(at))])));
        }
        return new(columns);
    }

    public static void Write(DataFrame frame, Stream stream)
    {
        using RecordBatch batch = ToBatch(frame);
        using ArrowFileWriter writer = new(stream, batch.Schema, leaveOpen: true);
        writer.WriteStart();
        writer.WriteRecordBatch(batch);
        writer.WriteEnd();
    }

    public static async Task<DataFrame> ReadAsync(Stream stream, string name)
    {
        List<RecordBatch> batches = [];
        try
        {
            using ArrowFileReader reader = new(stream, MemoryAllocator.Default.Value, leaveOpen: true);
            int count = await reader.RecordBatchCountAsync().ConfigureAwait(false);
            for (int i = 0; i < count; i++) batches.Add(await reader.ReadRecordBatchAsync(i).ConfigureAwait(false));
            return ToFrame(reader.Schema, batches, name);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            throw new TraceFormatException($"{name}: no Arrow IPC file that can be read ({e.Message})", e);
        }
        finally
        {
            foreach (RecordBatch batch in batches) batch.Dispose();
        }
    }

    private static Type TypeOf(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.Boolean => typeof(bool),
        ArrowTypeId.Int8 => typeof(sbyte),
        ArrowTypeId.UInt8 => typeof(byte),
        ArrowTypeId.Int16 => typeof(short),
        ArrowTypeId.UInt16 => typeof(ushort),
        ArrowTypeId.Int32 => typeof(int),
        ArrowTypeId.UInt32 => typeof(uint),
        ArrowTypeId.Int64 => typeof(long),
        ArrowTypeId.UInt64 => typeof(ulong),
        ArrowTypeId.Float => typeof(float),
        ArrowTypeId.Double => typeof(double),
        ArrowTypeId.String => typeof(string),
        _ => typeof(object),
    };

    private static IArrowType ArrowTypeOf<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.SByte => Int8Type.Default,
        TypeCode.Byte => UInt8Type.Default,
        TypeCode.Int16 => Int16Type.Default,
        TypeCode.UInt16 => UInt16Type.Default,
        TypeCode.Int32 => Int32Type.Default,
        TypeCode.UInt32 => UInt32Type.Default,
        TypeCode.Int64 => Int64Type.Default,
        TypeCode.UInt64 => UInt64Type.Default,
        TypeCode.Single => FloatType.Default,
        _ => DoubleType.Default,
    };

    private sealed class Building(DataFrameColumn column) : IColumnVisitor<IArrowArray>
    {
        public IArrowArray Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T>
        {
            T?[] values = ColumnTypes.ValuesOf<T>(column);
            if (values is bool?[] flags)
            {
                BooleanArray.Builder builder = new();
                foreach (bool? flag in flags)
                    if (flag is { } known) builder.Append(known);
                    else builder.AppendNull();
                return builder.Build();
            }
            ArrowBuffer.Builder<T> data = new(values.Length);
            ArrowBuffer.BitmapBuilder validity = new(values.Length);
            foreach (T? value in values)
            {
                data.Append(value.GetValueOrDefault());
                validity.Append(value is not null);
            }
            return ArrowArrayFactory.BuildArray(new ArrayData(ArrowTypeOf<T>(), values.Length, validity.UnsetBitCount, 0, [validity.Build(), data.Build()]));
        }

        public IArrowArray Texts()
        {
            StringArray.Builder builder = new();
            foreach (string? text in ColumnTypes.TextsOf(column))
                if (text is null) builder.AppendNull();
                else builder.Append(text);
            return builder.Build();
        }
    }

    private sealed class Reading(string name, IReadOnlyList<IArrowArray> arrays) : IColumnVisitor<DataFrameColumn>
    {
        public DataFrameColumn Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T>
        {
            if (typeof(T) == typeof(bool))
                return ColumnTypes.Create(name, arrays.Cast<BooleanArray>().SelectMany(a => Enumerable.Range(0, a.Length).Select(i => a.GetValue(i))).ToArray());
            return ColumnTypes.Create(name, arrays.SelectMany(a => Enumerable.Range(0, a.Length).Select(i => a.IsNull(i) ? null : (T?)((PrimitiveArray<T>)a).Values[i])).ToArray());
        }

        public DataFrameColumn Texts() => new StringDataFrameColumn(name, arrays.Cast<StringArray>().SelectMany(a => Enumerable.Range(0, a.Length).Select(i => a.GetString(i))));
    }
}
