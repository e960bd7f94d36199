using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Replay;

namespace Workbench.Analysis;

/// <summary>What happened when.</summary>
public static partial class Charts
{
    private const string TimeAxis = "Time since tracking began (s)";

    /// <inheritdoc cref="DirtyRate(IEnumerable{ReplayRun}, bool, string?)"/>
    public static GenericChart DirtyRate(this ReplayRun run, bool bytes = false, string? title = null) => DirtyRate([run], bytes, title);

    /// <summary>
    /// Reported pages per second over time, one line for each run, and the pages truly written if there is one run. Each level lasts from one
    /// harvest's end to the next one's; the last harvest, taken with the device stopped, joins the one before if its interval is less than half as long.
    /// </summary>
    /// <param name="runs">Runs to overlay.</param>
    /// <param name="bytes">MiB per second in place of pages.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart DirtyRate(this IEnumerable<ReplayRun> runs, bool bytes = false, string? title = null)
    {
        ReplayRun[] all = [.. runs];
        string heading = TitleOf(title, "Dirty rate", all), unit = bytes ? "MiB/s" : "pages/s", axis = bytes ? "Reported dirty memory (MiB/s)" : "Reported dirty 4 KiB pages (pages/s)";
        ReplayRun[] harvested = [.. all.Where(r => r.Result.Harvests.Count > 0)];
        if (harvested.Length == 0) return Nothing(heading, TimeAxis, axis, all.Length == 0 ? "No runs were given." : "No harvests: nothing was tracked.");
        if (harvested.All(r => r.Result.Harvests[^1].EndNs <= r.BeginNs)) return Nothing(heading, TimeAxis, axis, "The trace lasts no time, so there is no rate.");
        double scale = bytes ? 4096.0 / (1 << 20) : 1;
        Drawing figure = new(heading);
        figure.Axes(Scale.FromZero(TimeAxis), Scale.FromZero(axis));
        string[] labels = LabelsOf(harvested);
        List<double> peaks = [];
        for (int i = 0; i < harvested.Length; i++)
        {
            peaks.Add(AddRate(figure, harvested[i], labels[i], r => r.Reported4K, scale));
            if (harvested.Length == 1) AddRate(figure, harvested[i], "truly written", r => r.True4K, scale);
        }
        if (peaks.Max() == 0) figure.Say("No page was reported dirty.");
        string means = LowestAndHighest(labels, [.. harvested.Select(r => r.Result.ReportedDirty4K * scale * 1e9 / Math.Max(1, r.Result.Harvests[^1].EndNs - r.BeginNs))], v => $"{Words.Number(v)} {unit} on average");
        return figure.Build($"{heading}, over {Words.ShowTime(harvested.Max(r => r.Result.Harvests[^1].EndNs - (double)r.BeginNs))}. {means} The peak is {Words.Number(peaks.Max())} {unit} ({labels[Index(peaks, peaks.Max())]}).");
    }

    private static double AddRate(Drawing figure, ReplayRun run, string label, Func<HarvestRow, long> pages, double scale)
    {
        List<double> x = [0];
        List<double?> y = [];
        foreach ((long beginNs, long endNs, long count) in Intervals(run, pages))
        {
            x.Add((endNs - run.BeginNs) / 1e9);
            y.Add(endNs > beginNs ? count * scale * 1e9 / (endNs - beginNs) : 0);
        }
        // The shape vh rises first and then holds: the level before the first point is the first level.
        y.Insert(0, y[0]);
        figure.Line(label, x, y, shape: "vh");
        return y.Max() ?? 0;
    }

    /// <summary>Times between harvests and what they found, joined into at most <see cref="MostPoints"/>.</summary>
    private static List<(long BeginNs, long EndNs, long Count)> Intervals(ReplayRun run, Func<HarvestRow, long> pages)
    {
        IReadOnlyList<HarvestRow> rows = run.Result.Harvests;
        int together = ((rows.Count - 1) / MostPoints) + 1;
        List<(long BeginNs, long EndNs, long Count)> intervals = [];
        long begin = run.BeginNs;
        for (int i = 0; i < rows.Count; i += together)
        {
            int last = Math.Min(rows.Count, i + together) - 1;
            long count = 0;
            for (int at = i; at <= last; at++) count += pages(rows[at]);
            intervals.Add((begin, Math.Max(begin, rows[last].EndNs), count));
            begin = intervals[^1].EndNs;
        }
        if (intervals is not [.., var before, var final] || final.EndNs - final.BeginNs >= (before.EndNs - before.BeginNs) / 2) return intervals;
        intervals.RemoveRange(intervals.Count - 2, 2);
        intervals.Add((before.BeginNs, final.EndNs, before.Count + final.Count));
        return intervals;
    }

