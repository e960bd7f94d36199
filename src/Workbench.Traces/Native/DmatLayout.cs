using System.Buffers.Binary;
using System.IO.Hashing;

namespace Workbench.Traces.Native;

/// <summary>The numbers of the .dmat layout; docs/trace-format.md is the specification.</summary>
internal static class DmatLayout
{
    public const ushort Major = 1;
    public const ushort Minor = 0;
    public const int MaxBlockEvents = 65_536;

    public const int FileHeaderBytes = 32;
    public const int BlockHeaderBytes = 56;
    public const int MaxBlockHeaderBytes = 4096;
    public const int BlockChecksumAt = 48;
    public const int DirectoryEntryBytes = 12;
    public const int MaxStreams = 64;
    /// <summary>A whole block, header included: nothing larger is ever allocated for one.</summary>
    public const int MaxBlockBytes = 16 << 20;

    public const int FooterHeaderBytes = 176;
    public const int SectionEntryBytes = 24;
    public const int MaxSections = 64;
    public const int IndexEntryBytes = 40;
    public const int TrailerBytes = 40;
    public const int MaxProvenanceBytes = 16 << 20;

    /// <summary>One text of a mark, in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 65_535;
    /// <summary>A block ends early rather than carry more text than this.</summary>
    public const int MaxBlockTextBytes = 1 << 20;

    public static ReadOnlySpan<byte> FileMagic => "DMATRACE"u8;
    public static ReadOnlySpan<byte> BlockMarker => [0xEB, (byte)'D', (byte)'M', (byte)'A', (byte)'T', (byte)'B', (byte)'L', (byte)'K'];
    public static ReadOnlySpan<byte> FooterMagic => "DMATFOOT"u8;
    public static ReadOnlySpan<byte> EndMagic => "DMATEND\0"u8;

    /// <summary>The most bytes a stream of one block may take uncompressed.</summary>
    public static int MaxRawBytes(StreamId id, int events) => id switch
    {
        // Kind, flags, device, and two numbers of at most 5 and 10 bytes.
        StreamId.Shapes => events * 19,
        StreamId.ShapeIndex => events * 3,
        StreamId.Texts => 2 * MaxBlockTextBytes,
        _ => events * Varint.MaxBytes,
    };

    /// <summary>The file header of this version.</summary>
    public static byte[] FileHeader(int capacity)
    {
        byte[] header = new byte[FileHeaderBytes];
        FileMagic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), Major);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), Minor);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), (uint)capacity);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), XxHash64.HashToUInt64(header.AsSpan(0, 24)));
        return header;
    }

    /// <summary>The checksum of a block: its own field counts as zero and is left zero.</summary>
    public static ulong ChecksumOfBlock(Span<byte> block)
    {
        block.Slice(BlockChecksumAt, 8).Clear();
        return XxHash64.HashToUInt64(block);
    }
}

/// <summary>The streams of a block. A reader skips ids it does not know.</summary>
internal enum StreamId : byte
{
    Shapes = 1,
    ShapeIndex = 2,
    Time = 3,
    Iova = 4,
    Target = 5,
    Line = 6,
    Texts = 7,
}

/// <summary>How a stream or section is stored.</summary>
internal enum Codec : byte
{
    Raw = 0,
    Zstd = 1,
}

/// <summary>The sections of the footer. A reader skips ids it does not know.</summary>
internal enum SectionId : ushort
{
    Provenance = 1,
    Index = 2,
}
