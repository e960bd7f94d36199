using Workbench.Traces.Guest;
using Workbench.Traces.Text;

namespace Workbench.Traces.Importers.Qemu;

/// <summary>Streams one QEMU log, line by line, into trace events.</summary>
internal static class QemuLog
{
    /// <summary>Reads the whole log; with <paramref name="skipBad"/> lines that do not parse are counted and passed over.</summary>
    public static QemuTraceBuilder Read(Stream stream, string name, bool skipBad, ITraceSink sink)
    {
        QemuTraceBuilder builder = new(sink);
        using LineReader lines = new(stream, name);
        QemuEvent e = default;
        long lastNs = 0;
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            builder.Statistics.Lines++;
            if (!QemuLogParser.TryParse(line, ref e))
            {
                if (!skipBad) throw Unreadable(name, lines.LineNumber, line);
                builder.Statistics.BadLines++;
                continue;
            }
            if (e.TimeNs < lastNs)
            {
                if (!skipBad) throw new TraceFormatException($"{name} line {lines.LineNumber}: time goes back by {(lastNs - e.TimeNs) / 1000} us. Lines must be in the order they were logged; sort the file, or pass --skip-bad to drop such lines.");
                builder.Statistics.BadLines++;
                continue;
            }
            lastNs = e.TimeNs;
            builder.Add(ref e, lines.LineNumber, line);
        }
        builder.Finish();
        return builder;
    }

    private static TraceFormatException Unreadable(string name, long number, ReadOnlySpan<byte> line)
    {
        bool stamped = line.IndexOf((byte)'@') is > 0 and < 12;
        string advice = stamped
            ? "The event's text does not fit any QEMU dialect known here (docs/trace-import.md lists them); pass --skip-bad to count and drop such lines."
            : "A line must begin with THREAD@SECONDS.MICROS:event; record with '-msg timestamp=on -trace events=FILE -D LOG', or pass --skip-bad.";
        return new($"{name} line {number}: {Excerpt.Of(line)} is no QEMU trace line. {advice}");
    }
}
