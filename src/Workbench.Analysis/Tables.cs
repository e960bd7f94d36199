using System.Text;
using Apache.Arrow;
using Microsoft.Data.Analysis;
using Workbench.Analysis.Formats;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Analysis;

/// <summary>
/// Data frames as files and back: Parquet, Arrow IPC and CSV. Numbers of all widths, booleans, text and nulls come back as they were, and the same
/// frame gives the same bytes. A file has its name only once it is whole.
/// </summary>
public static class Tables
{
    private const string Extensions = ".parquet, .arrow, .feather, .csv";

    /// <summary>Writes a frame in the format of the file's extension: .parquet, .arrow, .feather or .csv.</summary>
    public static void Write(this DataFrame frame, string path)
    {
        switch (ExtensionOf(path))
        {
            case ".parquet": frame.WriteParquet(path); break;
            case ".arrow" or ".feather": frame.WriteArrow(path); break;
            case ".csv": frame.WriteCsv(path); break;
            default: throw new ArgumentException($"{path}: the extension says the format; there is: {Extensions}.", nameof(path));
        }
    }

    /// <summary>Reads a frame in the format of the file's extension: .parquet, .arrow, .feather or .csv.</summary>
    public static DataFrame Read(string path) => ExtensionOf(path) switch
    {
        ".parquet" => ReadParquet(path),
        ".arrow" or ".feather" => ReadArrow(path),
        ".csv" => ReadCsv(path),
        _ => throw new ArgumentException($"{path}: the extension says the format; there is: {Extensions}.", nameof(path)),
    };

    /// <summary>Writes a frame as Apache Parquet, with texts of one's own in the file's metadata if wanted.</summary>
    public static void WriteParquet(this DataFrame frame, string path, IReadOnlyDictionary<string, string>? metadata = null) => Save(frame, path, stream => ParquetTable.WriteAsync(frame, stream, metadata).GetAwaiter().GetResult());

    /// <summary>The texts in a Parquet file's metadata.</summary>
    public static IReadOnlyDictionary<string, string> ReadParquetMetadata(string path)
    {
        using FileStream stream = Open(path);
        return ParquetTable.ReadMetadataAsync(stream, Path.GetFileName(path)).GetAwaiter().GetResult();
    }

    /// <summary>Reads a Parquet file; nested columns are refused.</summary>
    public static DataFrame ReadParquet(string path)
    {
        using FileStream stream = Open(path);
        return ParquetTable.ReadAsync(stream, Path.GetFileName(path)).GetAwaiter().GetResult();
    }

    /// <summary>Writes a frame as an Arrow IPC file (Feather version 2), uncompressed.</summary>
    public static void WriteArrow(this DataFrame frame, string path) => Save(frame, path, stream => ArrowTable.Write(frame, stream));

    /// <summary>Reads an Arrow IPC file.</summary>
    public static DataFrame ReadArrow(string path)
    {
        using FileStream stream = Open(path);
        return ArrowTable.ReadAsync(stream, Path.GetFileName(path)).GetAwaiter().GetResult();
    }

    /// <summary>Writes a frame as CSV: text is always quoted, an empty cell without quotes is null.</summary>
    public static void WriteCsv(this DataFrame frame, string path) => Save(frame, path, stream => CsvTable.Write(frame, stream));

    /// <summary>Reads a CSV file with a header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="types">Types of columns by name, as <see cref="TypesOf"/> gives them; a column without one gets the first of bool, long, ulong, double and string that holds all of it.</param>
    public static DataFrame ReadCsv(string path, IReadOnlyDictionary<string, Type>? types = null)
    {
        using StreamReader text = new(Open(path), new UTF8Encoding(false));
        return CsvTable.Read(text, Path.GetFileName(path), types);
    }

    /// <summary>The types of a frame's columns by name, for <see cref="ReadCsv"/>.</summary>
    public static IReadOnlyDictionary<string, Type> TypesOf(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return frame.Columns.ToDictionary(c => c.Name, c => c.DataType);
    }

    /// <summary>A frame as an Arrow record batch; dispose it after use.</summary>
    public static RecordBatch ToRecordBatch(this DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return ArrowTable.ToBatch(frame);
    }

    /// <summary>An Arrow record batch as a frame of its own memory.</summary>
    public static DataFrame ToFrame(this RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return ArrowTable.ToFrame(batch.Schema, [batch], "the record batch");
    }

    private static string ExtensionOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Path.GetExtension(path).ToLowerInvariant();
    }

    private static void Save(DataFrame frame, string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(frame);
        using PartialFile file = new(path);
        write(file.Stream);
        file.Commit();
    }

    private static FileStream Open(string path)
    {
        if (!File.Exists(path)) throw new TraceFormatException($"{path}: there is no such file. Write one with frame.Write(path), or check the name.");
        return new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }
}
