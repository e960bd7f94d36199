namespace Workbench.Benchmarks;

/// <summary>Time the processors have given to this process, all its threads together.</summary>
internal static class ProcessClock
{
    /// <summary>So far.</summary>
    public static TimeSpan Time => Environment.CpuUsage.TotalTime;
}
