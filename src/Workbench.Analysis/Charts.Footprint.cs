using System.Globalization;
using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Replay;
using Workbench.Replay.Footprints;

namespace Workbench.Analysis;

/// <summary>How much memory is written in a window of time, and what a migration makes of it.</summary>
public static partial class Charts
{
    private const string WindowAxis = "Length of the window", WrittenAxis = "Written in it";

    /// <summary>
    /// How much memory is written in a window of time of a given length: the dirty memory that a harvest every so often would find. A line for each page
    /// size, on average over all windows, and a thin one of the same colour for the most in any; both axes are logarithmic.
    /// </summary>
    /// <param name="recording">The recording.</param>
    /// <param name="view">Which addresses count; what a migration tracks, if not said.</param>
    /// <param name="granules">Sizes of pages, each a line; nothing for 4K, 2M and 1G.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart Footprint(this Recording recording, View view = View.Migration, IEnumerable<string>? granules = null, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(recording);
        string[] sizes = [.. granules ?? ["4K", "2M", "1G"]];
        foreach (string size in sizes) _ = GranuleOf(size);
        string heading = title ?? $"Memory written within a window of time: {recording.Name}";
        return sizes.Length == 0 ? Nothing(heading, $"{WindowAxis} (ns)", $"{WrittenAxis} (bytes)", "No page sizes were given.") : recording.MeasureFootprint(view, sizes).Footprint(heading);
    }

    /// <summary>The same from a footprint that is counted already; a line for each page size it has.</summary>
    public static GenericChart Footprint(this Footprint footprint, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(footprint);
        string heading = title ?? "Memory written within a window of time";
        FootprintCurve[] curves = [.. footprint.Curves];
        if (curves.All(c => c.DistinctPages == 0)) return Nothing(heading, $"{WindowAxis} (ns)", $"{WrittenAxis} (bytes)", "Nothing was written.");
        Drawing figure = new(heading);
        figure.Axes(Scale.Log(WindowAxis, Quantity.Time, curves[0].Points.Select(p => (double)p.WindowNs)), Scale.Log(WrittenAxis, Quantity.Bytes, curves.SelectMany(c => c.Points.SelectMany(p => (double[])[c.MeanBytes(p.WindowNs), c.MaxBytes(p.WindowNs)]))));
        List<string> ends = [];
        for (int i = 0; i < curves.Length; i++)
        {
            FootprintCurve curve = curves[i];
            string pages = $"pages of {Iec(curve.GranuleLog2)}";
            double[] x = [.. curve.Points.Select(p => (double)p.WindowNs)];
            string[] hover = [.. curve.Points.Select(p => $"{Words.ShowTime(p.WindowNs)}: {Words.Number(p.MeanPages)} {pages} on average ({Words.ShowBytes(curve.MeanBytes(p.WindowNs))}), {p.MaxPages.ToString("n0", CultureInfo.InvariantCulture)} at most ({Words.ShowBytes(curve.MaxBytes(p.WindowNs))})")];
            figure.Line(pages, x, curve.Points.Select(p => Above0(curve.MeanBytes(p.WindowNs))), markers: x.Length < 3, hover: hover, series: i);
            figure.Thin($"{pages}, at most", x, curve.Points.Select(p => Above0(curve.MaxBytes(p.WindowNs))), series: i);
            FootprintPoint first = curve.Points[0];
            ends.Add($"{Words.ShowBytes(curve.MeanBytes(first.WindowNs))} in {Words.ShowTime(first.WindowNs)} on average, {Words.ShowBytes(curve.MaxBytes(first.WindowNs))} at most, and {Words.ShowBytes(curve.DistinctBytes)} in all with {pages}");
        }
        figure.Note("Thin lines: the most in any window", isAtBottom: true);
        return figure.Build($"Memory written: {string.Join("; ", ends)}.");

        static double? Above0(double value) => value > 0 ? value : null;
    }

    /// <summary>
    /// The least downtime that pre-copy migration comes to, over its bandwidth: a line for each page size, with what a round finds on average, and a
    /// thin one of the same colour with the most. Both axes are logarithmic; where a line ends every downtime is reached.
    /// </summary>
    /// <param name="footprint">What is written.</param>
    /// <param name="memoryBytes">Memory that the first round sends; what the trace writes, if not said.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart Downtime(this Footprint footprint, ulong? memoryBytes = null, string? title = null)
    {
        const string xAxis = "Bandwidth of the migration (bit/s, logarithmic)", yAxis = "Least downtime";
        ArgumentNullException.ThrowIfNull(footprint);
        string heading = title ?? "Least downtime of a migration";
        if (footprint.Curves.All(c => c.DistinctPages == 0)) return Nothing(heading, xAxis, $"{yAxis} (ns)", "Nothing was written.");
        double[] bandwidths = [.. from tenths in Enumerable.Range(0, 36) select Math.Pow(10, 8 + (tenths / 10.0))];
        PreCopyMap map = footprint.PreCopy(new() { Bandwidths = bandwidths, DowntimesNs = [1], MemoryBytes = memoryBytes });
        Drawing figure = new(heading);
        figure.Axes(Scale.Log(xAxis, [1e8, 1e9, 1e10, 1e11], b => BitRate.Show(b)), Scale.Log(yAxis, Quantity.Time, map.Select(c => c.LeastDowntimeNs)));
        List<string> ends = [];
        foreach ((int series, IGrouping<string, PreCopyCell> cells) in map.GroupBy(c => c.Granule).Index())
        {
            PreCopyCell[] mean = [.. cells.Where(c => c.Writes == "mean")], most = [.. cells.Where(c => c.Writes == "max")];
            string pages = $"pages of {Iec(footprint[cells.Key].GranuleLog2)}";
            figure.Line(pages, bandwidths, mean.Select(Drawn), series: series, hover: [.. mean.Zip(most, (a, b) => $"{BitRate.Show(a.BitsPerSecond)}bit/s, {pages}: {Words.ShowTime(a.LeastDowntimeNs)} on average, {Words.ShowTime(b.LeastDowntimeNs)} at most")]);
            figure.Thin($"{pages}, at most", bandwidths, most.Select(Drawn), series);
            ends.Add($"{Words.ShowTime(mean[20].LeastDowntimeNs)} on average and {Words.ShowTime(most[20].LeastDowntimeNs)} at most with {pages}");
        }
        figure.Note("Thin lines: each round finds the most that any window holds. Where a line is missing every downtime is reached.");
        return figure.Build($"The least downtime at 10 Gbit/s: {string.Join("; ", ends)}.");

        static double? Drawn(PreCopyCell cell) => cell.LeastDowntimeNs > 0 ? cell.LeastDowntimeNs : null;
    }
}
