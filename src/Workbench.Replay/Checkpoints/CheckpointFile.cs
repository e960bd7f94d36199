using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text.Json;
using Workbench.Traces;
using Workbench.Traces.Native;
using ZstdSharp;

namespace Workbench.Replay.Checkpoints;

/// <summary>The file of a checkpoint: magic, version, lengths, what it says of itself as JSON, the state compressed, and a checksum of it all.</summary>
internal static class CheckpointFile
{
    private const uint Version = 1;
    private const int FrontBytes = 40;
    private const int ChecksumBytes = 16;
    private const int MostInfoBytes = 1 << 20;
    // The fastest level: a checkpoint is written often and read once.
    private const int Level = 1;

    private static ReadOnlySpan<byte> Magic => "DMACHECK"u8;

    public static void Write(string path, CheckpointInfo info, byte[] image)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(info, ReplayJson.Default.CheckpointInfo);
        using Compressor compressor = new(Level);
        byte[] packed = new byte[Compressor.GetCompressBound(image.Length)];
        int stored = compressor.Wrap(image, packed);
        byte[] front = new byte[FrontBytes];
        Magic.CopyTo(front);
        BinaryPrimitives.WriteUInt32LittleEndian(front.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(front.AsSpan(12), json.Length);
        BinaryPrimitives.WriteInt64LittleEndian(front.AsSpan(16), image.Length);
        BinaryPrimitives.WriteInt64LittleEndian(front.AsSpan(24), stored);
        BinaryPrimitives.WriteUInt64LittleEndian(front.AsSpan(32), XxHash64.HashToUInt64(front.AsSpan(0, 32)));
        XxHash128 hash = new();
        using PartialFile file = new(path);
        foreach (ReadOnlyMemory<byte> part in (ReadOnlyMemory<byte>[])[front, json, packed.AsMemory(0, stored)])
        {
            hash.Append(part.Span);
            file.Stream.Write(part.Span);
        }
        file.Stream.Write(hash.GetCurrentHash());
        file.Commit();
    }

    public static bool IsAt(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        Span<byte> front = stackalloc byte[Magic.Length];
        return file.ReadAtLeast(front, front.Length, throwOnEndOfStream: false) == front.Length && front.SequenceEqual(Magic);
    }

    public static (CheckpointInfo Info, byte[] Image) Read(string path)
    {
        string name = Path.GetFileName(path);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        byte[] front = new byte[FrontBytes];
        int got = file.ReadAtLeast(front, FrontBytes, throwOnEndOfStream: false);
        if (got < Magic.Length || !front.AsSpan().StartsWith(Magic)) throw new TraceFormatException($"'{name}' is no checkpoint: it does not begin with {System.Text.Encoding.ASCII.GetString(Magic)}. Name a file that 'workbench replay --checkpoint' wrote.");
        if (got < FrontBytes || XxHash64.HashToUInt64(front.AsSpan(0, 32)) != BinaryPrimitives.ReadUInt64LittleEndian(front.AsSpan(32))) throw Damaged(name, "its first 40 bytes do not match their checksum");
        if (BinaryPrimitives.ReadUInt32LittleEndian(front.AsSpan(8)) is uint version and not Version) throw new TraceFormatException($"Checkpoint '{name}' has layout {version}; this program reads {Version}. Resume it with the version that wrote it.");
        int infoBytes = BinaryPrimitives.ReadInt32LittleEndian(front.AsSpan(12));
        long imageBytes = BinaryPrimitives.ReadInt64LittleEndian(front.AsSpan(16)), stored = BinaryPrimitives.ReadInt64LittleEndian(front.AsSpan(24));
        if (infoBytes is < 0 or > MostInfoBytes || stored < 0 || stored > Array.MaxLength || imageBytes < 0 || imageBytes > Array.MaxLength || file.Length != FrontBytes + infoBytes + stored + ChecksumBytes)
            throw Damaged(name, $"it has {file.Length} bytes, and its beginning says {FrontBytes + (long)infoBytes + stored + ChecksumBytes}");
        byte[] json = new byte[infoBytes], packed = new byte[stored], checksum = new byte[ChecksumBytes];
        file.ReadExactly(json);
        file.ReadExactly(packed);
        file.ReadExactly(checksum);
        XxHash128 hash = new();
        hash.Append(front);
        hash.Append(json);
        hash.Append(packed);
        if (!hash.GetCurrentHash().AsSpan().SequenceEqual(checksum)) throw Damaged(name, "its checksum does not match");
        CheckpointInfo info;
        byte[] image = new byte[imageBytes];
        try
        {
            info = JsonSerializer.Deserialize(json, ReplayJson.Default.CheckpointInfo) ?? throw Damaged(name, "it says nothing of itself");
            if (info.Build != StateTypes.BuildId)
                throw new TraceFormatException($"Checkpoint '{name}' was written by another build{(info.Tool.Length > 0 ? $" ({info.Tool})" : "")}: the state of a replay is read by the build that wrote it and no other. Resume it with that one, or replay from the beginning.");
            using Decompressor decompressor = new();
            if (!decompressor.TryUnwrap(packed, image, out int written) || written != image.Length) throw Damaged(name, "its state cannot be decompressed");
        }
        catch (Exception wrong) when (wrong is JsonException or ZstdException)
        {
            throw Damaged(name, wrong.Message);
        }
        return (info, image);
    }

    private static TraceFormatException Damaged(string name, string what) => new($"Checkpoint '{name}' is damaged: {what}. Copy it again, or replay from the beginning.");
}
