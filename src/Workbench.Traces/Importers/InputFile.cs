using System.Security.Cryptography;
using ZstdSharp;

namespace Workbench.Traces.Importers;

/// <summary>A recording on disk, plain or compressed (.xz, .zst, .gz, told by content): opened as often as an importer needs passes.</summary>
public sealed class InputFile
{
    private readonly string path;

    /// <summary>Names a file; it is opened later.</summary>
    public InputFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        this.path = path;
    }

    /// <summary>The file's name without folder, as messages and provenance show it.</summary>
    public string Name => Path.GetFileName(path);

    /// <summary>The content as a forward stream, decompressed. Corrupt compression surfaces as <see cref="TraceFormatException"/> while reading.</summary>
    public Stream Open()
    {
        FileStream file = OpenFile();
        try
        {
            Span<byte> head = stackalloc byte[6];
            int got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            head = head[..got];
            file.Position = 0;
            if (got == 0) throw new TraceFormatException($"{Name}: the file is empty. Nothing was recorded, or the copy failed.");
            Stream? inner = head.StartsWith(XzStreams.Magic) ? new XzStreams(file)
                : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? new DecompressionStream(file, leaveOpen: false)
                : head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? new WholeGzipStream(file)
                : null;
            return inner is null ? file : new DecompressedStream(inner, file, Name);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The content as a seekable stream: the file itself, or a temporary copy of what it decompresses to.</summary>
    public Stream OpenSeekable()
    {
        Stream stream = Open();
        if (stream is FileStream) return stream;
        using (stream)
        {
            string copy = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            FileStream temporary = new(copy, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
            try
            {
                stream.CopyTo(temporary);
                temporary.Position = 0;
                return temporary;
            }
            catch
            {
                temporary.Dispose();
                throw;
            }
        }
    }

    /// <summary>Size and sha256 of the decompressed content, and sha256 of the file as it is stored.</summary>
    public (long Bytes, string Sha256, string StoredSha256) Digest()
    {
        string stored;
        using (FileStream file = OpenFile()) stored = Convert.ToHexStringLower(SHA256.HashData(file));
        using Stream content = Open();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        long bytes = 0;
        for (int got; (got = content.Read(buffer)) > 0; bytes += got) hash.AppendData(buffer, 0, got);
        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()), stored);
    }

    private FileStream OpenFile()
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TraceFormatException($"{path}: cannot be read ({e.Message})", e);
        }
    }
}
