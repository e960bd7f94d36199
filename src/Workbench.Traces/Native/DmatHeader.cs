using System.Buffers.Binary;
using System.IO.Hashing;

namespace Workbench.Traces.Native;

/// <summary>The front of a .dmat file.</summary>
internal readonly record struct DmatHeader(ushort Major, ushort Minor, int Capacity)
{
    /// <summary>Reads and checks the header; with <paramref name="skipBad"/> a damaged one is taken as version 1 if anything else says the file is a .dmat.</summary>
    public static DmatHeader Read(Stream stream, string name, bool skipBad)
    {
        if (stream.Length == 0) throw new TraceFormatException($"Trace '{name}' is empty (0 bytes). The recording or copy left nothing; make it again.");
        Span<byte> bytes = stackalloc byte[DmatLayout.FileHeaderBytes];
        stream.Position = 0;
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        bytes = bytes[..read];
        DmatHeader fallback = new(DmatLayout.Major, DmatLayout.Minor, DmatLayout.MaxBlockEvents);
        ReadOnlySpan<byte> start = bytes[..Math.Min(read, DmatLayout.FileMagic.Length)];
        if (!DmatLayout.FileMagic.StartsWith(start))
        {
            if (skipBad && EndsAsDmat(stream)) return fallback;
            throw new TraceFormatException($"Trace '{name}': this is {ForeignFile.Describe(bytes)}, no .dmat trace (those begin with DMATRACE). Import it with: workbench trace import");
        }
        if (read < DmatLayout.FileHeaderBytes)
            throw new TraceFormatException($"Trace '{name}': the file has {read} bytes, its header alone takes {DmatLayout.FileHeaderBytes}. The recording or copy was cut short; make it again.");
        if (XxHash64.HashToUInt64(bytes[..24]) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]))
        {
            if (skipBad) return fallback;
            throw new TraceFormatException($"Trace '{name}' byte 0: the checksum of the file header does not match. The file was damaged; copy it again, or pass --skip-bad to read the blocks that are whole.");
        }
        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        ushort minor = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        uint capacity = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        if (major != DmatLayout.Major)
            throw new TraceFormatException($"Trace '{name}' has format version {major}.{minor}; this program reads versions {DmatLayout.Major}.x. Use the version of the program that wrote it, or a newer one.");
        if ((flags & 0xffff) != 0)
            throw new TraceFormatException($"Trace '{name}' needs features 0x{flags & 0xffff:x} that this program does not have (header flags, byte 12). Use a newer version.");
        if (capacity is 0 or > DmatLayout.MaxBlockEvents)
            throw new TraceFormatException($"Trace '{name}' byte 16: blocks of {capacity} events; allowed are 1 to {DmatLayout.MaxBlockEvents}.");
        return new(major, minor, (int)capacity);
    }

    private static bool EndsAsDmat(Stream stream)
    {
        if (stream.Length < DmatLayout.FileHeaderBytes + DmatLayout.TrailerBytes) return false;
        Span<byte> end = stackalloc byte[DmatLayout.EndMagic.Length];
        stream.Position = stream.Length - end.Length;
        stream.ReadExactly(end);
        return end.SequenceEqual(DmatLayout.EndMagic);
    }
}
