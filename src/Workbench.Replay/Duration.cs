using System.Globalization;

namespace Workbench.Replay;

/// <summary>Durations as people write them: 250us, 100ms, 1.5s, 0.</summary>
public static class Duration
{
    /// <summary>Reads a duration into nanoseconds; at most about 292 years.</summary>
    public static bool TryParse(string? text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (string.IsNullOrEmpty(text)) return false;
        if (text == "0") return true;
        (string suffix, decimal scale) = text switch
        {
            _ when text.EndsWith("ns", StringComparison.Ordinal) => ("ns", 1m),
            _ when text.EndsWith("us", StringComparison.Ordinal) => ("us", 1_000m),
            _ when text.EndsWith("ms", StringComparison.Ordinal) => ("ms", 1_000_000m),
            _ when text.EndsWith('s') => ("s", 1_000_000_000m),
            _ => ("", 0m),
        };
        if (scale == 0 || !decimal.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)) return false;
        if (value > long.MaxValue / scale) return false;
        nanoseconds = (long)(value * scale);
        // What rounds to nothing is not nothing: 0 has a meaning of its own.
        return nanoseconds > 0 || value == 0;
    }
}
