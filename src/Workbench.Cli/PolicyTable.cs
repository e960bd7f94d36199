using System.Globalization;
using Workbench.Replay;
using Workbench.Replay.Costs;

namespace Workbench.Cli;

/// <summary>The trade-off of policies, granules and flush strategies, in 80 columns: one block for each model and leaf size.</summary>
internal static class PolicyTable
{
    private const int Width = 80;
    /// <summary>eager-chunked:512M is the longest policy there is.</summary>
    private const int PolicyWidth = 18;

    public static void Print(TextWriter to, string title, PolicyRow[] rows, Experiment common, IReadOnlyList<string> leftOut)
    {
        Wrapped(to, title);
        Wrapped(to, $"IOTLB {common.Iotlb}, harvest every {common.HarvestEvery}, split to {common.SplitTo}, costs {common.CostProfile}{(common.Unsound.Length > 0 ? $", unsound: {common.Unsound}" : "")}");
        foreach (IGrouping<string, PolicyRow> model in rows.GroupBy(r => r.Iommu))
        {
            to.WriteLine();
            to.WriteLine("policy             flush     to send   over  harvest+split   walks tables missed");
            foreach (IGrouping<string, PolicyRow> leaves in model.GroupBy(r => r.Granule))
            {
                to.WriteLine(leaves.Key == "as-mapped" ? $"{model.Key}, leaves as mapped" : $"{model.Key}, {leaves.Key} leaves");
                foreach (PolicyRow row in leaves) to.WriteLine(Line(row));
            }
        }
        to.WriteLine();
        Wrapped(to, "to send: bytes as reported. over: reported by written. harvest+split: time, low..high of the cost profile over the whole trace. walks: more (or fewer) than without tracking, at the same leaf size. tables: peak memory.");
        foreach (string lost in rows.Where(r => r.LostBy is not null).Select(r => r.LostBy!).Distinct()) Wrapped(to, "Lost by: " + lost + ".");
        PolicyRow[] wrong = [.. rows.Where(r => r.Sound && r.Missed4K > 0)];
        Wrapped(to, wrong.Length == 0 ? "Every sound combination lost nothing." : $"{wrong.Length} combinations that should be sound lost pages: please report this with the trace.");
        if (rows.Select(r => r.Granule).Distinct().Count() > 1 && rows.Where(r => r.Policy == "never").GroupBy(r => (r.Iommu, r.Flush)).All(same => same.Select(r => (r.TableBytes, r.BytesToSend)).Distinct().Count() == 1))
            Wrapped(to, "Note: all leaf sizes came out alike: in the iova view leaves are no larger than what the trace maps. --view gpa maps all memory with the leaf size asked for.");
        foreach (string reason in leftOut) Wrapped(to, "Left out: " + reason);
    }

    /// <summary>One row, 80 columns at most whatever its values are.</summary>
    internal static string Line(PolicyRow r)
    {
        string policy = r.Policy.Length <= PolicyWidth ? r.Policy : r.Policy[..PolicyWidth];
        return string.Create(CultureInfo.InvariantCulture,
            $"{policy,-PolicyWidth} {ExperimentOptions.NameOf(r.Flush),-10} {ByteSize.Short(r.BytesToSend),6} {Factor(r.OverReportFactor),6} {Times(r.HarvestNs + r.LeafChangeNs),14} {Extra(r.ExtraWalks),7} {ByteSize.Short((ulong)r.TableBytes),6} {Count(r.Missed4K),6}");
    }

    private static void Wrapped(TextWriter to, string text)
    {
        foreach (string line in ReplayTable.Wrap(text, Width)) to.WriteLine(line);
    }

    private static string Extra(long walks) => walks == 0 ? "0" : $"{(walks > 0 ? "+" : "-")}{Count(Math.Abs(walks))}";

    /// <summary>At most six characters: 99999, 1234k, 56789M.</summary>
    private static string Count(long value) => value switch
    {
        < 100_000 => value.ToString(CultureInfo.InvariantCulture),
        < 99_999_500 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:f0}k"),
        < 99_999_500_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:f0}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1e12:f1}T"),
    };

    /// <summary>At most six characters: 1x, 12.34x, 512x, 262kx.</summary>
    private static string Factor(double times) => times switch
    {
        < 99.995 => string.Create(CultureInfo.InvariantCulture, $"{times:0.##}x"),
        < 99_999.5 => string.Create(CultureInfo.InvariantCulture, $"{times:0}x"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{times / 1e3:0}kx"),
    };

    private static string Times(CostRange ns) => $"{Time(ns.Low)}..{Time(ns.High)}";

    /// <summary>A time in the unit that shows three digits, at most six characters below 100,000 s.</summary>
    internal static string Time(double ns)
    {
        (double value, string unit) = ns switch
        {
            < 999.5 => (ns, "ns"),
            < 999.5e3 => (ns / 1e3, "us"),
            < 999.5e6 => (ns / 1e6, "ms"),
            _ => (ns / 1e9, "s"),
        };
        return value.ToString(value >= 99.95 ? "0" : value >= 9.995 ? "0.#" : "0.##", CultureInfo.InvariantCulture) + unit;
    }
}
