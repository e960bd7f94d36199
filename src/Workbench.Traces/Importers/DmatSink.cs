using Workbench.Traces.Native;

namespace Workbench.Traces.Importers;

/// <summary>Writes an importer's events into a .dmat file.</summary>
public sealed class DmatSink(DmatWriter writer) : ITraceSink
{
    /// <inheritdoc/>
    public int AddText(string text) => writer.AddText(text);

    /// <inheritdoc/>
    public void Append(in TraceEvent traceEvent, long sourceLine = 0) => writer.Append(traceEvent, sourceLine);
}
