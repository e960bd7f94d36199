using System.Globalization;
using Workbench.Display;
using Workbench.Replay.Footprints;

namespace Workbench.Replay.Display;

/// <summary>Migrations: which converge, with how many rounds and how much sent; by the mean and by the maximum.</summary>
internal sealed class PreCopyMapDisplay : IDisplay<PreCopyMap>
{
    /// <inheritdoc/>
    public static void Describe(PreCopyMap value, ICard card)
    {
        card.Title("Pre-copy migration", value.Options.MemoryBytes is { } memory ? $"of {Quantity.Bytes(memory)}" : "of what is written");
        card.Table("Least downtime, and rounds and bytes sent for the downtime wanted; no: it never gets there",
            [new("pages"), new("bandwidth", IsNumber: true), new("downtime", IsNumber: true), new("mean: least", IsNumber: true), new("rounds", IsNumber: true), new("sent", IsNumber: true), new("max: least", IsNumber: true), new("rounds", IsNumber: true), new("sent", IsNumber: true)],
            value.Chunk(2).Select(pair => (string[])[pair[0].Granule, BitRate.Show(pair[0].BitsPerSecond), Quantity.Time(pair[0].DowntimeNs), .. Half(pair[0]), .. Half(pair[1])]));
        if (value.Any(c => c.ExceedsTrace)) card.Text("*: a round is longer than the trace, after which nothing new is taken to be written.");
    }

    private static string[] Half(PreCopyCell cell) =>
        [Quantity.Time(cell.LeastDowntimeNs), $"{(cell.Rounds is { } rounds ? rounds.ToString(CultureInfo.InvariantCulture) : "no")}{(cell.ExceedsTrace ? "*" : "")}", cell.BytesSent is { } bytes ? FootprintDisplay.Short(bytes) : "-"];
}
