namespace Workbench.Replay.Benchmarks;

/// <summary>The middle of several measurements: an outlier does not move it.</summary>
public static class Median
{
    /// <summary>The upper of the two middle values if they are even in number; at least one is needed.</summary>
    public static double Of(IReadOnlyCollection<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
