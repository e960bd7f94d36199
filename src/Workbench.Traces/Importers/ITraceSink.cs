namespace Workbench.Traces.Importers;

/// <summary>Where an importer or generator puts its events, in time order.</summary>
public interface ITraceSink
{
    /// <summary>Keeps a text for marks and returns its number.</summary>
    int AddText(string text);

    /// <summary>Takes the next event and the source line it came from (0 if none).</summary>
    void Append(in TraceEvent traceEvent, long sourceLine = 0);
}
