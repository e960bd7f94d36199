namespace Workbench.Traces.Exporters;

/// <summary>The forms a trace can be exported in; docs/trace-format.md lists their columns.</summary>
public enum TraceExportFormat
{
    /// <summary>Comma-separated text; the only one that can be imported again.</summary>
    Csv,
    /// <summary>Apache Parquet, zstd, row groups of 2^20 events.</summary>
    Parquet,
    /// <summary>Apache Arrow IPC file ("Feather 2"), uncompressed, record batches of 65,536 events.</summary>
    Arrow,
}
