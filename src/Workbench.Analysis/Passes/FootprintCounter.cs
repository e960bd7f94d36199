using System.Numerics;

namespace Workbench.Analysis.Passes;

/// <summary>
/// How many distinct regions are written in a window of time, on average over all windows of a length: every length 2^k ns from one pass, by the
/// lengths of time in which a region is left alone (Xiang and others, "HOTL", ASPLOS 2013, §3). A window is so many whole nanoseconds.
/// </summary>
internal sealed class FootprintCounter(int regionLog2)
{
    private readonly Dictionary<(int Space, ulong Region), long> lastNs = [];
    // Idle times by their log2: how many, and how long in sum.
    private readonly long[] counts = new long[64];
    private readonly Int128[] sums = new Int128[64];

    /// <summary>Distinct regions so far.</summary>
    public long Regions => lastNs.Count;

    /// <summary>Size of a region as a power of two of bytes.</summary>
    public int RegionLog2 => regionLog2;

    /// <summary>Counts a write; times do not decrease, and <paramref name="firstNs"/> is where the windows begin.</summary>
    public void Add(in PageWrite write, long firstNs)
    {
        int shift = regionLog2 - 12;
        for (ulong region = write.FirstPage >> shift; region <= write.LastPage >> shift; region++)
        {
            Idle(write.TimeNs - (lastNs.TryGetValue((write.Space, region), out long before) ? before + 1 : firstNs));
            lastNs[(write.Space, region)] = write.TimeNs;
        }
    }

    /// <summary>The average for each window of 2^k ns that fits, and for the whole time last; call once.</summary>
    public IReadOnlyList<(long WindowNs, double Regions)> Finish(long firstNs, long endNs)
    {
        foreach (long last in lastNs.Values) Idle(endNs - last);
        long length = endNs - firstNs + 1;
        List<(long WindowNs, double Regions)> curve = [];
        for (int k = 0; k < 63 && 1L << k < length; k++)
        {
            // Of the idle time s, s - w + 1 windows hold nothing of the region.
            Int128 idle = 0;
            for (int bucket = k; bucket < 64; bucket++) idle += sums[bucket] - ((Int128)counts[bucket] * ((1L << k) - 1));
            curve.Add((1L << k, Regions - ((double)idle / (length - (1L << k) + 1))));
        }
        curve.Add((length, Regions));
        return curve;
    }

    private void Idle(long ns)
    {
        if (ns <= 0) return;
        int bucket = BitOperations.Log2((ulong)ns);
        counts[bucket]++;
        sums[bucket] += ns;
    }
}
