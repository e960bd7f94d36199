using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Traces;

namespace Workbench.Replay.Benchmarks;

/// <summary>Loops whose cost depends on the machine alone: their ratio to a workload holds when the machine's speed drifts.</summary>
public static class Calibration
{
    private const int ChaseEntries = 1 << 24;
    private const int DecodePasses = 5;
    private const int SweepWords = 1 << 24;
    private static readonly int[] Chase = Ring();

    /// <summary>Nanoseconds per event to read events and add their fields up.</summary>
    public static double DecodeNs(TraceEvent[] events)
    {
        ArgumentNullException.ThrowIfNull(events);
        double least = double.MaxValue;
        ulong sum = 0;
        // A pass takes a few milliseconds: several, of which the least was disturbed least.
        for (int pass = 0; pass < DecodePasses; pass++)
        {
            long began = ThreadClock.Ns;
            foreach (ref readonly TraceEvent e in events.AsSpan()) sum += e.Iova + e.Length + (ulong)e.Kind;
            least = Math.Min(least, (double)(ThreadClock.Ns - began) / events.Length);
        }
        return sum == 1 ? 0 : least;
    }

    /// <summary>Nanoseconds per dependent load over 64 MiB.</summary>
    public static double ChaseNs()
    {
        const int Steps = 500_000;
        long began = ThreadClock.Ns;
        int at = 0;
        for (int i = 0; i < Steps; i++) at = Chase[at];
        double ns = (double)(ThreadClock.Ns - began) / Steps;
        return at == -1 ? 0 : ns;
    }

    /// <summary>Nanoseconds per word to read 128 MiB from front to back: what no scan of as many entries can do in less.</summary>
    public static double SweepNs()
    {
        ulong[] words = Sweep.Words;
        long began = ThreadClock.Ns;
        Vector256<ulong> sum = default, other = default;
        ReadOnlySpan<Vector256<ulong>> all = MemoryMarshal.Cast<ulong, Vector256<ulong>>(words.AsSpan());
        for (int i = 0; i + 3 < all.Length; i += 4)
        {
            sum += all[i] + all[i + 1];
            other += all[i + 2] + all[i + 3];
        }
        double ns = (double)(ThreadClock.Ns - began) / SweepWords;
        return Vector256.Sum(sum + other) == 0 ? 0 : ns;
    }

    // Made when first swept.
    private static class Sweep
    {
        // Written, so that every page of it is memory of its own.
        public static readonly ulong[] Words = [.. Enumerable.Repeat(1UL, SweepWords)];
    }

    /// <summary>A single cycle through all entries (Sattolo), by a fixed generator.</summary>
    private static int[] Ring()
    {
        int[] ring = new int[ChaseEntries];
        for (int i = 0; i < ring.Length; i++) ring[i] = i;
        ulong state = 1;
        for (int i = ring.Length - 1; i > 0; i--)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            int j = (int)((state >> 33) % (ulong)i);
            (ring[i], ring[j]) = (ring[j], ring[i]);
        }
        return ring;
    }
}
