namespace Workbench.Traces.Exporters;

/// <summary>Writes a trace in a form that other programs read.</summary>
public interface ITraceExporter : IDisposable
{
    /// <summary>Appends events in the order of the trace.</summary>
    /// <param name="events">The events.</param>
    /// <param name="sourceLines">Their source lines, 0 for none; as many as events.</param>
    /// <param name="textOf">Gives the text of a mark among them.</param>
    void Append(ReadOnlySpan<TraceEvent> events, ReadOnlySpan<long> sourceLines, Func<TraceEvent, string> textOf);

    /// <summary>Writes what is left; nothing can be appended after it. The stream stays open.</summary>
    void Complete();
}
