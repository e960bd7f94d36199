using System.Globalization;
using Workbench.Display;
using Workbench.Replay.Footprints;

namespace Workbench.Replay.Display;

/// <summary>Migrations: the least downtime by page size and bandwidth, and the rounds before a stop for each downtime wanted; by the mean and by the maximum.</summary>
internal sealed class PreCopyMapDisplay : IDisplay<PreCopyMap>
{
    private const int MostRows = 24;
    private const int MostDowntimes = 3;

    /// <inheritdoc/>
    public static void Describe(PreCopyMap value, ICard card)
    {
        card.Title("Pre-copy migration", value.Options.MemoryBytes is { } memory ? $"of {Quantity.Bytes(memory)}" : "of what is written");
        long[] downtimes = [.. value.Options.DowntimesNs.Take(MostDowntimes)];
        PreCopyCell[][] rows = [.. value.GroupBy(c => (c.Granule, c.BitsPerSecond)).Select(g => g.ToArray())];
        card.Table("Least downtime, and rounds before the stop for a downtime wanted: on average / at most",
            [new("pages"), new("bit/s", IsNumber: true), new("least", IsNumber: true), .. downtimes.Select(d => new Column(Quantity.Time(d), IsNumber: true))],
            rows.Take(MostRows).Select(row => (string[])[row[0].Granule, BitRate.Show(row[0].BitsPerSecond), $"{Quantity.Time(row[0].LeastDowntimeNs)} / {Quantity.Time(row[1].LeastDowntimeNs)}", .. row.Take(2 * downtimes.Length).Chunk(2).Select(pair => $"{Rounds(pair[0])} / {Rounds(pair[1])}")]));
        List<string> notes = [];
        if (value.Any(c => !c.Converges)) notes.Add("no: never within this downtime.");
        if (value.Any(c => c.ExceedsTrace)) notes.Add("*: a round is longer than the trace, after which nothing new is taken to be written.");
        if (rows.Length > MostRows || value.Options.DowntimesNs.Count > MostDowntimes) notes.Add($"Shown are {Math.Min(MostRows, rows.Length)} of {rows.Length} rows and {downtimes.Length} of {value.Options.DowntimesNs.Count} downtimes; the list itself has all.");
        card.Notes("Notes", notes);
    }

    private static string Rounds(PreCopyCell cell) => (cell.Rounds is { } rounds ? rounds.ToString(CultureInfo.InvariantCulture) : "no") + (cell.ExceedsTrace ? "*" : "");
}
