using Workbench.Display;

namespace Workbench.Replay.Footprints;

/// <summary>
/// Pre-copy migration over a footprint: a round sends what was written during the one before it, until the rest can be sent while the machine stands still
/// (Clark and others, "Live Migration of Virtual Machines", NSDI 2005, §3 and §4). V(0) is all memory, a round of V(i) bytes takes V(i) / B, and V(i+1) is
/// the footprint of a window of that length. Footprints grow with the window, so rounds shrink towards the largest V with footprint(V / B) = V.
/// <para>It is taken for granted that writing does not depend on the migration, that nobody throttles the guest, that a page costs its size and no
/// more (no headers, no compression, no zero pages), and that after the trace nothing new is written.</para>
/// </summary>
internal static class PreCopyModel
{
    /// <summary>Rounds that gain less than this share are at rest.</summary>
    private const double LeastGain = 1e-9;
    private const int MostRounds = 100_000;

    /// <summary>The migrations of a footprint, by page size, bandwidth and downtime, by the mean and then by the maximum.</summary>
    public static PreCopyMap Map(Footprint footprint, PreCopyOptions options)
    {
        if (options.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(options));
        if (options.MemoryBytes < footprint.Curves[0].DistinctBytes)
            throw new ArgumentException($"The trace writes {Quantity.Bytes(footprint.Curves[0].DistinctBytes)} of memory ({footprint.Curves[0].Granule} pages), more than the {Quantity.Bytes(options.MemoryBytes.Value)} that memory is said to have.", nameof(options));
        List<PreCopyCell> cells = [];
        foreach (FootprintCurve curve in footprint.Curves)
            foreach (double bandwidth in options.Bandwidths)
                foreach (long downtime in options.DowntimesNs)
                    foreach (bool isMean in (bool[])[true, false]) cells.Add(Migrate(curve, footprint.LengthNs, options.MemoryBytes, bandwidth, downtime, isMean));
        return new(options, cells);
    }

    private static PreCopyCell Migrate(FootprintCurve curve, long lengthNs, ulong? memoryBytes, double bitsPerSecond, long downtimeNs, bool isMean)
    {
        double bytesPerNs = bitsPerSecond / 8e9, room = bytesPerNs * downtimeNs;
        double left = FirstRound(curve, memoryBytes), sent = 0;
        int rounds = 0;
        PreCopyCell? done = null;
        bool exceeds = false;
        // Downtimes are told apart by where a migration stops; where it would come to rest is the same for all.
        for (int round = 0; round < MostRounds && left > 0; round++)
        {
            if (done is null && left <= room) done = Done(left);
            double ns = left / bytesPerNs;
            if (done is null) (rounds, sent, exceeds) = (rounds + 1, sent + left, exceeds || ns > lengthNs);
            double next = isMean ? curve.MeanBytes(ns) : curve.MaxBytes(ns);
            if (next >= left * (1 - LeastGain)) break;
            // Less than a byte is nothing.
            left = next < 1 ? 0 : next;
        }
        if (left <= room) done ??= Done(left);
        return done is null
            ? new(curve.Granule, bitsPerSecond, downtimeNs, Name(isMean), false, left / bytesPerNs, null, null, null, null, exceeds)
            : done with { LeastDowntimeNs = left / bytesPerNs };

        PreCopyCell Done(double rest) => new(curve.Granule, bitsPerSecond, downtimeNs, Name(isMean), true, 0, rounds, sent + rest, (sent + rest) / bytesPerNs, rest / bytesPerNs, exceeds);
    }

    /// <summary>All memory in whole pages; no less than what the trace writes in pages of this size.</summary>
    private static double FirstRound(FootprintCurve curve, ulong? memoryBytes)
    {
        double pages = Math.Ceiling(Math.ScaleB((double)(memoryBytes ?? 0), -curve.GranuleLog2));
        return Math.Max(curve.DistinctBytes, Math.ScaleB(pages, curve.GranuleLog2));
    }

    private static string Name(bool isMean) => isMean ? "mean" : "max";
}
