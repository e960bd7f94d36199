using System.Globalization;

namespace Workbench.Replay.Policies;

/// <summary>The split and collapse policies there are, by name.</summary>
public static class PolicyCatalogue
{
    private const string Chunked = "eager-chunked:";
    private const string Cold = "when-cold:";

    /// <summary>Names of the split policies, for messages and options.</summary>
    public const string SplitNames = "never, eager, eager-chunked:SIZE, on-dirty, seen-dirty, adaptive";
    /// <summary>Names of the collapse policies, for messages and options.</summary>
    public const string CollapseNames = "never, at-stop, when-cold:HARVESTS, on-cancel";

    /// <summary>What SIZE may be, for messages.</summary>
    internal const string SizeRule = "SIZE is a power of two from 4K, written with K, M, G, T or P.";
    /// <summary>What HARVESTS may be, for messages.</summary>
    internal const string HarvestsRule = "HARVESTS is a whole number, 1 to 1000000.";

    internal static bool HasSplit(string name) => name == "never" || Split(name) is not null;

    internal static bool HasCollapse(string name) => name == "never" || Collapse(name) is not null;

    /// <summary>The policies of one domain under two names; those called never are none.</summary>
    internal static IReadOnlyList<ILeafPolicy> Create(string split, string collapse) => [.. new[] { Split(split), Collapse(collapse) }.OfType<ILeafPolicy>()];

    private static ILeafPolicy? Split(string name) => name switch
    {
        "eager" => new EagerSplit(),
        "on-dirty" => new SplitOnDirty(),
        "seen-dirty" => new SplitSeenDirty(),
        "adaptive" => new AdaptiveSplit(),
        _ when name.StartsWith(Chunked, StringComparison.Ordinal) && PageSizes.Log2Of(name[Chunked.Length..]) is { } log2 => new ChunkedSplit(1UL << log2),
        _ => null,
    };

    private static ILeafPolicy? Collapse(string name) => name switch
    {
        "at-stop" => new CollapseAtStop(),
        "on-cancel" => new CollapseOnCancel(),
        _ when name.StartsWith(Cold, StringComparison.Ordinal) && int.TryParse(name.AsSpan(Cold.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int harvests) && harvests is >= 1 and <= 1_000_000 => new CollapseWhenCold(harvests),
        _ => null,
    };
}
