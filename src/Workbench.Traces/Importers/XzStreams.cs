using SharpCompress.Compressors.Xz;
using Workbench.Traces.Text;

namespace Workbench.Traces.Importers;

/// <summary>Reads an .xz file that holds several streams one after the other, as parallel packers and cat make them; zero bytes may pad between.</summary>
internal sealed class XzStreams(FileStream file) : ForwardStream
{
    public static ReadOnlySpan<byte> Magic => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    private XZStream current = new(file);

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (count == 0) return 0;
        while (true)
        {
            int got = current.Read(buffer, offset, count);
            if (got > 0 || !TryNext()) return got;
        }
    }

    private bool TryNext()
    {
        Span<byte> head = stackalloc byte[6];
        while (true)
        {
            long at = file.Position;
            int got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            if (got == 0) return false;
            if (got >= 4 && head[..4].IndexOfAnyExcept((byte)0) < 0)
            {
                file.Position = at + 4;
                continue;
            }
            if (got < head.Length || !head.SequenceEqual(Magic)) throw new InvalidDataException($"after byte {at} follows what is no xz stream");
            file.Position = at;
            current = new(file);
            return true;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) current.Dispose();
        base.Dispose(disposing);
    }
}
