using System.Globalization;
using System.Text;

namespace Workbench.Display;

/// <summary>Numbers as people read them: invariant culture, powers of 1024 for bytes, the unit of time that shows three digits.</summary>
internal static class Quantity
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A count with thousands separators.</summary>
    public static string Count(long count) => count.ToString("n0", CultureInfo.InvariantCulture);

    /// <summary>A count with its noun: "1 page", "2 pages".</summary>
    public static string Count(long count, string noun, string? plural = null) => $"{Count(count)} {(count == 1 ? noun : plural ?? noun + "s")}";

    /// <summary>Bytes: 512 B, 1.5 MiB.</summary>
    public static string Bytes(double bytes)
    {
        int unit = 0;
        while (bytes >= 1024 && unit < ByteUnits.Length - 1) (bytes, unit) = (bytes / 1024, unit + 1);
        return bytes.ToString(unit == 0 ? "n0" : "n1", CultureInfo.InvariantCulture) + " " + ByteUnits[unit];
    }

    /// <summary>2^<paramref name="log2"/> bytes, 0 to 63, exactly: 4 KiB.</summary>
    public static string Power(int log2)
    {
        int unit = Math.Clamp(log2 / 10, 0, ByteUnits.Length - 1);
        return Math.ScaleB(1, log2 - (10 * unit)).ToString("0", CultureInfo.InvariantCulture) + " " + ByteUnits[unit];
    }

    /// <summary>A time in the unit that shows three digits: 850 ns, 1.25 ms.</summary>
    public static string Time(double ns)
    {
        (double value, string unit) = Math.Abs(ns) switch
        {
            < 999.5 => (ns, "ns"),
            < 999.5e3 => (ns / 1e3, "µs"),
            < 999.5e6 => (ns / 1e6, "ms"),
            _ => (ns / 1e9, "s"),
        };
        return value.ToString(Math.Abs(value) >= 99.95 ? "#,0" : Math.Abs(value) >= 9.995 ? "0.#" : "0.##", CultureInfo.InvariantCulture) + " " + unit;
    }

    /// <summary>A moment of a trace, in seconds to the microsecond.</summary>
    public static string Moment(long ns) => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:f6} s");

    /// <summary>What is known of a time: low - typical - high, or one value if they are the same.</summary>
    public static string Times(double low, double typical, double high) => low == high ? Time(typical) : $"{Time(low)} - {Time(typical)} - {Time(high)}";

    /// <summary>An address.</summary>
    public static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>A part of a whole in percent; nothing of nothing is 0 %, and something is never shown as nothing.</summary>
    public static string Share(double part, double whole)
    {
        double percent = whole == 0 ? 0 : 100 * part / whole;
        return percent is > 0 and < 0.05 ? "below 0.1 %" : percent.ToString("0.0", CultureInfo.InvariantCulture) + " %";
    }

    /// <summary>The words of a name in PascalCase, in lower case but for abbreviations: NoWritePermission gives "no write permission".</summary>
    public static string Words(string name)
    {
        StringBuilder words = new();
        int from = 0;
        for (int i = 1; i <= name.Length; i++)
        {
            if (i < name.Length && !char.IsUpper(name[i])) continue;
            string word = name[from..i].ToLowerInvariant();
            words.Append(words.Length == 0 ? "" : " ").Append(word is "pasid" or "tlb" or "iotlb" or "lru" ? word.ToUpperInvariant() : word);
            from = i;
        }
        return words.ToString();
    }
}
