using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Workbench.Replay.Benchmarks;

/// <summary>Time that the processor has given to this thread, where the system tells (Linux); else the clock on the wall.</summary>
public static partial class ThreadClock
{
    // CLOCK_THREAD_CPUTIME_ID of <time.h>, Linux.
    private const int ThreadProcessorTime = 3;

    /// <summary>Nanoseconds so far.</summary>
    public static long Ns
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;
            return GetTime(ThreadProcessorTime, out Time now) == 0 ? (now.Seconds * 1_000_000_000) + now.Nanoseconds : throw new InvalidOperationException("the system has no clock for threads");
        }
    }

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);
}