    /// <inheritdoc cref="LostPages(IEnumerable{ReplayRun}, string?)"/>
    public static GenericChart LostPages(this ReplayRun run, string? title = null) => LostPages([run], title);

    /// <summary>
    /// Pages written and never reported, counted over time by cause: a step up for each lost page, at the time of the write that was lost. A loss whose time is not known counts from the
    /// beginning. A run that lost more pages than it lists (<see cref="ReplayResult.MostMissedPages"/>) has one line, of the pages that were missing after each harvest, and the chart says so.
    /// </summary>
    public static GenericChart LostPages(this IEnumerable<ReplayRun> runs, string? title = null)
    {
        const string axis = "Lost 4 KiB pages (pages, counted up)";
        ReplayRun[] all = [.. runs];
        string heading = TitleOf(title, "Lost pages", all);
        if (all.Length == 0) return Nothing(heading, TimeAxis, axis, "No runs were given.");
        long lost = all.Sum(r => r.Result.Missed4K);
        if (lost == 0) return Nothing(heading, TimeAxis, axis, $"No page was lost in {Words.Count(all.Length, "run")}.");
        Drawing figure = new(heading);
        string[] labels = LabelsOf(all);
        List<(string Name, double Count)> lines = [];
        double highest = 0;
        foreach ((ReplayRun run, string label) in all.Zip(labels))
        {
            string prefix = all.Length == 1 ? "" : label + ": ";
            double end = Math.Max(run.Result.DurationNs, run.Result.Harvests.Count == 0 ? 0 : run.Result.Harvests[^1].EndNs - run.BeginNs) / 1e9;
            if (ListsAll(run))
            {
                foreach (IGrouping<string, MissedPage> cause in run.Result.MissedPages.GroupBy(m => m.Cause).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal))
                    Add(prefix + cause.Key, cause.Count(), Steps([.. cause.Select(m => m.HasTime ? (m.TimeNs - run.BeginNs) / 1e9 : 0).Order()], end));
            }
            else Add(prefix + "missing after each harvest", run.Result.Missed4K, Levels(run, end));
        }
        figure.Axes(Scale.FromZero(TimeAxis), Scale.Counted(axis, highest));
        (string name, double most) = lines.MaxBy(l => l.Count);
        ReplayRun[] partly = [.. all.Where(r => !ListsAll(r))];
        string note = partly.Length == 0 ? "" : $"Only {Words.Number(partly.Sum(r => r.Result.MissedPages.Count))} of {Words.Count(partly.Sum(r => r.Result.Missed4K), "lost page")} are listed: drawn is how many were missing after each harvest.";
        if (note.Length > 0) figure.Note(note);
        int unknown = all.Where(ListsAll).Sum(r => r.Result.MissedPages.Count(m => !m.HasTime));
        return figure.Build($"{Words.Count(lost, "page")} lost in {Words.Count(all.Length, "run")}; most of them ({Words.Number(most)}): {name}."
            + (unknown > 0 ? $" The time of {Words.Count(unknown, "loss")[..^1]}{(unknown == 1 ? "s" : "es")} is not known." : "") + (note.Length > 0 ? " " + note : ""));

        void Add(string name, double count, (double[] X, double?[] Y) line)
        {
            lines.Add((name, count));
            highest = Math.Max(highest, line.Y.Max() ?? 0);
            figure.Line(name, line.X, line.Y, shape: "hv");
        }
    }

    private static bool ListsAll(ReplayRun run) => run.Result.MissedPages.Count == run.Result.Missed4K;

    /// <summary>How many pages were missing after each harvest (of many, after every so manieth), and at the end.</summary>
    private static (double[] X, double?[] Y) Levels(ReplayRun run, double end)
    {
        IReadOnlyList<HarvestRow> rows = run.Result.Harvests;
        int together = ((rows.Count - 1) / MostPoints) + 1;
        HarvestRow[] drawn = [.. rows.Where((_, i) => (i + 1) % together == 0 || i == rows.Count - 1)];
        return ([0, .. drawn.Select(r => (r.EndNs - run.BeginNs) / 1e9), end], [0, .. drawn.Select(r => (double?)r.Missed4K), run.Result.Missed4K]);
    }

    /// <summary>A staircase: one step at each time, from 0 to the end; steps at one time are one.</summary>
    private static (double[] X, double?[] Y) Steps(double[] times, double end)
    {
        List<double> x = [0];
        List<double?> y = [0];
        int together = ((times.Length - 1) / MostPoints) + 1;
        for (int i = 0; i < times.Length; i++)
        {
            bool isDrawn = i == times.Length - 1 || ((i + 1) % together == 0 && times[i + 1] != times[i]);
            if (!isDrawn) continue;
            x.Add(times[i]);
            y.Add(i + 1);
        }
        x.Add(Math.Max(end, times[^1]));
        y.Add(times.Length);
        return ([.. x], [.. y]);
    }
}
