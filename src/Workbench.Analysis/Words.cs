using System.Globalization;
using System.Text.Json;

namespace Workbench.Analysis;

/// <summary>Numbers and names as people read them, always in the invariant culture.</summary>
internal static class Words
{
    private static readonly (double Size, string Name)[] Bytes = [(1, "B"), (1L << 10, "KiB"), (1L << 20, "MiB"), (1L << 30, "GiB"), (1L << 40, "TiB"), (1L << 50, "PiB"), (1L << 60, "EiB")];
    private static readonly (double Size, string Name)[] Times = [(1, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];

    /// <summary>A word of an enum as the JSON contract writes it.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>The unit in which the largest of some values in bytes is read best.</summary>
    public static (double Size, string Name) ByteUnit(double largest) => Best(Bytes, largest);

    /// <summary>The unit in which the largest of some values in ns is read best.</summary>
    public static (double Size, string Name) TimeUnit(double largest) => Best(Times, largest);

    /// <summary>A number of bytes in its best unit, three digits or so.</summary>
    public static string ShowBytes(double bytes) => Show(bytes, ByteUnit(bytes));

    /// <summary>A time given in ns in its best unit, three digits or so.</summary>
    public static string ShowTime(double ns) => Show(ns, TimeUnit(ns));

    /// <summary>A number with three digits or so, thousands apart.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 99.95 => value.ToString("n0", CultureInfo.InvariantCulture),
        >= 9.995 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("g3", CultureInfo.InvariantCulture),
    };

    /// <summary>So many of something, with the plural's s.</summary>
    public static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:n0} {noun}{(count == 1 ? "" : "s")}");

    private static (double Size, string Name) Best((double Size, string Name)[] units, double largest)
    {
        (double Size, string Name) best = units[0];
        foreach ((double Size, string Name) unit in units)
            if (Math.Abs(largest) >= unit.Size) best = unit;
        return best;
    }

    private static string Show(double value, (double Size, string Name) unit) => $"{Number(value / unit.Size)} {unit.Name}";
}
