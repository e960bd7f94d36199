using System.Numerics;

namespace Workbench.Replay.Footprints;

/// <summary>The lengths of the windows that are counted, ascending, in ns, and how many of them a time reaches.</summary>
internal sealed class WindowGrid
{
    /// <summary>Ten steps for each decade, as ISO 3 rounds them (R10): three or four for each doubling.</summary>
    private static ReadOnlySpan<int> Decade => [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];

    // For each power of two and each eighth above it: how many lengths its lowest value reaches.
    private readonly int[] reached = new int[64 * 8];

    /// <summary>From 1 us on, up to the longest trace there can be; and the lengths asked for.</summary>
    public WindowGrid(IEnumerable<long> more)
    {
        SortedSet<long> lengths = [.. more];
        for (long decade = 10; decade <= WritePass.LongestNs / 800; decade *= 10)
            foreach (int step in Decade) lengths.Add(decade * step);
        Ns = [.. lengths];
        for (int key = 0; key < reached.Length; key++) reached[key] = Ns.Count(w => w <= Lowest(key));
    }

    /// <summary>The lengths, ns.</summary>
    public long[] Ns { get; }

    /// <summary>How many lengths are at most this long.</summary>
    public int Reached(long ns)
    {
        int found = reached[KeyOf(ns)];
        while (found < Ns.Length && Ns[found] <= ns) found++;
        return found;
    }

    private static int KeyOf(long ns)
    {
        if (ns < 8) return (int)ns;
        int log2 = BitOperations.Log2((ulong)ns);
        return ((log2 - 2) << 3) + (int)((ns >> (log2 - 3)) & 7);
    }

    private static long Lowest(int key) => key < 8 ? key : key >> 3 > 60 ? long.MaxValue : (8L + (key & 7)) << ((key >> 3) - 1);
}
