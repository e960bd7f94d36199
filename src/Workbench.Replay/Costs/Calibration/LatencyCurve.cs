using System.Globalization;

namespace Workbench.Replay.Costs.Calibration;

/// <summary>
/// Latency that translation adds to uniformly random DMA over a window of N pages: an IOTLB of C entries misses 1 - C/N of it, and a miss
/// costs D. So added(N) = D * max(0, 1 - C/N).
/// </summary>
/// <param name="Entries">C, the effective entries of the IOTLB.</param>
/// <param name="MissNs">D, what a miss adds, ns.</param>
public readonly record struct LatencyCurve(double Entries, double MissNs)
{
    /// <summary>The windows that curves are calibrated on; all others are predicted.</summary>
    public static IReadOnlyList<int> CalibratedOn { get; } = [256, 512];

    /// <summary>What is added over a window of so many pages (1 or more), ns.</summary>
    public double AddedNs(int pages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 1);
        return MissNs * Math.Max(0, 1 - (Entries / pages));
    }

    /// <summary>The curve through two measured windows N1 &lt; N2: D = (a2 N2 - a1 N1) / (N2 - N1), and C from either.</summary>
    public static LatencyCurve Through(int pages1, double addedNs1, int pages2, double addedNs2)
    {
        if (pages1 < 1 || pages1 >= pages2 || addedNs1 <= 0 || addedNs1 > addedNs2)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{addedNs1} ns at {pages1} pages and {addedNs2} ns at {pages2}: a larger window must add as much or more, and both something."));
        double missNs = ((addedNs2 * pages2) - (addedNs1 * pages1)) / (pages2 - pages1);
        return new(pages1 * (1 - (addedNs1 / missNs)), missNs);
    }

    /// <summary>The curve through the windows of <see cref="CalibratedOn"/>.</summary>
    public static LatencyCurve Of(MeasuredLatency measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        return Through(CalibratedOn[0], Added(CalibratedOn[0]), CalibratedOn[1], Added(CalibratedOn[1]));

        double Added(int pages) => measured.Rows.FirstOrDefault(r => r.Pages == pages)?.AddedNs ?? throw new ArgumentException($"{measured.Platform} has no row of {pages} pages to calibrate on.", nameof(measured));
    }
}
