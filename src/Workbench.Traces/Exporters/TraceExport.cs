using Workbench.Traces.Native;

namespace Workbench.Traces.Exporters;

/// <summary>Copies a trace into an exporter.</summary>
public static class TraceExport
{
    /// <summary>Key of the metadata of Parquet and Arrow files under which the provenance stands as JSON.</summary>
    public const string ProvenanceKey = "workbench.provenance";

    private const int BatchEvents = 4096;

    /// <summary>Starts an export to a stream, which stays open.</summary>
    public static ITraceExporter Begin(TraceExportFormat format, Stream output, TraceProvenance provenance) => format switch
    {
        TraceExportFormat.Csv => new CsvTraceWriter(output),
        TraceExportFormat.Parquet => new ParquetTraceWriter(output, provenance),
        TraceExportFormat.Arrow => new ArrowTraceWriter(output, provenance),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such export format."),
    };

    /// <summary>Writes a file; it has its name only once it is whole. Returns the number of events, from where the reader stands to its end.</summary>
    public static long ToFile(DmatReader reader, TraceExportFormat format, string path)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using PartialFile file = new(path);
        using ITraceExporter exporter = Begin(format, file.Stream, reader.Provenance);
        long events = CopyTo(reader, exporter);
        file.Commit();
        return events;
    }

    /// <summary>Copies the rest of a trace and completes the export. Returns the number of events.</summary>
    public static long CopyTo(DmatReader reader, ITraceExporter exporter)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(exporter);
        TraceEvent[] events = new TraceEvent[BatchEvents];
        long[] lines = new long[BatchEvents];
        Func<TraceEvent, string> textOf = mark => reader.TextOf(mark);
        long total = 0;
        for (int count; (count = reader.Read(events, lines)) > 0; total += count)
            exporter.Append(events.AsSpan(0, count), lines.AsSpan(0, count), textOf);
        exporter.Complete();
        return total;
    }
}
