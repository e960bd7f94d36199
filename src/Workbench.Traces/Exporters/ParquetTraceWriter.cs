using System.IO.Compression;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace Workbench.Traces.Exporters;

/// <summary>Writes a trace as Apache Parquet: row groups of 2^20 events, zstd. Memory is bounded by one row group, about 70 bytes per event.</summary>
public sealed class ParquetTraceWriter : ITraceExporter
{
    private const int GroupEvents = 1 << 20;

    private static readonly ParquetSchema Schema = new(
        new DataField<long>("time_ns"), new DataField<byte>("kind"), new DataField<ushort>("device"), new DataField<uint?>("pasid"), new DataField<ulong>("iova"),
        new DataField<ulong>("length"), new DataField<ulong>("target"), new DataField<byte>("flags"), new DataField<string>("text"), new DataField<long>("line"));

    private readonly ParquetWriter writer;
    private readonly long[] times = new long[GroupEvents];
    private readonly byte[] kinds = new byte[GroupEvents];
    private readonly ushort[] devices = new ushort[GroupEvents];
    private readonly uint?[] pasids = new uint?[GroupEvents];
    private readonly ulong[] iovas = new ulong[GroupEvents];
    private readonly ulong[] lengths = new ulong[GroupEvents];
    private readonly ulong[] targets = new ulong[GroupEvents];
    private readonly byte[] flags = new byte[GroupEvents];
    private readonly string?[] texts = new string?[GroupEvents];
    private readonly long[] lines = new long[GroupEvents];
    private int count;
    private bool ended;

    /// <summary>Starts a file on a stream, which stays open.</summary>
    public ParquetTraceWriter(Stream output, TraceProvenance provenance)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(provenance);
        // The default level, SmallestSize, takes microseconds per event.
        ParquetOptions options = new() { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        writer = ParquetWriter.CreateAsync(Schema, output, options).GetAwaiter().GetResult();
        writer.CustomMetadata = new Dictionary<string, string> { [TraceExport.ProvenanceKey] = Encoding.UTF8.GetString(provenance.ToJson()) };
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<TraceEvent> events, ReadOnlySpan<long> sourceLines, Func<TraceEvent, string> textOf)
    {
        ArgumentNullException.ThrowIfNull(textOf);
        if (ended) throw new InvalidOperationException("The export was completed; nothing can be added to it.");
        if (sourceLines.Length != events.Length) throw new ArgumentException($"There are {events.Length} events and {sourceLines.Length} lines; give one for each.", nameof(sourceLines));
        for (int i = 0; i < events.Length; i++)
        {
            ref readonly TraceEvent e = ref events[i];
            times[count] = e.TimeNs;
            kinds[count] = (byte)e.Kind;
            devices[count] = e.Device.Value;
            pasids[count] = e.PasidOrNone == TraceEvent.NoPasid ? null : e.PasidOrNone;
            iovas[count] = e.Iova;
            lengths[count] = e.Length;
            targets[count] = e.Target;
            flags[count] = (byte)e.Flags;
            texts[count] = e.Kind == EventKind.Mark ? textOf(e) : null;
            lines[count] = sourceLines[i];
            if (++count == GroupEvents) WriteGroup();
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (ended) return;
        if (count > 0) WriteGroup();
        End();
    }

    /// <summary>Ends the writer; the stream stays open. Before <see cref="Complete"/> the file is not whole.</summary>
    public void Dispose() => End();

    private void End()
    {
        if (ended) return;
        ended = true;
        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void WriteGroup()
    {
        WriteGroupAsync().GetAwaiter().GetResult();
        count = 0;
    }

    private async Task WriteGroupAsync()
    {
        DataField[] fields = Schema.GetDataFields();
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await group.WriteAsync<long>(fields[0], times.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<byte>(fields[1], kinds.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<ushort>(fields[2], devices.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<uint>(fields[3], pasids.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<ulong>(fields[4], iovas.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<ulong>(fields[5], lengths.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<ulong>(fields[6], targets.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync<byte>(fields[7], flags.AsMemory(0, count)).ConfigureAwait(false);
        await group.WriteAsync(fields[8], new ArraySegment<string?>(texts, 0, count)!).ConfigureAwait(false);
        await group.WriteAsync<long>(fields[9], lines.AsMemory(0, count)).ConfigureAwait(false);
        group.CompleteValidate();
    }
}
