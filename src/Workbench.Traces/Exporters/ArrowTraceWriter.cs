using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace Workbench.Traces.Exporters;

/// <summary>Writes a trace as an Apache Arrow IPC file, uncompressed so that it can be mapped; record batches of 65,536 events.</summary>
public sealed class ArrowTraceWriter : ITraceExporter
{
    private const int BatchEvents = 65_536;

    private readonly ArrowFileWriter writer;
    private readonly Schema schema;
    private readonly TraceEvent[] held = new TraceEvent[BatchEvents];
    private readonly string?[] texts = new string?[BatchEvents];
    private readonly long[] lines = new long[BatchEvents];
    private int count;
    private bool ended;

    /// <summary>Starts a file on a stream, which stays open.</summary>
    public ArrowTraceWriter(Stream output, TraceProvenance provenance)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(provenance);
        schema = new(
        [
            new Field("time_ns", Int64Type.Default, false), new Field("kind", UInt8Type.Default, false), new Field("device", UInt16Type.Default, false),
            new Field("pasid", UInt32Type.Default, true), new Field("iova", UInt64Type.Default, false), new Field("length", UInt64Type.Default, false),
            new Field("target", UInt64Type.Default, false), new Field("flags", UInt8Type.Default, false), new Field("text", StringType.Default, true),
            new Field("line", Int64Type.Default, false),
        ],
        [new KeyValuePair<string, string>(TraceExport.ProvenanceKey, Encoding.UTF8.GetString(provenance.ToJson()))]);
        writer = new(output, schema, leaveOpen: true);
        writer.WriteStart();
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<TraceEvent> events, ReadOnlySpan<long> sourceLines, Func<TraceEvent, string> textOf)
    {
        ArgumentNullException.ThrowIfNull(textOf);
        if (ended) throw new InvalidOperationException("The export was completed; nothing can be added to it.");
        if (sourceLines.Length != events.Length) throw new ArgumentException($"There are {events.Length} events and {sourceLines.Length} lines; give one for each.", nameof(sourceLines));
        for (int i = 0; i < events.Length; i++)
        {
            held[count] = events[i];
            texts[count] = events[i].Kind == EventKind.Mark ? textOf(events[i]) : null;
            lines[count] = sourceLines[i];
            if (++count == BatchEvents) WriteBatch();
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (ended) return;
        if (count > 0) WriteBatch();
        writer.WriteEnd();
        ended = true;
    }

    /// <summary>Ends the writer; the stream stays open. Before <see cref="Complete"/> the file is not whole.</summary>
    public void Dispose()
    {
        ended = true;
        writer.Dispose();
    }

    private void WriteBatch()
    {
        Int64Array.Builder times = new Int64Array.Builder().Reserve(count), sourceLines = new Int64Array.Builder().Reserve(count);
        UInt8Array.Builder kinds = new UInt8Array.Builder().Reserve(count), flags = new UInt8Array.Builder().Reserve(count);
        UInt16Array.Builder devices = new UInt16Array.Builder().Reserve(count);
        UInt32Array.Builder pasids = new UInt32Array.Builder().Reserve(count);
        UInt64Array.Builder iovas = new UInt64Array.Builder().Reserve(count), lengths = new UInt64Array.Builder().Reserve(count), targets = new UInt64Array.Builder().Reserve(count);
        StringArray.Builder marks = new StringArray.Builder().Reserve(count);
        for (int i = 0; i < count; i++)
        {
            ref readonly TraceEvent e = ref held[i];
            times.Append(e.TimeNs);
            kinds.Append((byte)e.Kind);
            devices.Append(e.Device.Value);
            if (e.PasidOrNone == TraceEvent.NoPasid) pasids.AppendNull();
            else pasids.Append(e.PasidOrNone);
            iovas.Append(e.Iova);
            lengths.Append(e.Length);
            targets.Append(e.Target);
            flags.Append((byte)e.Flags);
            if (texts[i] is { } text) marks.Append(text);
            else marks.AppendNull();
            sourceLines.Append(lines[i]);
        }
        using RecordBatch batch = new(schema,
            [times.Build(), kinds.Build(), devices.Build(), pasids.Build(), iovas.Build(), lengths.Build(), targets.Build(), flags.Build(), marks.Build(), sourceLines.Build()], count);
        writer.WriteRecordBatch(batch);
        count = 0;
    }
}
