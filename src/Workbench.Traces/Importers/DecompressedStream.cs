using Workbench.Traces.Text;

namespace Workbench.Traces.Importers;

/// <summary>Reads through a decompressor and turns its many kinds of failure into one message about the file.</summary>
internal sealed class DecompressedStream(Stream inner, FileStream file, string name) : ForwardStream
{
    private bool holdsAnything;

    public override int Read(byte[] buffer, int offset, int count)
    {
        int got;
        try
        {
            got = inner.Read(buffer, offset, count);
        }
        // Decompressors of other makers throw whatever their code runs into on corrupt input.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new TraceFormatException($"{name}: the compressed data is corrupt or cut short near byte {file.Position} ({e.Message}). Copy the file again.", e);
        }
        // An empty recording is no recording, packed or not.
        if (got == 0 && count > 0 && !holdsAnything) throw new TraceFormatException($"{name}: the compressed file holds nothing. Nothing was recorded, or it was cut short; copy the file again.");
        holdsAnything |= got > 0;
        return got;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            file.Dispose();
        }
        base.Dispose(disposing);
    }
}
