namespace Workbench.Replay.Iommufd;

/// <summary>What happened to the windows over a user's bitmap while it was filled; of a kernel without defects only <see cref="Windows"/> is not 0.</summary>
public record struct BitmapAccount
{
    /// <summary>Times pages were pinned.</summary>
    public long Windows { get; internal set; }
    /// <summary>Bits the walk reported and nobody wrote: beyond the range, or where no page could be pinned.</summary>
    public long BitsDropped { get; internal set; }
    /// <summary>Bits that the kernel would have written through page pointers past the pinned ones, into memory of anybody.</summary>
    public long BitsOutOfBounds { get; internal set; }
    /// <summary>Times pages past the end were to be pinned.</summary>
    public long PinsPastEnd { get; internal set; }
    /// <summary>Would the kernel never have come back from recording a leaf?</summary>
    public bool IsStuck { get; internal set; }
}
