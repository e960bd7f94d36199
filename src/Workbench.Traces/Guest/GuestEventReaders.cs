namespace Workbench.Traces.Guest;

/// <summary>Finds out what a recording is and opens the reader for it.</summary>
public static class GuestEventReaders
{
    private const int PeekBytes = 1 << 16;
    private const string Accepted = "accepted are tracefs's trace text and trace-cmd report (\"TASK-PID [CPU] FLAGS SECONDS: EVENT: ...\"), perf script (\"COMM PID [CPU] SECONDS: GROUP:EVENT: ...\") and trace-cmd's trace.dat, version 6 or 7";

    /// <summary>
    /// Opens the reader for what the stream's first 64 KiB show. Text may come through a pipe, a .dat needs a stream that can seek.
    /// The stream stays the caller's; <paramref name="name"/> is used in messages only.
    /// </summary>
    public static IGuestEventReader Open(Stream stream, string name, bool skipBad = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        long start = stream.CanSeek ? stream.Position : 0;
        byte[] head = new byte[PeekBytes];
        int length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        GuestTraceFormat format = Detect(head.AsSpan(0, length), name);
        if (format == GuestTraceFormat.TraceCmdDat && !stream.CanSeek)
            throw new TraceFormatException($"{name}: a trace-cmd .dat through a pipe. Its tables lie anywhere in the file; save it to a file first, or feed the text of trace-cmd report.");
        if (stream.CanSeek) stream.Position = start;
        else stream = new ReplayedStream(head.AsMemory(0, length), stream);
        return format switch
        {
            GuestTraceFormat.TraceCmdDat => new TraceCmdDatReader(stream, name, skipBad),
            GuestTraceFormat.PerfScript => new PerfScriptReader(stream, name, skipBad),
            _ => new FtraceTextReader(stream, name, skipBad),
        };
    }

    /// <summary>Says what a recording is from its first bytes: the first line of an event decides. <paramref name="name"/> is used in messages only.</summary>
    public static GuestTraceFormat Detect(ReadOnlySpan<byte> head, string name)
    {
        if (head.StartsWith(TraceCmdContainer.Magic)) return GuestTraceFormat.TraceCmdDat;
        string? firstLine = null;
        bool hasFtraceHeader = head.StartsWith("# tracer:"u8);
        while (!head.IsEmpty)
        {
            int newline = head.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (newline < 0 ? head : head[..newline]).TrimEnd((byte)'\r');
            head = newline < 0 ? default : head[(newline + 1)..];
            if (line.Trim((byte)' ').IsEmpty || line[0] == '#') continue;
            if (FtraceDialect.Split(line, out _) is GuestLineKind.Event or GuestLineKind.Lost) return GuestTraceFormat.FtraceText;
            if (PerfScriptDialect.Split(line, out _) is GuestLineKind.Event or GuestLineKind.Lost) return GuestTraceFormat.PerfScript;
            firstLine ??= Excerpt.Of(line);
        }
        // A trace that recorded nothing still has its header.
        if (hasFtraceHeader && firstLine is null) return GuestTraceFormat.FtraceText;
        throw new TraceFormatException(firstLine is null
            ? $"{name}: no event in the first {PeekBytes} bytes; {Accepted}. Record again, or give the file that holds the trace."
            : $"{name}: found {firstLine} and no event line in the first {PeekBytes} bytes; {Accepted}. Give the file that holds the trace, unpacked.");
    }
}
