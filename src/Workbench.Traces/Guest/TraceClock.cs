using System.Globalization;
using System.Text;

namespace Workbench.Traces.Guest;

/// <summary>Turns the ring buffer's time stamps into nanoseconds as <c>trace-cmd report</c> does.</summary>
internal sealed class TraceClock
{
    private const int MostShift = 63;
    private static readonly string[] NanosecondClocks = ["local", "global", "perf", "mono", "mono_raw", "boot", "tai"];

    private uint multiplier;
    private int shift;
    private long offsetNs;

    /// <summary>The clock's name; the kernel's default where the file says none.</summary>
    public string Name { get; private set; } = NanosecondClocks[0];

    /// <summary>Takes the clock's name, or the text of the trace_clock file, where the one in use stands in brackets.</summary>
    public void Choose(ReadOnlySpan<byte> text)
    {
        int open = text.IndexOf((byte)'[');
        int close = text.IndexOf((byte)']');
        ReadOnlySpan<byte> name = open >= 0 && close > open ? text[(open + 1)..close] : text;
        name = name.Trim(" \n\0"u8);
        if (!name.IsEmpty) Name = Encoding.Latin1.GetString(name);
    }

    /// <summary>Takes the factor of a cycle counter: ns = cycles * multiplier / 2^shift. False if the shift is out of range.</summary>
    public bool TryScale(uint factor, uint log2)
    {
        multiplier = factor;
        shift = (int)Math.Min(log2, MostShift);
        return log2 <= MostShift;
    }

    /// <summary>Takes a fixed step, a decimal number or 0x and hex, in units of <paramref name="unitNs"/>.</summary>
    public bool TryShift(ReadOnlySpan<byte> text, long unitNs)
    {
        ReadOnlySpan<byte> number = text.Trim(" \n\0"u8);
        bool isHex = number.StartsWith("0x"u8);
        if (!long.TryParse(isHex ? number[2..] : number, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long step)) return false;
        Int128 sum = offsetNs + ((Int128)step * unitNs);
        if (sum < long.MinValue || sum > long.MaxValue) return false;
        offsetNs = (long)sum;
        return true;
    }

    /// <summary>What is wrong with this clock, or null.</summary>
    public string? Problem() => multiplier != 0 || NanosecondClocks.Contains(Name)
        ? null
        : $"trace clock {Excerpt.Of(Encoding.Latin1.GetBytes(Name))} counts no nanoseconds and the file has no factor for it (option TSC2NSEC). Allowed are {string.Join(", ", NanosecondClocks)}; record again with trace-cmd record -C mono";

    /// <summary>Nanoseconds; false where they do not fit 63 bits.</summary>
    public bool TryToNanoseconds(ulong stamp, out long timeNs)
    {
        UInt128 scaled = multiplier == 0 ? stamp : ((UInt128)stamp * multiplier) >> shift;
        Int128 time = (Int128)scaled + offsetNs;
        bool fits = time >= long.MinValue && time <= long.MaxValue;
        timeNs = fits ? (long)time : 0;
        return fits;
    }
}
