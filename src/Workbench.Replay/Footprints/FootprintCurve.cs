namespace Workbench.Replay.Footprints;

/// <summary>
/// The distinct pages of one size that are written in a window of time, by the window's length: exact at every point. Between points the mean is a
/// straight line (the truth is between the two points), the maximum is that of the longer window (the truth is not above it).
/// </summary>
public sealed class FootprintCurve
{
    internal FootprintCurve(int granuleLog2, IReadOnlyList<FootprintPoint> points) => (GranuleLog2, Points) = (granuleLog2, points);

    /// <summary>The size of a page as people write it: 4K, 2M.</summary>
    public string Granule => PageSizes.Show(GranuleLog2);
    /// <summary>The size of a page as a power of two of bytes.</summary>
    public int GranuleLog2 { get; }
    /// <summary>The size of a page, bytes.</summary>
    public ulong GranuleBytes => 1UL << GranuleLog2;
    /// <summary>By length, ascending; the last is the whole trace. None in a trace without events.</summary>
    public IReadOnlyList<FootprintPoint> Points { get; }
    /// <summary>Distinct pages in the whole trace.</summary>
    public long DistinctPages => Points.Count == 0 ? 0 : Points[^1].MaxPages;
    /// <summary>Their bytes.</summary>
    public ulong DistinctBytes => (ulong)DistinctPages << GranuleLog2;

    /// <summary>Bytes of the pages written in a window on average, at any length: 0 at 0, and at the whole trace's what it writes, however much longer.</summary>
    public double MeanBytes(double windowNs)
    {
        int at = FirstAtLeast(windowNs);
        if (at == Points.Count) return DistinctBytes;
        (double fromNs, double fromPages) = at == 0 ? (0, 0) : (Points[at - 1].WindowNs, Points[at - 1].MeanPages);
        double share = (windowNs - fromNs) / (Points[at].WindowNs - fromNs);
        return Math.ScaleB(fromPages + ((Points[at].MeanPages - fromPages) * share), GranuleLog2);
    }

    /// <summary>Bytes of the pages written in a window at most, at any length: never less than the truth within the trace.</summary>
    public double MaxBytes(double windowNs)
    {
        if (windowNs <= 0) return 0;
        int at = FirstAtLeast(windowNs);
        return at == Points.Count ? DistinctBytes : Math.ScaleB(Points[at].MaxPages, GranuleLog2);
    }

    /// <summary>How fast memory gets dirty if it is asked every so often: bytes written in a window on average, by its length; bytes for each second.</summary>
    public double DirtyRate(double windowNs) => windowNs <= 0 ? 0 : MeanBytes(windowNs) * 1e9 / windowNs;

    private int FirstAtLeast(double windowNs)
    {
        (int low, int high) = (0, Points.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Points[middle].WindowNs < windowNs) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
