using System.Globalization;
using Workbench.Traces.Guest;

namespace Workbench.Traces.Tests.Guest;

/// <summary>What a recording holds, in one line: enough to compare with counts taken by other tools.</summary>
internal static class Census
{
    public static string Of(IGuestEventReader reader)
    {
        SortedDictionary<string, long> counts = new(StringComparer.Ordinal);
        long lastLine = 0;
        while (reader.TryRead(out GuestEvent read))
        {
            Count(counts, (read.IsCoherent ? "Coherent" : "") + read.Kind);
            // Pieces of one scatter list share their line.
            if (read.Kind == GuestEventKind.DmaUnmapScatter && read.Line != lastLine) Count(counts, "ScatterLists");
            lastLine = read.Line;
        }
        string events = string.Join(' ', counts.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}")));
        return string.Create(CultureInfo.InvariantCulture, $"{events} other={reader.OtherEvents} bad={reader.BadLines}");
    }

    private static void Count(SortedDictionary<string, long> counts, string what) => counts[what] = counts.GetValueOrDefault(what) + 1;
}
