using System.Globalization;
using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Replay;
using Workbench.Replay.Footprints;

namespace Workbench.Analysis;

/// <summary>Where memory is written when.</summary>
public static partial class Charts
{
    /// <summary>
    /// Writes by address and time, darker for more. The address axis has a place for each region that was written and leaves out the holes between;
    /// regions double in size until they fit. The colour is logarithmic; z holds the logarithm to base 10 of the number of writes.
    /// </summary>
    /// <param name="recording">The recording.</param>
    /// <param name="view">Which addresses count; what a migration tracks, if not said.</param>
    /// <param name="granule">The smallest region, "4K", "2M" and so on.</param>
    /// <param name="columns">Steps of time, 1 to 2000.</param>
    /// <param name="rows">Regions at most, 1 to 500.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart HeatMap(this Recording recording, View view = View.Migration, string granule = "2M", int columns = 120, int rows = 40, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(recording);
        if (columns is < 1 or > 2000) throw new ArgumentOutOfRangeException(nameof(columns), $"{columns} steps of time: 1 to 2000 are possible.");
        if (rows is < 1 or > 500) throw new ArgumentOutOfRangeException(nameof(rows), $"{rows} regions: 1 to 500 are possible.");
        string heading = title ?? $"Writes by address and time: {recording.Name}";
        const string xAxis = "Time since the first event (s)";
        int log2 = GranuleOf(granule);
        SortedDictionary<(int Space, ulong Region), long[]> cells = Count(recording, view, log2, columns);
        if (cells.Count == 0) return Nothing(heading, xAxis, "Address", "Nothing was written.");
        int regions = cells.Count;
        for (; cells.Count > rows && log2 < 63 && cells.Keys.Any(k => k.Region > 0); log2++) cells = Halve(cells, columns);
        bool isOneSpace = cells.Keys.Select(k => k.Space).Distinct().Count() == 1;
        double seconds = (recording.LastTimeNs - recording.FirstTimeNs) / 1e9;
        Drawing figure = new(heading);
        figure.Axes(Scale.FromZero(xAxis), Scale.Names($"Regions of {Iec(log2)} (address; holes left out)"));
        figure.Map(Enumerable.Range(0, columns).Select(i => seconds * (i + 0.5) / columns), cells.Keys.Select(k => NameOf(k, log2, isOneSpace)), [.. cells.Values.Select(row => row.Select(n => n > 0 ? (double?)Math.Log10(n) : null).ToArray())], "Writes (number, logarithmic)");
        ((int Space, ulong Region) busiest, long[] most) = cells.MaxBy(c => c.Value.Sum());
        long total = cells.Values.Sum(r => r.Sum());
        return figure.Build(string.Create(CultureInfo.InvariantCulture, $"{total:n0} writes to {Words.Count(regions, "region")} of {Iec(GranuleOf(granule))}. Most of them ({most.Sum():n0}, {100.0 * most.Sum() / total:0.#} %) go to {NameOf(busiest, log2, isOneSpace)}."));
    }

    /// <summary>Writes of each region in each step of time.</summary>
    private static SortedDictionary<(int Space, ulong Region), long[]> Count(Recording recording, View view, int log2, int columns)
    {
        SortedDictionary<(int Space, ulong Region), long[]> cells = [];
        long first = recording.FirstTimeNs, length = recording.LastTimeNs - first + 1;
        recording.VisitWrites(view, writes =>
        {
            foreach (ref readonly PageWrite write in writes)
            {
                int column = (int)((Int128)(write.TimeNs - first) * columns / length);
                for (ulong region = write.FirstPage >> (log2 - 12); region <= write.LastPage >> (log2 - 12); region++)
                {
                    if (!cells.TryGetValue((write.Space, region), out long[]? row)) cells[(write.Space, region)] = row = new long[columns];
                    row[column]++;
                }
            }
        });
        return cells;
    }

    /// <summary>The same with regions twice the size.</summary>
    private static SortedDictionary<(int Space, ulong Region), long[]> Halve(SortedDictionary<(int Space, ulong Region), long[]> cells, int columns)
    {
        SortedDictionary<(int Space, ulong Region), long[]> halved = [];
        foreach (((int space, ulong region), long[] from) in cells)
        {
            if (!halved.TryGetValue((space, region >> 1), out long[]? row)) halved[(space, region >> 1)] = row = new long[columns];
            for (int i = 0; i < columns; i++) row[i] += from[i];
        }
        return halved;
    }

    private static string NameOf((int Space, ulong Region) region, int log2, bool isOneSpace) =>
        string.Create(CultureInfo.InvariantCulture, $"{(isOneSpace ? "" : $"domain {region.Space + 1}, ")}0x{unchecked(region.Region << log2):x}");
}
