using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>The lines of perf script: "comm pid [cpu] seconds: group:event: payload", also "pid/tid" and a period before the event.</summary>
internal readonly struct PerfScriptDialect : IGuestTextDialect
{
    /// <inheritdoc/>
    public static string Form => "\"COMM PID [CPU] SECONDS: GROUP:EVENT: ...\" with 6 or 9 decimals";

    /// <inheritdoc/>
    public static GuestLineKind Split(ReadOnlySpan<byte> line, out GuestLine parts)
    {
        int from = 0;
        while (LineColumns.TryCpu(line, ref from, out ReadOnlySpan<byte> before, out int cpu))
        {
            ByteParser after = new(line[from..]);
            if (!TryThread(before, out int thread) || !LineColumns.TryTime(ref after, out long timeNs)) continue;
            SkipPeriod(ref after);
            if (!after.TryToken(out ReadOnlySpan<byte> word)) word = default;
            parts = new() { TimeNs = timeNs, Cpu = cpu, ThreadId = thread, Group = GroupOf(word), Name = NameOf(word), Payload = after.Rest.TrimStart((byte)' ') };
            return word.StartsWith("PERF_RECORD_LOST"u8) ? GuestLineKind.Lost : GuestLineKind.Event;
        }
        parts = default;
        return GuestLineKind.Unknown;
    }

    private static bool TryThread(ReadOnlySpan<byte> before, out int thread)
    {
        if (!LineColumns.TryNumberAtEnd(ref before, out thread)) return false;
        if (before.EndsWith("/"u8))
        {
            before = before[..^1];
            if (!LineColumns.TryNumberAtEnd(ref before, out _)) return false;
        }
        return before.EndsWith(" "u8);
    }

    private static void SkipPeriod(ref ByteParser after)
    {
        after.SkipBlanks();
        ByteParser period = after;
        if (!period.TryDecimal(out _) || !period.TryLiteral(" "u8)) return;
        period.SkipBlanks();
        after = period;
    }

    private static ReadOnlySpan<byte> GroupOf(ReadOnlySpan<byte> word) => word.IndexOf((byte)':') is var colon and > 0 && NameOf(word).Length > 0 ? word[..colon] : default;

    // Events without a group ("cycles:") are samples of something else: they get no name.
    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> word)
    {
        int colon = word.IndexOf((byte)':');
        return colon > 0 && word.EndsWith(":"u8) && colon < word.Length - 2 ? word[(colon + 1)..^1] : default;
    }
}
