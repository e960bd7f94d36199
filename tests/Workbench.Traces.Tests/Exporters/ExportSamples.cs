using Workbench.Traces.Exporters;
using Workbench.Traces.Native;
using Workbench.Traces.Tests.Native;

namespace Workbench.Traces.Tests.Exporters;

/// <summary>Exports the trace of every kind, and knows what should be in it.</summary>
internal static class ExportSamples
{
    public static byte[] Export(TraceExportFormat format, byte[] dmat)
    {
        MemoryStream stream = new();
        using DmatReader reader = Dmat.Open(dmat);
        using (ITraceExporter exporter = TraceExport.Begin(format, stream, reader.Provenance)) TraceExport.CopyTo(reader, exporter);
        return stream.ToArray();
    }

    /// <summary>Events, lines and texts (null but for marks) of a .dmat.</summary>
    public static (TraceEvent[] Events, long[] Lines, string?[] Texts) Read(byte[] dmat)
    {
        using DmatReader reader = Dmat.Open(dmat);
        TraceEvent[] events = new TraceEvent[reader.EventCount];
        long[] lines = new long[events.Length];
        for (int at = 0, count; (count = reader.Read(events.AsSpan(at), lines.AsSpan(at))) > 0;) at += count;
        return (events, lines, [.. events.Select(e => e.Kind == EventKind.Mark ? reader.TextOf(e) : null)]);
    }
}
