using System.Globalization;

namespace Workbench.Replay;

/// <summary>Page sizes as people write them: a power of two with K, M, G, T or P.</summary>
public static class PageSizes
{
    private const string Units = "KMGTP";

    /// <summary>A size as a power of two of bytes, 12 to 59; null if the text is none.</summary>
    public static int? Log2Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int unit = text.Length < 2 ? -1 : Units.IndexOf(text[^1]);
        if (unit < 0 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 512 || !int.IsPow2(number)) return null;
        int log2 = (10 * (unit + 1)) + int.Log2(number);
        return log2 is >= 12 and < 60 ? log2 : null;
    }

    /// <summary>The shortest form of 2^<paramref name="log2"/> bytes, 10 or more.</summary>
    public static string Show(int log2) => string.Create(CultureInfo.InvariantCulture, $"{1 << (log2 % 10)}{Units[(log2 / 10) - 1]}");

    /// <summary>All sizes of a set (bit n set means 2^n bytes), ascending.</summary>
    public static string ShowAll(ulong sizes) => string.Join(", ", Enumerable.Range(10, 50).Where(log2 => (sizes & (1UL << log2)) != 0).Select(Show));
}
