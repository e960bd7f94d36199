using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>What no whole trace holds.</summary>
internal static class TraceLimits
{
    /// <summary>No device moves more in one access; a longer one is a broken trace.</summary>
    public const ulong LongestAccess = 1UL << 32;

    /// <summary>Refuses an access that is too long.</summary>
    public static void CheckLength(in TraceEvent e)
    {
        if (e.Length > LongestAccess) ThrowTooLong(e);
    }

    /// <summary>Refuses a range that is empty or goes beyond the last address.</summary>
    public static void CheckRange(in TraceEvent e)
    {
        ulong most = ulong.MaxValue - Math.Max(e.Iova, e.Kind == EventKind.Map ? e.Target : 0);
        if (unchecked(e.Length - 1) > most)
            throw new TraceFormatException($"{e.Kind} of {e.Length} bytes at 0x{e.Iova:x} (time {e.TimeNs} ns): a range has at least 1 byte and ends below 2^64. The trace is broken; make it anew.");
    }

    private static void ThrowTooLong(in TraceEvent e) =>
        throw new TraceFormatException($"An access of {e.Length} bytes at 0x{e.Iova:x} (time {e.TimeNs} ns): no DMA is longer than 4 GiB. The trace is broken; make it anew.");
}
