using System.Globalization;

namespace Workbench.Replay.Footprints;

/// <summary>Bandwidths as people write them: bits for each second, with K, M, G or T for powers of 1000.</summary>
public static class BitRate
{
    private const string Units = "KMGT";

    /// <summary>Reads a bandwidth: 10G, 2.5G, 100M, 64000.</summary>
    public static double Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int unit = text.Length == 0 ? -1 : Units.IndexOf(char.ToUpperInvariant(text[^1]));
        if (!double.TryParse(unit < 0 ? text : text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) || value * Math.Pow(1000, unit + 1) is not (>= 1 and <= 1e18))
            throw new ArgumentException($"'{text}' is no bandwidth; write bits per second with K, M, G or T for powers of 1000, such as 10G.", nameof(text));
        return value * Math.Pow(1000, unit + 1);
    }

    /// <summary>The shortest form: 10G, 2.5G.</summary>
    public static string Show(double bitsPerSecond)
    {
        int unit = -1;
        for (; bitsPerSecond >= 1000 && unit < Units.Length - 1; unit++) bitsPerSecond /= 1000;
        return bitsPerSecond.ToString("0.##", CultureInfo.InvariantCulture) + (unit < 0 ? "" : Units[unit]);
    }
}
