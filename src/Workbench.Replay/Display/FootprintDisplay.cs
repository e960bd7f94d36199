using System.Globalization;
using Workbench.Display;
using Workbench.Replay.Footprints;

namespace Workbench.Replay.Display;

/// <summary>A footprint: bytes written in windows of a few lengths, by size of pages, on average and at most.</summary>
internal sealed class FootprintDisplay : IDisplay<Footprint>
{
    /// <inheritdoc/>
    public static void Describe(Footprint value, ICard card)
    {
        card.Title("Footprint", value.View == View.Iova ? "IOVAs" : "guest-physical addresses");
        card.Facts([new("Length", Quantity.Time(value.LengthNs)), new("Events", Quantity.Count(value.Events)), new("Writes", Quantity.Count(value.PageWrites)),
            .. value.Curves.Select(c => new Fact($"Written, {c.Granule} pages", $"{Quantity.Bytes(c.DistinctBytes)} ({Quantity.Count(c.DistinctPages, "page")})"))]);
        if (value.Curves.All(c => c.DistinctPages == 0))
        {
            card.Text("Nothing was written.");
            return;
        }
        long[] shown = [.. value.Curves[0].Points.Select(p => p.WindowNs).Where((w, i) => IsDecade(w) || i == value.Curves[0].Points.Count - 1)];
        card.Table("Written in a window of time: on average / at most", [new("window"), .. value.Curves.Select(c => new Column(c.Granule, IsNumber: true))],
            shown.Select(w => (string[])[Quantity.Time(w), .. value.Curves.Select(c => $"{Short(c.MeanBytes(w))} / {Short(c.MaxBytes(w))}")]));
    }

    private static bool IsDecade(long ns)
    {
        while (ns % 10 == 0) ns /= 10;
        return ns == 1;
    }

    /// <summary>At most five characters, so that five sizes fit into 80 columns.</summary>
    internal static string Short(double bytes)
    {
        const string Units = "BKMGTP";
        int unit = 0;
        while (bytes >= 999.5 && unit < Units.Length - 1) (bytes, unit) = (bytes / 1024, unit + 1);
        return bytes.ToString(bytes >= 9.95 ? "0" : "0.#", CultureInfo.InvariantCulture) + Units[unit];
    }
}
