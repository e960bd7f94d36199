using System.Globalization;
using Workbench.Replay;
using Workbench.Replay.Costs;

namespace Workbench.Cli;

/// <summary>The trade-off of policies, granules and flush strategies, in 80 columns: one block for each model.</summary>
internal static class PolicyTable
{
    private const int Width = 80;

    public static void Print(TextWriter to, string title, PolicyRow[] rows, Experiment common, IReadOnlyList<string> leftOut)
    {
        Wrapped(to, title);
        Wrapped(to, $"IOTLB {common.Iotlb}, harvest every {common.HarvestEvery}, split to {common.SplitTo}, costs {common.CostProfile}{(common.Unsound.Length > 0 ? $", unsound: {common.Unsound}" : "")}");
        foreach (IGrouping<string, PolicyRow> model in rows.GroupBy(r => r.Iommu))
        {
            to.WriteLine();
            to.WriteLine(model.Key);
            to.WriteLine("leaf policy         flush       to send over harvest+split time   walks tables missed");
            foreach (PolicyRow r in model)
                to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{r.Granule,-4} {Cut(r.Policy, 14),-14} {Cut(ExperimentOptions.NameOf(r.Flush), 10),-10} {ByteSize.Short(r.BytesToSend),7} {r.OverReportFactor,5:0.##}x {Times(r.HarvestNs + r.LeafChangeNs),16} {Extra(r.ExtraWalks),7} {ByteSize.Short((ulong)r.TableBytes),6} {r.Missed4K,6}").TrimEnd());
        }
        to.WriteLine();
        Wrapped(to, "to send: bytes as reported. over: reported by written. Time: low..high of the cost profile over the whole trace. walks: more (or fewer) than without tracking, at the same leaf size. tables: peak memory.");
        foreach (string lost in rows.Where(r => r.LostBy is not null).Select(r => r.LostBy!).Distinct()) Wrapped(to, "Lost by: " + lost + ".");
        PolicyRow[] wrong = [.. rows.Where(r => r.Sound && r.Missed4K > 0)];
        Wrapped(to, wrong.Length == 0 ? "Every sound combination lost nothing." : $"{wrong.Length} combinations that should be sound lost pages: please report this with the trace.");
        if (rows.Select(r => r.Granule).Distinct().Count() > 1 && rows.Where(r => r.Policy == "never").GroupBy(r => (r.Iommu, r.Flush)).All(same => same.Select(r => (r.TableBytes, r.BytesToSend)).Distinct().Count() == 1))
            Wrapped(to, "Note: all leaf sizes came out alike: in the iova view leaves are no larger than what the trace maps. --view gpa maps all memory with the leaf size asked for.");
        foreach (string reason in leftOut) Wrapped(to, "Left out: " + reason);
    }

    private static void Wrapped(TextWriter to, string text)
    {
        foreach (string line in ReplayTable.Wrap(text, Width)) to.WriteLine(line);
    }

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..width];

    private static string Extra(long walks) => walks == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{(walks > 0 ? "+" : "-")}{Count(Math.Abs(walks))}");

    private static string Count(long value) => value switch
    {
        < 100_000 => value.ToString(CultureInfo.InvariantCulture),
        < 100_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:f0}k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:f0}M"),
    };

    private static string Times(CostRange ns) => $"{Time(ns.Low)}..{Time(ns.High)}";

    /// <summary>A time in the unit that shows three digits.</summary>
    internal static string Time(double ns) => ns switch
    {
        < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{ns:0.##}ns"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:g3}us"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:g3}ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:g3}s"),
    };
}
