using System.Buffers.Binary;
using System.Text;

namespace Workbench.Traces.Guest;

/// <summary>Reads little-endian numbers and counted bytes from a part of a trace.dat; whatever does not fit becomes a message with the byte offset.</summary>
internal sealed class TraceCmdBytes(Stream stream, string label)
{
    private readonly long origin = stream.Position;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; } = stream.Length - stream.Position;

    /// <summary>The offset of the next byte.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public long Left => Length - Position;

    /// <summary>Bytes that were taken out, with offsets of their own; <paramref name="what"/> says in messages what they are.</summary>
    public TraceCmdBytes Part(byte[] bytes, string what) => new(new MemoryStream(bytes, writable: false), $"{label} {what},");

    /// <summary>Goes to an offset that the file named.</summary>
    public void Seek(ulong offset, string what)
    {
        if (offset > (ulong)Length) throw Refusal($"{what} is said to be at byte {offset}, past the end at {Length}. The file is cut short or damaged; copy it again");
        Position = (long)offset;
        stream.Position = origin + Position;
    }

    /// <summary>Passes over bytes.</summary>
    public void Skip(ulong count, string what)
    {
        Require(count, what);
        Seek((ulong)Position + count, what);
    }

    /// <summary>Fills the span.</summary>
    public void Fill(Span<byte> target, string what)
    {
        Require((ulong)target.Length, what);
        // The length is the stream's own, yet a file may shrink while it is read.
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length) throw Refusal($"the file ended while {what} was read");
        Position += target.Length;
    }

    /// <summary>Reads counted bytes, at most <see cref="TraceCmdLimits.MostSectionBytes"/>.</summary>
    public byte[] Take(ulong count, string what)
    {
        Require(count, what);
        if (count > TraceCmdLimits.MostSectionBytes) throw Refusal($"{what} has {count} bytes; allowed are {TraceCmdLimits.MostSectionBytes}. The file is damaged; copy it again");
        byte[] bytes = new byte[count];
        Fill(bytes, what);
        return bytes;
    }

    /// <summary>One byte.</summary>
    public byte Byte(string what)
    {
        Span<byte> bytes = stackalloc byte[1];
        Fill(bytes, what);
        return bytes[0];
    }

    /// <summary>Two bytes.</summary>
    public ushort Word16(string what)
    {
        Span<byte> bytes = stackalloc byte[2];
        Fill(bytes, what);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Four bytes.</summary>
    public uint Word32(string what)
    {
        Span<byte> bytes = stackalloc byte[4];
        Fill(bytes, what);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Eight bytes.</summary>
    public ulong Word64(string what)
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes, what);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A text up to its zero byte, which is dropped.</summary>
    public string Text(string what)
    {
        Span<byte> bytes = stackalloc byte[64];
        StringBuilder text = new();
        while (true)
        {
            Span<byte> part = bytes[..(int)Math.Min(bytes.Length, Left)];
            long start = Position;
            Fill(part, what);
            int end = part.IndexOf((byte)0);
            text.Append(Encoding.Latin1.GetString(end < 0 ? part : part[..end]));
            if (end >= 0)
            {
                Seek((ulong)(start + end + 1), what);
                return text.ToString();
            }
            if (Left == 0 || text.Length > TraceCmdLimits.MostTextBytes)
                throw Refusal($"{what} has no zero byte within {Math.Min(TraceCmdLimits.MostTextBytes, text.Length)} bytes. The file is damaged; copy it again");
        }
    }

    /// <summary>Checks a fixed text that the format demands, zero byte and all.</summary>
    public void Literal(ReadOnlySpan<byte> wanted, string what)
    {
        Span<byte> found = stackalloc byte[wanted.Length];
        long at = Position;
        Fill(found, what);
        if (!found.SequenceEqual(wanted)) throw RefusalAt(at, $"found {Excerpt.Of(found)} where {what} {Excerpt.Of(wanted)} must stand. The file is damaged; copy it again");
    }

    /// <summary>Wrong input at the current offset.</summary>
    public TraceFormatException Refusal(string problem) => RefusalAt(Position, problem);

    /// <summary>Wrong input at an offset.</summary>
    public TraceFormatException RefusalAt(long offset, string problem) => new($"{label} byte {offset}: {problem}.");

    private void Require(ulong count, string what)
    {
        if (count > (ulong)Left) throw Refusal($"the file ends inside {what}: {count} bytes are needed, {Left} are left. It is cut short; copy it again");
    }
}
