using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Replay;

namespace Workbench.Analysis;

/// <summary>Trade-offs.</summary>
public static partial class Charts
{
    /// <summary>
    /// What each cell of a policy study sends over what it costs in software. A cell that lost pages is hollow. The dotted line joins the cells that
    /// lose nothing and that no other sound one beats in both; logarithmic where values span a factor of 20.
    /// </summary>
    /// <param name="rows">Rows of <see cref="Recording.Policies"/>.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart Frontier(this IEnumerable<PolicyRow> rows, string? title = null)
    {
        PolicyRow[] all = [.. rows];
        string heading = title ?? "What is sent, and what finding it costs";
        if (all.Length == 0) return Nothing(heading, "Time of software (ns)", "Sent over all harvests (bytes)", "No rows were given.");
        double[] costs = [.. all.Select(CostOf)], sent = [.. all.Select(r => (double)r.BytesToSend)];
        Scale x = Scale.Fitting("Time of software", Quantity.Time, costs), y = Scale.Fitting("Sent over all harvests", Quantity.Bytes, sent);
        Drawing figure = new(heading);
        figure.Axes(x, y);
        PolicyRow[] front = ParetoOf(all);
        if (front.Length > 1) figure.Guide("best of the sound ones", front.Select(r => x.Place(CostOf(r))), front.Select(r => y.Place(r.BytesToSend)));
        int series = 0;
        foreach (IGrouping<string, PolicyRow> model in all.GroupBy(r => r.Iommu))
        {
            foreach (IGrouping<bool, PolicyRow> kind in model.GroupBy(r => r.Missed4K > 0).OrderBy(g => g.Key))
                figure.Points(kind.Key ? model.Key + ", loses pages" : model.Key, kind.Select(r => x.Place(CostOf(r))), kind.Select(r => y.Place(r.BytesToSend)), [.. kind.Select(Describe)], kind.Key, series);
            series++;
        }
        Name(figure, [.. front, .. all], all, x, y);
        int lossy = all.Count(r => r.Missed4K > 0);
        string best = front.Length == 0 ? "Every one of them lost pages." : $"Least is sent by {NameOf(front[^1])} ({Words.ShowBytes(front[^1].BytesToSend)} for {Words.ShowTime(CostOf(front[^1]))}); cheapest is {NameOf(front[0])} ({Words.ShowTime(CostOf(front[0]))} for {Words.ShowBytes(front[0].BytesToSend)}).";
        return figure.Build($"{Words.Count(all.Length, "combination")}, {lossy} of which lost pages. {best}");
    }

    /// <summary>Says beside each point what it is, by what differs between the rows; where points crowd, the first of them speaks for its neighbours.</summary>
    private static void Name(Drawing figure, PolicyRow[] inOrder, PolicyRow[] all, Scale x, Scale y)
    {
        Func<PolicyRow, string>[] parts = [.. ((Func<PolicyRow, string>[])[r => r.Granule, r => r.Policy, r => Words.Of(r.Flush)]).Where(part => all.Select(part).Distinct().Count() > 1)];
        (PolicyRow Row, double X, double Y)[] points = [.. inOrder.Select(r => (r, Exponent(x, CostOf(r)), Exponent(y, r.BytesToSend))).Where(p => double.IsFinite(p.Item2) && double.IsFinite(p.Item3))];
        if (points.Length == 0 || parts.Length == 0) return;
        double left = points.Min(p => p.X), width = Math.Max(points.Max(p => p.X) - left, 1e-9), height = Math.Max(points.Max(p => p.Y) - points.Min(p => p.Y), 1e-9);
        List<(double X, double Y)> named = [];
        foreach ((PolicyRow row, double px, double py) in points)
        {
            if (named.Exists(n => Math.Abs(n.X - px) < width / 4 && Math.Abs(n.Y - py) < height / 20)) continue;
            named.Add((px, py));
            figure.Label(px, py, string.Join(' ', parts.Select(part => part(row))), (px - left) / width > 0.6);
        }
    }

    private static double Exponent(Scale scale, double value) => scale.Place(value) is not { } place ? double.NaN : scale.IsLog ? Math.Log10(place) : place;

    /// <summary>The rows that lose nothing and that none of these beats in both, from the cheapest to the one that sends least.</summary>
    internal static PolicyRow[] ParetoOf(IEnumerable<PolicyRow> rows)
    {
        List<PolicyRow> front = [];
        foreach (PolicyRow row in rows.Where(r => r.Missed4K == 0 && r.Sound).OrderBy(CostOf).ThenBy(r => r.BytesToSend))
            if (front.Count == 0 || row.BytesToSend < front[^1].BytesToSend) front.Add(row);
        return [.. front];
    }

    private static double CostOf(PolicyRow row) => row.HarvestNs.Default + row.LeafChangeNs.Default;

    private static string NameOf(PolicyRow row) => $"{row.Iommu} {row.Granule} {row.Policy} flush {Words.Of(row.Flush)}";

    private static string Describe(PolicyRow row) => $"{NameOf(row)}: {Words.ShowBytes(row.BytesToSend)} sent, {Words.ShowTime(CostOf(row))}" + (row.Missed4K > 0 ? $", {Words.Count(row.Missed4K, "page")} lost" : "");
}
