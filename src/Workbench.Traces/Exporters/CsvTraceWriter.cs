using System.Buffers.Text;
using System.Text;
using Workbench.Iommu;
using Workbench.Traces.Native;

namespace Workbench.Traces.Exporters;

/// <summary>Writes a trace as CSV: a header line, then one line per event. Reading it back gives the same events.</summary>
public sealed class CsvTraceWriter : ITraceExporter
{
    /// <summary>The header line, without its end.</summary>
    public const string Header = "time_ns,kind,device,pasid,iova,length,target,flags,text,line";

    // Every field but the text at its longest, with room to spare.
    private const int MostBytesPerLine = 256;

    private static readonly byte[][] KindNames = [.. Enumerable.Range(0, 11).Select(static kind => Encoding.ASCII.GetBytes(((EventKind)kind).ToString()))];

    private readonly Stream output;
    private readonly byte[] buffer = new byte[1 << 16];
    private int at;
    private bool completed;

    /// <summary>Starts a file on a stream, which stays open.</summary>
    public CsvTraceWriter(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        this.output = output;
        Put(Encoding.ASCII.GetBytes(Header));
        buffer[at++] = (byte)'\n';
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<TraceEvent> events, ReadOnlySpan<long> sourceLines, Func<TraceEvent, string> textOf)
    {
        ArgumentNullException.ThrowIfNull(textOf);
        if (completed) throw new InvalidOperationException("The export was completed; nothing can be added to it.");
        if (sourceLines.Length != events.Length) throw new ArgumentException($"There are {events.Length} events and {sourceLines.Length} lines; give one for each.", nameof(sourceLines));
        for (int i = 0; i < events.Length; i++)
        {
            ref readonly TraceEvent e = ref events[i];
            if (buffer.Length - at < MostBytesPerLine) Flush();
            Fields(e);
            if (e.Kind == EventKind.Mark) Text(textOf(e));
            buffer[at++] = (byte)',';
            if (sourceLines[i] != 0) Decimal(sourceLines[i]);
            buffer[at++] = (byte)'\n';
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        Flush();
        output.Flush();
        completed = true;
    }

    /// <summary>Ends the writer; the stream stays open.</summary>
    public void Dispose() => completed = true;

    private void Fields(in TraceEvent e)
    {
        Decimal(e.TimeNs);
        buffer[at++] = (byte)',';
        if (!EventRules.IsKnown(e.Kind)) throw new ArgumentException($"An event has kind {(byte)e.Kind}; kinds are 1 (Map) to 10 (Translate).", nameof(e));
        Put(KindNames[(int)e.Kind]);
        buffer[at++] = (byte)',';
        if (e.Device.Value != 0 || HasDevice(e.Kind)) Device(e.Device);
        buffer[at++] = (byte)',';
        if (e.PasidOrNone != TraceEvent.NoPasid) Unsigned(e.PasidOrNone);
        buffer[at++] = (byte)',';
        if (EventRules.HasIova(e.Kind)) Hexadecimal(e.Iova);
        buffer[at++] = (byte)',';
        if (e.Length != 0) Unsigned(e.Length);
        buffer[at++] = (byte)',';
        if (EventRules.HasDomain(e.Kind)) Unsigned(e.Target);
        else if (e.Kind is EventKind.Map or EventKind.Translate) Hexadecimal(e.Target);
        buffer[at++] = (byte)',';
        Unsigned((byte)e.Flags);
        buffer[at++] = (byte)',';
    }

    /// <summary>Must a line of this kind name its device?</summary>
    internal static bool HasDevice(EventKind kind) => kind is not (EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll or EventKind.Mark);

    /// <summary>How a kind is written.</summary>
    internal static ReadOnlySpan<byte> NameOf(EventKind kind) => KindNames[(int)kind];

    private void Text(string text)
    {
        // One line per event: line ends are escaped, and so the escape character.
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\"", "\"\"", StringComparison.Ordinal);
        Flush();
        output.Write(Encoding.UTF8.GetBytes($"\"{escaped}\""));
    }

    private void Device(RequesterId device)
    {
        Put2(device.Bus);
        buffer[at++] = (byte)':';
        Put2(device.DeviceFunction >> 3);
        buffer[at++] = (byte)'.';
        buffer[at++] = (byte)('0' + (device.DeviceFunction & 7));
    }

    private void Put2(int value)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        buffer[at++] = digits[value >> 4];
        buffer[at++] = digits[value & 15];
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer.AsSpan(at));
        at += bytes.Length;
    }

    private void Decimal(long value)
    {
        Utf8Formatter.TryFormat(value, buffer.AsSpan(at), out int bytes);
        at += bytes;
    }

    private void Unsigned(ulong value)
    {
        Utf8Formatter.TryFormat(value, buffer.AsSpan(at), out int bytes);
        at += bytes;
    }

    private void Hexadecimal(ulong value)
    {
        Put("0x"u8);
        Utf8Formatter.TryFormat(value, buffer.AsSpan(at), out int bytes, 'x');
        at += bytes;
    }

    private void Flush()
    {
        output.Write(buffer.AsSpan(0, at));
        at = 0;
    }
}
