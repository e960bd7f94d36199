namespace Workbench.Traces.Guest;

/// <summary>What a trace.dat may ask for before it is taken for damaged.</summary>
internal static class TraceCmdLimits
{
    /// <summary>The largest section that is read whole: the formats of every event of a kernel take about 4 MiB.</summary>
    public const int MostSectionBytes = 64 << 20;
    /// <summary>The largest ring-buffer page: the kernel allows 128 pages of 4 KiB, or 8 of 64 KiB.</summary>
    public const int MostPageBytes = 1 << 20;
    /// <summary>The largest compressed chunk: trace-cmd writes ten pages to one.</summary>
    public const int MostChunkBytes = 16 << 20;
    /// <summary>The memory all CPUs together may hold.</summary>
    public const long MostHeldBytes = 512L << 20;
    /// <summary>The longest name or other text that ends in a zero byte.</summary>
    public const int MostTextBytes = 4096;
    /// <summary>CPUs, counted once for each trace instance.</summary>
    public const int MostCpus = 1 << 14;
}
