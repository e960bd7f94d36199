namespace Workbench.Replay.Footprints;

/// <summary>What is known of the windows of one length.</summary>
internal struct WindowState
{
    /// <summary>The length, ns.</summary>
    public long Ns;
    /// <summary>Place in the log of the oldest write that may still be inside the window that ends now; all before it are outside.</summary>
    public int Marker;
    /// <summary>Last writes of pages from the marker on: distinct pages written in that window.</summary>
    public int Pages;
    /// <summary>The most there ever were.</summary>
    public int MostPages;
    /// <summary>Times without a write of a page that reach this length and not the next: how many.</summary>
    public long IdleTimes;
    /// <summary>The same times: their sum, ns.</summary>
    public UInt128 IdleNs;
}
