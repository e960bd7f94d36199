using System.Buffers;

namespace Workbench.Traces.Text;

/// <summary>Splits a byte stream into lines without copying; memory is bounded by the longest line it accepts.</summary>
public sealed class LineReader : IDisposable
{
    /// <summary>The longest line accepted, in bytes.</summary>
    public const int MaxLineBytes = 1 << 20;

    private readonly Stream stream;
    private readonly string name;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
    private int start;
    private int end;
    private bool ended;

    /// <summary>Reads lines of <paramref name="stream"/>; <paramref name="name"/> is used in messages only.</summary>
    public LineReader(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        this.stream = stream;
        this.name = name;
    }

    /// <summary>The name given at construction.</summary>
    public string Name => name;
    /// <summary>The number of the line last returned, counted from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>The next line without its end (LF or CR LF); the span is valid until the next call. False at the end of the stream.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int scanned = start;
        while (true)
        {
            int newline = buffer.AsSpan(scanned, end - scanned).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                int stop = scanned + newline;
                line = Trim(buffer.AsSpan(start, stop - start));
                start = stop + 1;
                LineNumber++;
                return true;
            }
            if (ended)
            {
                line = Trim(buffer.AsSpan(start, end - start));
                bool any = end > start;
                start = end;
                if (any) LineNumber++;
                return any;
            }
            scanned = Fill();
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line) => line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;

    private int Fill()
    {
        int kept = end - start;
        if (kept > MaxLineBytes)
            throw new TraceFormatException($"{name} line {LineNumber + 1}: longer than {MaxLineBytes} bytes without a line end. This is no text log; give the file its right --format.");
        if (start > 0)
        {
            buffer.AsSpan(start, kept).CopyTo(buffer);
            start = 0;
            end = kept;
        }
        if (end == buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
            buffer.AsSpan(0, end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
        int read = stream.Read(buffer, end, buffer.Length - end);
        if (read == 0) ended = true;
        int scanned = end;
        end += read;
        return scanned;
    }

    /// <summary>Gives the buffer back; the stream stays the caller's.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        start = end = 0;
        ended = true;
    }
}
