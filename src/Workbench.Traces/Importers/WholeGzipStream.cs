using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Workbench.Traces.Text;

namespace Workbench.Traces.Importers;

/// <summary>
/// Reads a .gz file of one or more members and checks at the end that it is whole: the runtime's own reader takes a file that was cut short
/// for one that ends there.
/// </summary>
internal sealed class WholeGzipStream(FileStream file) : ForwardStream
{
    private const int TrailerBytes = 8;

    private readonly GZipStream inner = new(file, CompressionMode.Decompress, leaveOpen: true);
    private readonly Crc32 crc = new();
    private long bytes;
    private bool isChecked;

    public override int Read(byte[] buffer, int offset, int count)
    {
        int got = inner.Read(buffer, offset, count);
        crc.Append(buffer.AsSpan(offset, got));
        bytes += got;
        if (got == 0 && count > 0 && !isChecked)
        {
            isChecked = true;
            Check();
        }
        return got;
    }

    /// <summary>The file's last bytes are the checksum and size of the last member. RFC 1952 §2.3.1.</summary>
    private void Check()
    {
        if (file.Length < TrailerBytes) throw new InvalidDataException("it ends within its header");
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        file.Position = file.Length - TrailerBytes;
        file.ReadExactly(trailer);
        uint sum = BinaryPrimitives.ReadUInt32LittleEndian(trailer), size = BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        if (crc.GetCurrentHashAsUInt32() == sum && unchecked((uint)bytes) == size) return;
        if (size > bytes || ChecksumAfter(bytes - size) != sum) throw new InvalidDataException("it does not end with the checksum of what it holds");
    }

    /// <summary>Several members: the last one's checksum needs a second pass.</summary>
    private uint ChecksumAfter(long skip)
    {
        file.Position = 0;
        using GZipStream again = new(file, CompressionMode.Decompress, leaveOpen: true);
        Crc32 last = new();
        byte[] buffer = new byte[1 << 16];
        for (long at = 0; again.Read(buffer) is var got and > 0; at += got)
            if (at + got > skip) last.Append(buffer.AsSpan((int)Math.Max(0, skip - at), got - (int)Math.Max(0, skip - at)));
        return last.GetCurrentHashAsUInt32();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
