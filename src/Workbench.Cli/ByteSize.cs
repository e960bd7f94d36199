using System.Globalization;
using Workbench.Display;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>Sizes as people write them: 4096, 0x1000, 4K, 2M, 1G, 3T (powers of 1024).</summary>
internal static class ByteSize
{
    public static ulong Parse(string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!ulong.TryParse(hex ? digits[2..] : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) || value > ulong.MaxValue >> shift)
            throw new ArgumentException($"'{text}' is no size; write bytes (4096, 0x1000) or a number with K, M, G or T.");
        return value << shift;
    }

    public static TraceMemoryRange ParseRange(string text)
    {
        string[] parts = text.Split('+');
        if (parts.Length != 2) throw new ArgumentException($"'{text}' is no memory range; write START+LENGTH, e.g. 0+2G or 0x100000000+1G.");
        return new() { Start = Parse(parts[0]), Length = Parse(parts[1]) };
    }

    /// <summary>At most six characters: 999M, 1.25G.</summary>
    public static string Short(double bytes)
    {
        const string Units = "BKMGTP";
        int unit = 0;
        while (bytes >= 1000 && unit < Units.Length - 1) (bytes, unit) = (bytes / 1024, unit + 1);
        return bytes.ToString(unit == 0 ? "0" : bytes >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture) + Units[unit];
    }

    public static string Show(double bytes) => Quantity.Bytes(bytes);
}
