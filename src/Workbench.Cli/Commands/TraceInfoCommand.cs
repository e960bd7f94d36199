using System.CommandLine;
using System.Globalization;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace info</summary>
internal static class TraceInfoCommand
{
    private const int ShownMarks = 12;
    private const int ShownLengths = 8;

    public static Command Create()
    {
        Argument<string> trace = new("trace") { Description = "a .dmat file" };
        Option<string?> from = new("--from") { Description = "count only from the mark with this text on" };
        Option<string?> to = new("--to") { Description = "count only up to the mark with this text" };
        Option<bool> skipBad = new("--skip-bad") { Description = "pass over damaged blocks and count them" };
        Option<string> format = new("--format") { Description = "table or json (the form of the sidecars in data/traces)", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        Command command = new("info", "Show what a trace holds and where it comes from.") { trace, from, to, skipBad, format };
        command.SetAction(parsed =>
        {
            using DmatReader reader = DmatFile.Open(parsed.GetRequiredValue(trace), parsed.GetValue(skipBad));
            TraceSummary summary = Between(reader, parsed.GetValue(from), parsed.GetValue(to));
            if (parsed.GetValue(format) == "json") Console.Out.WriteLine(TraceSidecar.Of(parsed.GetRequiredValue(trace), reader, summary).ToJson());
            else Print(Console.Out, reader, summary);
            return CommandLine.Done;
        });
        return command;
    }

    private static TraceSummary Between(DmatReader reader, string? from, string? to)
    {
        if (from is null && to is null) return TraceSummary.Of(reader);
        TraceSummaryBuilder builder = new(mark => reader.TextOf(mark));
        TraceEvent[] batch = new TraceEvent[2048];
        bool inside = from is null, began = inside, ended = false;
        for (int got; !ended && (got = reader.Read(batch)) > 0;)
        {
            int first = 0;
            for (int i = 0; i < got; i++)
            {
                if (batch[i].Kind != EventKind.Mark) continue;
                string text = reader.TextOf(batch[i]);
                if (!inside && text == from) (inside, began, first) = (true, true, i);
                else if (inside && text == to)
                {
                    (ended, got) = (true, i + 1);
                    break;
                }
            }
            if (inside) builder.Add(batch.AsSpan(first, got - first));
        }
        if (!began) throw new TraceFormatException($"The trace has no mark '{from}'; 'workbench trace info' without --from lists the marks.");
        if (to is not null && !ended) throw new TraceFormatException($"The trace has no mark '{to}' after the start; 'workbench trace info' without --to lists the marks.");
        return builder.Build();
    }

    private static void Print(TextWriter to, DmatReader reader, TraceSummary s)
    {
        TraceProvenance p = reader.Provenance;
        foreach (string line in ReplayTable.Wrap($"{reader.Name}: {p.Title}", 80)) to.WriteLine(line);
        Line(to, "Events", $"{s.Events:n0} over {s.DurationNs / 1e9:n3} s in {reader.Blocks.Count:n0} blocks");
        if (reader.SkippedBlocks > 0) Line(to, "Damaged", $"{reader.SkippedBlocks:n0} blocks with {reader.SkippedEvents:n0} events could not be read");
        foreach (KindCount kind in s.Kinds.Where(k => k.Count > 0)) Line(to, "  " + kind.Kind, $"{kind.Count:n0}");
        foreach (DeviceSummary d in s.Devices)
        {
            string name = p.Devices.FirstOrDefault(x => x.Id == d.Device.ToString())?.Name ?? "";
            Line(to, "Device", $"{d.Device} {name}");
            Accesses(to, "  data", d.Data);
            Accesses(to, "  rings", d.Rings);
            if (d.Interrupts > 0) Line(to, "  interrupts", $"{d.Interrupts:n0} writes");
        }
        if (s.MapLengths.Count > 0) Line(to, "Map lengths", $"{string.Join(", ", s.MapLengths.OrderByDescending(l => l.Count).Take(ShownLengths).Select(l => string.Create(CultureInfo.InvariantCulture, $"{ByteSize.Show(l.LengthBytes)}: {l.Count:n0}")))}");
        if (s.TranslatePages.Count > 0)
        {
            Line(to, "Page sizes", $"{string.Join(", ", s.TranslatePages.Select(l => string.Create(CultureInfo.InvariantCulture, $"{ByteSize.Show(l.LengthBytes)}: {l.Count:n0}")))} (recorded translations)");
            Line(to, "IOTLB", $"{s.TranslateHits:n0} hits, {s.TranslateFills:n0} fills recorded");
        }
        Line(to, "Inferred", $"direction of {s.DirectionInferred:n0} accesses, length of {s.LengthInferred:n0}, {s.WhollyInferred:n0} whole events");
        if (p.Join is { } join)
        {
            Line(to, "Join", $"clock offset {join.OffsetNs / 1e9:f6} s, moving by {join.DriftNs / 1000.0:n0} us; {join.Method}");
            Line(to, "", $"{join.InsideLiveMapping:n0} of {join.Accesses:n0} translations inside a live mapping (whole recording)");
        }
        foreach (TraceInference i in p.Inferences) Line(to, "Importer", $"{i.Count:n0} {i.What}");
        Line(to, "Recorded on", $"{p.RecordedIommu ?? "unknown IOMMU"}, {p.RecordedMode ?? "mode unknown"}; a migration tracks {p.MigrationView ?? "unknown"} addresses");
        foreach (TraceMemoryRange range in p.GuestMemory) Line(to, "Guest memory", $"0x{range.Start:x} + {ByteSize.Show(range.Length)}");
        foreach (TraceSource source in p.Sources) Line(to, "Source", $"{source.Name} ({source.Kind}, {source.Events:n0} lines or events) sha256 {source.Sha256}");
        Line(to, "Made by", $"{p.Tool}: {p.HowMade}");
        if (p.TimeOrigin is not null) Line(to, "Time 0", $"{p.TimeOrigin}");
        if (p.License is not null) Line(to, "Licence", $"{p.License}");
        foreach (string note in p.Notes) Line(to, "Note", $"{note}");
        foreach (MarkSummary mark in s.Marks.Take(ShownMarks)) Line(to, "Mark", $"{mark.TimeNs / 1e9:f6} s {mark.Text}");
        if (s.Marks.Count > ShownMarks) Line(to, "", $"and {s.Marks.Count - ShownMarks:n0} more marks");
    }

    private static void Accesses(TextWriter to, string name, AccessSummary a) =>
        Line(to, name, $"{a.Reads:n0} reads of {a.ReadBytes:n0} bytes on {a.PagesRead:n0} pages; {a.Writes:n0} writes of {a.WrittenBytes:n0} bytes on {a.PagesWritten:n0} pages");

    private static void Line(TextWriter to, string name, FormattableString text)
    {
        string[] lines = [.. ReplayTable.Wrap(text.ToString(CultureInfo.InvariantCulture), 60)];
        for (int i = 0; i < lines.Length; i++) to.WriteLine((i == 0 ? name : "").PadRight(20) + lines[i]);
    }
}
