using Workbench.Traces.Importers;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Keeps what an importer hands on.</summary>
internal sealed class ListSink : ITraceSink
{
    public List<TraceEvent> Events { get; } = [];
    public List<long> Lines { get; } = [];
    public List<string> Texts { get; } = [];

    public int AddText(string text)
    {
        int known = Texts.IndexOf(text);
        if (known >= 0) return known;
        Texts.Add(text);
        return Texts.Count - 1;
    }

    public void Append(in TraceEvent traceEvent, long sourceLine = 0)
    {
        Events.Add(traceEvent);
        Lines.Add(sourceLine);
    }
}
