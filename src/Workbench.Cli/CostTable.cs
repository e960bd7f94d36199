using System.Globalization;
using Workbench.Replay;
using Workbench.Replay.Costs;

namespace Workbench.Cli;

/// <summary>What tracking took: counts first, then time with its range.</summary>
internal static class CostTable
{
    public static void Print(TextWriter to, ReplaySummary s, ReplayResult r)
    {
        to.WriteLine();
        to.WriteLine($"What tracking took (costs: {s.CostProfile}; time as low..default..high)");
        foreach (CostRow row in r.Costs.Rows.Where(row => row.Count > 0 && row.Group is (CostGroup.Harvest or CostGroup.Split or CostGroup.Collapse))) Line(to, row.Name, row.Count, row.TotalNs);
        if (s.LeavesSplit > 0 || s.LeavesCollapsed > 0) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {s.LeavesSplit:n0} leaves split, {s.LeavesCollapsed:n0} collapsed"));
        CostRow faults = r.Costs.Rows.First(row => row.Name == "faults handled");
        if (faults.Count > 0) Line(to, "faults handled, as device latency", faults.Count, faults.TotalNs);
        Line(to, "walks, as IOMMU time", s.Walks, s.WalkCostNs);
        if (s.EntriesEvicted > 0) to.WriteLine(("  cached translations dropped".PadRight(34) + string.Create(CultureInfo.InvariantCulture, $"{s.EntriesEvicted:n0}").PadLeft(14)).TrimEnd());
        if (s.Refills > 0) Line(to, "  walked again because of that", s.Refills, s.RefillCostNs);
    }

    private static void Line(TextWriter to, string name, long count, CostRange ns) =>
        to.WriteLine(("  " + name).PadRight(34) + string.Create(CultureInfo.InvariantCulture, $"{count:n0}").PadLeft(14) + $"{PolicyTable.Time(ns.Low)}..{PolicyTable.Time(ns.Default)}..{PolicyTable.Time(ns.High)}".PadLeft(30));
}
