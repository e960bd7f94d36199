using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>The kernel's own trace text and that of trace-cmd report: "task-pid [cpu] flags seconds: event: payload", flags or not, the event padded or not.</summary>
internal readonly struct FtraceDialect : IGuestTextDialect
{
    private const int MostFlags = 8;

    /// <inheritdoc/>
    public static string Form => "\"TASK-PID [CPU] FLAGS SECONDS: EVENT: ...\" with 6 or 9 decimals";

    /// <inheritdoc/>
    public static GuestLineKind Split(ReadOnlySpan<byte> line, out GuestLine parts)
    {
        int from = 0;
        while (LineColumns.TryCpu(line, ref from, out ReadOnlySpan<byte> before, out int cpu))
        {
            ByteParser after = new(line[from..]);
            if (!TryThread(before, out int thread) || !TryTime(ref after, out long timeNs)) continue;
            after.SkipBlanks();
            ReadOnlySpan<byte> name = NameOf(after.Rest);
            ReadOnlySpan<byte> payload = name.IsEmpty ? after.Rest : after.Rest[(name.Length + 1)..].TrimStart((byte)' ');
            parts = new() { TimeNs = timeNs, Cpu = cpu, ThreadId = thread, Name = name, Payload = payload };
            return GuestLineKind.Event;
        }
        parts = default;
        return KindOfNotice(line);
    }

    private static GuestLineKind KindOfNotice(ReadOnlySpan<byte> line)
    {
        ByteParser notice = new(line);
        // ftrace: "CPU:1 [LOST 5 EVENTS]"; trace-cmd: "CPU:1 [5 EVENTS DROPPED]" or "CPU:1 [EVENTS DROPPED]".
        if (notice.TryLiteral("CPU:"u8)) return notice.TryDecimal(out _) && notice.TryLiteral(" ["u8) && notice.TrySkipPast("EVENTS"u8) ? GuestLineKind.Lost : GuestLineKind.Unknown;
        if (notice.TryLiteral("CPU "u8)) return notice.TryDecimal(out _) && notice.TryLiteral(" is empty"u8) ? GuestLineKind.Remark : GuestLineKind.Unknown;
        return notice.TryLiteral("cpus="u8) || notice.TryLiteral("version = "u8) ? GuestLineKind.Remark : GuestLineKind.Unknown;
    }

    // "comm-12", or "comm-12 (  345)" where the option record-tgid was on.
    private static bool TryThread(ReadOnlySpan<byte> before, out int thread)
    {
        if (before.EndsWith(")"u8) && before.LastIndexOf((byte)'(') is var open and > 0) before = before[..open].TrimEnd((byte)' ');
        return LineColumns.TryNumberAtEnd(ref before, out thread) && before.EndsWith("-"u8);
    }

    private static bool TryTime(ref ByteParser after, out long timeNs)
    {
        if (LineColumns.TryTime(ref after, out timeNs)) return true;
        after.SkipBlanks();
        return after.TryToken(out ReadOnlySpan<byte> flags) && flags.Length <= MostFlags && LineColumns.TryTime(ref after, out timeNs);
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> text)
    {
        int i = 0;
        while (i < text.Length && (char.IsAsciiLetterOrDigit((char)text[i]) || text[i] == '_')) i++;
        return i < text.Length && text[i] == ':' ? text[..i] : default;
    }
}
