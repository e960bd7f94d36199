using Workbench.Traces.Exporters;
using Workbench.Traces.Native;
using Workbench.Traces.Text;

namespace Workbench.Traces.Importers.Csv;

/// <summary>Reads the CSV that <see cref="CsvTraceWriter"/> writes, or that anyone writes with the same columns.</summary>
public sealed class CsvTraceReader : IDisposable
{
    private readonly LineReader lines;
    private readonly bool skipBad;
    private readonly CsvEventParser parser = new();
    private readonly Dictionary<string, int> textNumbers = new(StringComparer.Ordinal);
    private readonly List<string> texts = [];
    private long lastTimeNs = long.MinValue;

    /// <summary>Starts to read, with the header line.</summary>
    /// <param name="input">The file; it stays open.</param>
    /// <param name="name">The name used in messages.</param>
    /// <param name="skipBad">Skip and count lines that are wrong or out of order instead of throwing.</param>
    public CsvTraceReader(Stream input, string name, bool skipBad = false)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(name);
        lines = new(input, name);
        this.skipBad = skipBad;
        if (!lines.TryRead(out ReadOnlySpan<byte> header)) throw new TraceFormatException($"Trace '{name}' is empty. It must begin with the line {CsvTraceWriter.Header}");
        if (header.StartsWith("\uFEFF"u8)) header = header[3..];
        if (!System.Text.Ascii.Equals(header, CsvTraceWriter.Header))
            throw new TraceFormatException($"Trace '{name}' line 1: '{CsvEventParser.Quote(header)}' is not the header of a trace. It must be {CsvTraceWriter.Header}");
    }

    /// <summary>Lines skipped so far; only with skipBad.</summary>
    public long SkippedLines { get; private set; }

    /// <summary>Reads the next events; 0 at the end.</summary>
    public int Read(Span<TraceEvent> events) => Read(events, []);

    /// <summary>Reads the next events and the values of their line column (0 where it is empty); 0 at the end.</summary>
    /// <param name="events">Receives the events.</param>
    /// <param name="sourceLines">Receives the lines; empty, or as long as <paramref name="events"/>.</param>
    public int Read(Span<TraceEvent> events, Span<long> sourceLines)
    {
        if (!sourceLines.IsEmpty && sourceLines.Length < events.Length) throw new ArgumentException($"There is room for {sourceLines.Length} lines and {events.Length} events; give as many lines, or none.", nameof(sourceLines));
        int count = 0;
        while (count < events.Length && lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (line.IsEmpty) continue;
            if (!parser.TryParse(line, out TraceEvent e, out long sourceLine, out string? text))
            {
                Refuse(parser.Problem);
                continue;
            }
            if (e.TimeNs < lastTimeNs)
            {
                Refuse($"column time_ns: {e.TimeNs} ns is before {lastTimeNs} ns, the time of the line before it. Times never decrease in a trace; sort the file");
                continue;
            }
            lastTimeNs = e.TimeNs;
            events[count] = text is null ? e : e with { Target = (ulong)NumberOf(text) };
            if (!sourceLines.IsEmpty) sourceLines[count] = sourceLine;
            count++;
        }
        return count;
    }

    /// <summary>The text of a mark that was read.</summary>
    public string TextOf(in TraceEvent mark) => mark.Kind == EventKind.Mark && mark.Target < (ulong)texts.Count ? texts[(int)mark.Target]
        : throw new ArgumentException($"A {mark.Kind} with target {mark.Target} is no mark read from '{lines.Name}'.", nameof(mark));

    /// <summary>Copies the rest of the trace, with its lines and texts, and leaves the writer to be completed. Returns the number of events.</summary>
    public long CopyTo(DmatWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        TraceEvent[] events = new TraceEvent[1024];
        long[] sourceLines = new long[1024];
        long total = 0;
        for (int count; (count = Read(events, sourceLines)) > 0; total += count)
        {
            for (int i = 0; i < count; i++)
            {
                TraceEvent e = events[i];
                if (e.Kind == EventKind.Mark) e = e with { Target = (ulong)writer.AddText(TextOf(e)) };
                writer.Append(e, sourceLines[i]);
            }
        }
        return total;
    }

    /// <summary>Gives the buffer back; the stream stays open.</summary>
    public void Dispose() => lines.Dispose();

    private int NumberOf(string text)
    {
        if (textNumbers.TryGetValue(text, out int number)) return number;
        textNumbers.Add(text, texts.Count);
        texts.Add(text);
        return texts.Count - 1;
    }

    private void Refuse(string problem)
    {
        if (!skipBad) throw new TraceFormatException($"Trace '{lines.Name}' line {lines.LineNumber}, {problem}. Correct the line, or pass --skip-bad to leave such lines out.");
        SkippedLines++;
    }
}
