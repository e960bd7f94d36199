using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>
/// Finds the columns both text dialects share. Task names may hold anything in up to 15 bytes and payloads anything at all, so
/// lines are read from "[cpu]" outward, and only a "[cpu]" with a thread before and a full time stamp after it counts.
/// </summary>
internal static class LineColumns
{
    /// <summary>Finds the next "[digits]" between blanks, at or after <paramref name="from"/>; <paramref name="from"/> moves past it.</summary>
    public static bool TryCpu(ReadOnlySpan<byte> line, ref int from, out ReadOnlySpan<byte> before, out int cpu)
    {
        before = default;
        cpu = 0;
        while (from < line.Length)
        {
            int open = line[from..].IndexOf((byte)'[');
            if (open < 0) break;
            open += from;
            from = open + 1;
            ByteParser inside = new(line[from..]);
            if (open == 0 || line[open - 1] != ' ' || !inside.TryDecimal(out ulong number) || number > int.MaxValue || !inside.TryLiteral("] "u8)) continue;
            before = line[..open].TrimEnd((byte)' ');
            from = line.Length - inside.Rest.Length;
            cpu = (int)number;
            return true;
        }
        return false;
    }

    /// <summary>Takes "  12.345678:" or "  12.345678901:" off the text.</summary>
    public static bool TryTime(ref ByteParser text, out long timeNs)
    {
        ByteParser after = text;
        after.SkipBlanks();
        int dot = after.Rest.IndexOf((byte)'.');
        int length = after.Rest.Length;
        if (!after.TrySeconds(out timeNs)) return false;
        int decimals = length - after.Rest.Length - dot - 1;
        if (decimals is not (6 or 9) || !after.TryLiteral(":"u8)) return false;
        text = after;
        return true;
    }

    /// <summary>Takes the digits off the end of <paramref name="before"/>.</summary>
    public static bool TryNumberAtEnd(ref ReadOnlySpan<byte> before, out int number)
    {
        const int MostDigits = 10;
        int first = before.Length;
        while (first > 0 && before.Length - first <= MostDigits && before[first - 1] is >= (byte)'0' and <= (byte)'9') first--;
        ByteParser digits = new(before[first..]);
        number = 0;
        if (!digits.TryDecimal(out ulong value) || value > int.MaxValue) return false;
        number = (int)value;
        before = before[..first];
        return true;
    }
}
