namespace Workbench.Traces.Guest;

/// <summary>Pages as they stand in the file.</summary>
internal sealed class PlainPages : IPageSource
{
    private readonly TraceCmdBytes file;
    private readonly ulong end;
    private ulong position;

    public PlainPages(TraceCmdBytes file, in CpuExtent extent, int pageBytes)
    {
        if (extent.Bytes % (ulong)pageBytes != 0) throw file.RefusalAt((long)extent.Offset, $"CPU {extent.Cpu} has {extent.Bytes} bytes, no multiple of the page size {pageBytes}. The file is damaged; copy it again");
        this.file = file;
        position = extent.Offset;
        end = extent.Offset + extent.Bytes;
    }

    /// <inheritdoc/>
    public bool TryNext(Span<byte> page, out long offset)
    {
        offset = (long)position;
        if (position == end) return false;
        file.Seek(position, "a page");
        file.Fill(page, "a page");
        position += (ulong)page.Length;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() { }
}
