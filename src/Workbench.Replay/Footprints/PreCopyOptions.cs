namespace Workbench.Replay.Footprints;

/// <summary>Which migrations are asked about.</summary>
public sealed record PreCopyOptions
{
    /// <summary>1, 10, 25 and 100 Gbit/s.</summary>
    public static IReadOnlyList<double> UsualBandwidths { get; } = [1e9, 10e9, 25e9, 100e9];
    /// <summary>50 and 300 ms.</summary>
    public static IReadOnlyList<long> UsualDowntimesNs { get; } = [50_000_000, 300_000_000];

    /// <summary>Bandwidths that are all the migration's, bits for each second.</summary>
    public IReadOnlyList<double> Bandwidths { get; init; } = UsualBandwidths;
    /// <summary>Times that the machine may stand still for the last copy, ns.</summary>
    public IReadOnlyList<long> DowntimesNs { get; init; } = UsualDowntimesNs;
    /// <summary>Memory that the first round sends, bytes; null for what the trace writes.</summary>
    public ulong? MemoryBytes { get; init; }

    /// <summary>Everything that is wrong with them.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        if (Bandwidths.Count == 0 || Bandwidths.Any(b => !double.IsFinite(b) || b < 1 || b > 1e18)) problems.Add("Bandwidths are 1 bit/s to 10^18 bit/s, one at least.");
        if (DowntimesNs.Count == 0 || DowntimesNs.Any(d => d <= 0)) problems.Add("Downtimes are above 0, one at least.");
        return problems;
    }
}
