using System.Globalization;
using Workbench.Replay;
using Workbench.Replay.Footprints;

namespace Workbench.Cli;

/// <summary>A footprint and its migrations in 80 columns, or its curves as CSV.</summary>
internal static class FootprintTable
{
    private const int Width = 80;
    /// <summary>As many page sizes as fit beside each other.</summary>
    private const int GranulesInARow = 5;

    public static void Print(TextWriter to, string title, Footprint footprint, IReadOnlyCollection<long>? asked, PreCopyMap map)
    {
        Wrapped(to, title);
        Wrapped(to, string.Create(CultureInfo.InvariantCulture, $"{footprint.PageWrites:n0} writes in {PolicyTable.Time(footprint.LengthNs)}, {(footprint.View == View.Iova ? "IOVAs" : "guest-physical addresses")}"));
        if (footprint.Curves.All(c => c.DistinctPages == 0))
        {
            Wrapped(to, "Nothing was written.");
            return;
        }
        long[] windows = asked is not null ? [.. asked.Distinct().Order()] : [.. footprint.Curves[0].Points.Select(p => p.WindowNs).Where(w => IsDecade(w) || w == footprint.LengthNs)];
        foreach (FootprintCurve[] curves in footprint.Curves.Chunk(GranulesInARow))
        {
            Header(to, "written in a window of time, average/most", curves);
            foreach (long window in windows) Row(to, window, curves, c => $"{ByteSize.Short(c.MeanBytes(window))}/{ByteSize.Short(c.MaxBytes(window))}");
            Header(to, "bytes per second if read so often, and times the smallest pages' bytes", curves);
            foreach (long window in windows) Row(to, window, curves, c => $"{ByteSize.Short(c.DirtyRate(window))} {Factor(footprint.Amplification(c, window))}");
        }
        Migrations(to, map);
    }

    private static void Header(TextWriter to, string what, FootprintCurve[] curves)
    {
        to.WriteLine();
        to.WriteLine(what);
        to.WriteLine("window " + string.Concat(curves.Select(c => $" {c.Granule,13}")));
    }

    private static void Row(TextWriter to, long window, FootprintCurve[] curves, Func<FootprintCurve, string> cell) => to.WriteLine($"{PolicyTable.Time(window),-7}" + string.Concat(curves.Select(c => $" {cell(c),13}")));

    private static void Migrations(TextWriter to, PreCopyMap map)
    {
        to.WriteLine();
        Wrapped(to, $"Pre-copy migration of {(map.Options.MemoryBytes is { } memory ? ByteSize.Show(memory) : "what the trace writes")}: the least downtime by bandwidth (bit/s); for a downtime wanted the rounds before it and what is sent in all, - where it is never reached.");
        to.WriteLine();
        to.WriteLine("                    |          average          |           most");
        to.WriteLine("pages   bit/s  want |  least  rounds      sent  |  least  rounds      sent");
        foreach (PreCopyCell[] pair in map.Chunk(2))
            to.WriteLine($"{pair[0].Granule,-5} {BitRate.Show(pair[0].BitsPerSecond),7} {PolicyTable.Time(pair[0].DowntimeNs),5} | {Half(pair[0])}  | {Half(pair[1])}");
        to.WriteLine();
        Wrapped(to, "average, most: a round finds what a window of its length holds on average, or at most. Writing does not depend on the migration and is not throttled (docs/footprint.md).");
        if (map.Any(c => c.ExceedsTrace)) Wrapped(to, "*: a round is longer than the trace, after which nothing new is taken to be written; a longer trace may change the result.");
    }

    /// <summary>24 columns.</summary>
    private static string Half(PreCopyCell cell)
    {
        string star = cell.ExceedsTrace ? "*" : "";
        string rounds = cell.Rounds is { } known ? known.ToString(CultureInfo.InvariantCulture) + star : "-" + star;
        return $"{PolicyTable.Time(cell.LeastDowntimeNs),6} {rounds,7} {(cell.BytesSent is { } sent ? ByteSize.Short(sent) : "-"),9}";
    }

    /// <summary>One row for each point of each curve.</summary>
    public static void WriteCsv(TextWriter to, Footprint footprint)
    {
        to.Write("granule,windowNs,meanPages,maxPages,meanBytes,maxBytes,dirtyBytesPerSecond,amplification\n");
        foreach (FootprintRow r in footprint.Rows())
            to.Write(string.Create(CultureInfo.InvariantCulture, $"{r.Granule},{r.WindowNs},{r.MeanPages},{r.MaxPages},{r.MeanBytes},{r.MaxBytes},{r.DirtyBytesPerSecond},{r.Amplification}\n"));
    }

    private static string Factor(double times) => times switch
    {
        0 => "-",
        < 99.95 => string.Create(CultureInfo.InvariantCulture, $"{times:0.#}x"),
        < 99_999.5 => string.Create(CultureInfo.InvariantCulture, $"{times:0}x"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{times / 1e3:0}kx"),
    };

    private static bool IsDecade(long ns)
    {
        while (ns % 10 == 0) ns /= 10;
        return ns == 1;
    }

    private static void Wrapped(TextWriter to, string text)
    {
        foreach (string line in ReplayTable.Wrap(text, Width)) to.WriteLine(line);
    }
}
