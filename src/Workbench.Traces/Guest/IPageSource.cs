namespace Workbench.Traces.Guest;

/// <summary>Gives one CPU's ring-buffer pages in order.</summary>
internal interface IPageSource : IDisposable
{
    /// <summary>Fills <paramref name="page"/> with the next page and names the byte of the file it (or its chunk) stands at; false at the end.</summary>
    bool TryNext(Span<byte> page, out long offset);
}
