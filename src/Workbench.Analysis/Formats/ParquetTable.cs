using System.IO.Compression;
using Microsoft.Data.Analysis;
using Parquet;
using Parquet.Schema;
using Workbench.Traces;

namespace Workbench.Analysis.Formats;

/// <summary>Frames as Apache Parquet: one row group, zstd, every column nullable so that the schema does not depend on the values.</summary>
internal static class ParquetTable
{
    public static async Task WriteAsync(DataFrame frame, Stream stream, IReadOnlyDictionary<string, string>? metadata = null)
    {
        DataField[] fields = [.. frame.Columns.Select(c => new DataField(c.Name, c.DataType, isNullable: true))];
        // The default level, SmallestSize, is many times slower for nothing.
        ParquetOptions options = new() { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream, options).ConfigureAwait(false);
        if (metadata is not null) writer.CustomMetadata = new Dictionary<string, string>(metadata);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        for (int i = 0; i < fields.Length; i++) await ColumnTypes.Visit(frame.Columns[i].DataType, $"Column '{frame.Columns[i].Name}'", new Writing(group, fields[i], frame.Columns[i])).ConfigureAwait(false);
        group.CompleteValidate();
    }

    public static async Task<DataFrame> ReadAsync(Stream stream, string name)
    {
        try
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(stream).ConfigureAwait(false);
            List<DataFrameColumn> columns = [];
            foreach (DataField field in reader.Schema.GetDataFields())
            {
                if (field.IsArray || field.MaxRepetitionLevel > 0) throw new NotSupportedException($"{name} column '{field.Name}' holds lists; tables have one value in a cell.");
                columns.Add(await ColumnTypes.Visit(TypeOf(field), $"{name} column '{field.Name}'", new Reading(reader, field)).ConfigureAwait(false));
            }
            return new(columns);
        }
        catch (Exception e) when (e is ParquetException or IOException or InvalidDataException or ArgumentException)
        {
            throw new TraceFormatException($"{name}: no Parquet file that can be read ({e.Message})", e);
        }
    }

    public static async Task<IReadOnlyDictionary<string, string>> ReadMetadataAsync(Stream stream, string name)
    {
        try
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(stream).ConfigureAwait(false);
            return reader.CustomMetadata;
        }
        catch (Exception e) when (e is ParquetException or IOException or InvalidDataException or ArgumentException)
        {
            throw new TraceFormatException($"{name}: no Parquet file that can be read ({e.Message})", e);
        }
    }

    /// <summary>The library calls text that it has read by another name than text to be written.</summary>
    private static Type TypeOf(DataField field) => field.ClrType == typeof(ReadOnlyMemory<char>) ? typeof(string) : field.ClrType;

    private sealed class Writing(ParquetRowGroupWriter group, DataField field, DataFrameColumn column) : IColumnVisitor<Task>
    {
        public Task Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T> => group.WriteAsync<T>(field, ColumnTypes.ValuesOf<T>(column).AsMemory());

        public Task Texts() => group.WriteAsync(field, ColumnTypes.TextsOf(column)!);
    }

    private sealed class Reading(ParquetReader reader, DataField field) : IColumnVisitor<Task<DataFrameColumn>>
    {
        public async Task<DataFrameColumn> Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T>
        {
            List<T?> all = [];
            for (int i = 0; i < reader.RowGroupCount; i++)
            {
                using ParquetRowGroupReader group = reader.OpenRowGroupReader(i);
                if (field.IsNullable)
                {
                    T?[] values = new T?[group.RowCount];
                    await group.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
                    all.AddRange(values);
                }
                else
                {
                    T[] values = new T[group.RowCount];
                    await group.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
                    all.AddRange(values.Select(v => (T?)v));
                }
            }
            return ColumnTypes.Create(field.Name, all.ToArray());
        }

        public async Task<DataFrameColumn> Texts()
        {
            List<string?> all = [];
            for (int i = 0; i < reader.RowGroupCount; i++)
            {
                using ParquetRowGroupReader group = reader.OpenRowGroupReader(i);
                string?[] values = new string?[group.RowCount];
                await group.ReadAsync(field, values.AsMemory()!).ConfigureAwait(false);
                all.AddRange(values);
            }
            return new StringDataFrameColumn(field.Name, all!);
        }
    }
}
