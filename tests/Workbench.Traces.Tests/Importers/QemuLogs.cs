using System.Globalization;
using System.Text;
using Workbench.Iommu;
using Workbench.Traces.Importers.Qemu;
using Workbench.Traces.Tests.Guest;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Reads QEMU logs in tests and says each event in a few words, so that expected values can be written by reading the log.</summary>
internal static class QemuLogs
{
    public static ListSink Read(byte[] log, out QemuTraceBuilder builder, bool skipBad = false)
    {
        ListSink sink = new();
        builder = QemuLog.Read(new MemoryStream(log), "t.log", skipBad, sink);
        return sink;
    }

    public static byte[] Excerpt(string name) => Recordings.Excerpt(Path.Combine("qemu", name + ".qemu.log"));

    /// <summary>Lines of one thread, a microsecond apart.</summary>
    public static byte[] Log(params string[] events) =>
        Encoding.UTF8.GetBytes(string.Concat(events.Select((text, i) => string.Create(CultureInfo.InvariantCulture, $"7@100.{i:d6}:{text}\n"))));

    /// <summary>The events made from some lines (numbers from 1) of an excerpt, in words.</summary>
    public static string[] Words(ListSink sink, long firstLine, long lastLine)
    {
        List<string> words = [];
        for (int i = 0; i < sink.Events.Count; i++)
            if (sink.Lines[i] >= firstLine && sink.Lines[i] <= lastLine) words.Add(Word(sink.Events[i], sink.Texts));
        return [.. words];
    }

    public static string Word(in TraceEvent e, IReadOnlyList<string>? texts = null)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"{e.Iova:x}+{e.Length:x}");
        string allowed = e.Permission switch { Permission.Read => "r", Permission.Write => "w", Permission.ReadWrite => "rw", _ => "none" };
        string inferred = (e.Flags & EventFlags.Inferred) != 0 ? " inferred" : "";
        return e.Kind switch
        {
            EventKind.Translate => string.Create(CultureInfo.InvariantCulture, $"{((e.Flags & EventFlags.Hit) != 0 ? "hit" : "fill")} {e.Device} {range} -> {e.Target:x} {allowed}"),
            EventKind.Read => $"read {e.Device} {range}{Access(e.Flags)}",
            EventKind.Write => $"write {e.Device} {range}{Access(e.Flags)}",
            EventKind.Attach => string.Create(CultureInfo.InvariantCulture, $"attach {e.Device} {e.Domain.Value}{inferred}"),
            EventKind.InvalidateRange => string.Create(CultureInfo.InvariantCulture, $"inv {e.Domain.Value} {range}"),
            EventKind.InvalidateDomain => string.Create(CultureInfo.InvariantCulture, $"inv {e.Domain.Value}"),
            EventKind.InvalidateAll => "inv all",
            EventKind.Map => string.Create(CultureInfo.InvariantCulture, $"map {e.Device} {range} -> {e.Target:x} {allowed}{inferred}"),
            EventKind.Unmap => $"unmap {e.Device} {range}{inferred}",
            EventKind.Mark => "mark " + (texts is null ? e.Target.ToString(CultureInfo.InvariantCulture) : texts[(int)e.Target]),
            _ => e.ToString(),
        };
    }

    private static string Access(EventFlags flags) => string.Concat(
        (flags & EventFlags.Ring) != 0 ? " ring" : "", (flags & EventFlags.Interrupt) != 0 ? " interrupt" : "",
        (flags & EventFlags.DirectionInferred) != 0 ? " direction?" : "", (flags & EventFlags.LengthInferred) != 0 ? " length?" : "", (flags & EventFlags.Inferred) != 0 ? " inferred" : "");
}
