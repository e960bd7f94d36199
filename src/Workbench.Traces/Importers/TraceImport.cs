using Workbench.Iommu;
using Workbench.Traces.Guest;
using Workbench.Traces.Importers.Csv;
using Workbench.Traces.Importers.Qemu;
using Workbench.Traces.Join;
using Workbench.Traces.Native;

namespace Workbench.Traces.Importers;

/// <summary>Imports one recording, or joins the two sides of one, into a .dmat trace. Streams; only the guest's maps and the clock evidence stay in memory.</summary>
public static class TraceImport
{
    /// <summary>Runs the import into an open writer and completes it.</summary>
    public static ImportReport Run(ImportOptions options, DmatWriter writer)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(writer);
        DmatSink sink = new(writer);
        ImportReport report = options switch
        {
            { Csv: not null, Qemu: not null } or { Csv: not null, Guest: not null } => throw new TraceFormatException("A CSV file cannot be joined with a QEMU log or guest trace: import it alone."),
            { Csv: { } csv } => CsvAlone(options, csv, writer),
            { Qemu: { } qemu, Guest: { } guest } => Join(options, qemu, guest, sink),
            { Qemu: { } qemu } => QemuAlone(options, qemu, sink),
            { Guest: { } guest } => GuestImport.Run(options, guest, sink),
            _ => throw new TraceFormatException("Nothing to import: name a QEMU log (--qemu), a guest trace (--ftrace), both, or a CSV file (--csv)."),
        };
        writer.Complete(report.Provenance);
        return report;
    }

    private static ImportReport CsvAlone(ImportOptions options, InputFile csv, DmatWriter writer)
    {
        long events, skipped;
        using (Stream stream = csv.Open())
        using (CsvTraceReader reader = new(stream, csv.Name, options.SkipBad))
        {
            events = reader.CopyTo(writer);
            skipped = reader.SkippedLines;
        }
        return new()
        {
            BadLines = skipped,
            Provenance = new()
            {
                Title = options.Title, Tool = options.Tool, HowMade = options.HowMade, Sources = [Source(csv, "csv", "as given", events)],
                TimeOrigin = "as given in the CSV file", MigrationView = options.MigrationView ?? "gpa", GuestMemory = options.GuestMemory, License = options.License,
            },
        };
    }

    private static ImportReport QemuAlone(ImportOptions options, InputFile qemu, DmatSink sink)
    {
        MappingLedger ledger = new(sink);
        QemuTraceBuilder builder = ReadQemu(qemu, options.SkipBad, new WindowSink(ledger));
        if (ledger.Translations == 0) throw new TraceFormatException($"{qemu.Name}: no device was translated, so there are no accesses to import. Was the guest's IOMMU on (intel_iommu=on), and were its trace events switched on?");
        return Report(options, builder, ledger, [Source(qemu, "qemu-log", "host wall clock (gettimeofday)", builder.Statistics.Lines)], null, null, new ClockEvidence(), builder.Statistics.BadLines);
    }

    private static ImportReport Join(ImportOptions options, InputFile qemu, InputFile guestFile, DmatSink sink)
    {
        GuestTimeline guest;
        using (Stream stream = guestFile.OpenSeekable())
        using (IGuestEventReader reader = GuestEventReaders.Open(stream, guestFile.Name, options.SkipBad)) guest = GuestTimeline.Read(reader, guestFile.Name, options.SkipBad);
        ClockEvidence evidence = new();
        evidence.Dialect = ReadQemu(qemu, options.SkipBad, evidence).Statistics.Dialect;
        if (evidence.Translated.Count == 0) throw new TraceFormatException($"{qemu.Name}: no device was translated, so there is nothing to join with {guestFile.Name}. Was the guest's IOMMU on (intel_iommu=on)?");
        long guessed = guest.AssignRest(evidence.Translated);
        ClockAlignment clock = Align(guest, evidence, qemu.Name, guestFile.Name);
        long paired = TraceJoiner.PairUnmaps(guest, clock, evidence.Invalidations);

        TraceJoiner learner = new(guest, clock, null);
        ReadQemu(qemu, options.SkipBad, learner);
        foreach ((RequesterId device, DomainId domain) in evidence.FirstDomains) sink.Append(TraceEvent.Attach(0, device, domain, EventFlags.Inferred));
        MappingLedger ledger = new(sink) { NamesLeafBases = evidence.Dialect == QemuDialect.AmdVi };
        TraceJoiner joiner = new(guest, clock, ledger);
        QemuTraceBuilder builder = ReadQemu(qemu, options.SkipBad, new WindowSink(joiner, ledger));
        joiner.Finish();

        TraceJoin join = new()
        {
            OffsetNs = clock.OffsetNs, DriftNs = clock.DriftNs, PairedUnmaps = paired, Method = clock.Method,
            Accesses = ledger.Translations, InsideLiveMapping = ledger.Inside,
        };
        List<TraceSource> sources =
        [
            Source(qemu, "qemu-log", "host wall clock (gettimeofday)", builder.Statistics.Lines),
            Source(guestFile, "guest-trace", "guest clock, aligned by the join", guest.Events),
        ];
        return Report(options, builder, ledger, sources, join, guest, evidence, builder.Statistics.BadLines + guest.BadLines, guessed);
    }

    private static ClockAlignment Align(GuestTimeline guest, ClockEvidence evidence, string qemuName, string guestName)
    {
        const long SlackNs = 20_000_000;
        SortedDictionary<int, (long Before, long After)> marks = guest.BracketedMarks();
        ClockAlignment? seed = ClockAlignment.FromMarks(marks, evidence.Marks);
        long reach = SlackNs + (marks.Count == 0 ? 0 : 2 * marks.Values.Max(m => m.After - m.Before));
        if (seed is null)
        {
            // Without marks the clocks may lie anywhere: start with the first events together and look as far as the recording is long.
            long first = guest.Steps.Count == 0 ? 0 : guest.Steps[0].GuestNs;
            long firstTranslation = evidence.Translations[0].QemuNs;
            seed = new("first events", [(long.MinValue / 2, firstTranslation - first)], 1);
            reach = Math.Max(SlackNs, evidence.Translations[^1].QemuNs - firstTranslation);
        }
        return ClockAlignment.FromInvalidations(guest.Steps, evidence.Invalidations, seed, reach)
            ?? ClockAlignment.FromTranslations(guest.Steps, evidence.Translations, seed, reach)
            ?? throw new TraceFormatException($"{qemuName} and {guestName} cannot be joined: no unmap matches an invalidation and no translation matches a mapping within {reach / 1_000_000} ms. Are they of the same run?");
    }

    private static QemuTraceBuilder ReadQemu(InputFile file, bool skipBad, ITraceSink sink)
    {
        using Stream stream = file.Open();
        QemuTraceBuilder builder = QemuLog.Read(stream, file.Name, skipBad, sink);
        if (builder.OriginNs < 0) throw new TraceFormatException($"{file.Name}: not one QEMU trace line among {builder.Statistics.Lines}. Record with '-msg timestamp=on -trace events=FILE -D LOG'.");
        return builder;
    }

    internal static TraceSource Source(InputFile file, string kind, string clock, long events)
    {
        (long bytes, string sha256, string stored) = file.Digest();
        return new() { Name = file.Name, Kind = kind, Bytes = bytes, Sha256 = sha256, StoredSha256 = stored, Clock = clock, Events = events };
    }

    private static ImportReport Report(ImportOptions options, QemuTraceBuilder builder, MappingLedger ledger, IReadOnlyList<TraceSource> sources, TraceJoin? join, GuestTimeline? guest, ClockEvidence evidence, long badLines, long guessedDevices = 0)
    {
        List<TraceInference> inferences = [];
        Infer("maps supplied because the recorder translated a page no recorded map covers", ledger.InferredMaps);
        Infer("unmaps supplied where a mapping was replaced or invalidated without a recorded unmap", ledger.InferredUnmaps);
        Infer("address_space_map lines that no translation followed (system memory), dropped", builder.Statistics.UntranslatedMaps);
        Infer("translations without a hit or fill line", builder.Statistics.UnpairedTranslations);
        Infer("maps and unmaps whose device was guessed from their neighbours", guessedDevices);
        Infer("lines that could not be understood, dropped", badLines);
        HashSet<RequesterId> translated = [.. evidence.Translated];
        string? mode = guest is null ? null : evidence.ModeOf(guest.Steps.LongCount(s => !s.IsMap), guest.UnclaimedMaps, guest.Steps.LongCount(s => s.IsMap));
        return new()
        {
            BadLines = badLines,
            WindowTranslations = ledger.WindowTranslations,
            WindowInside = ledger.WindowInside,
            Provenance = new()
            {
                Title = options.Title, Tool = options.Tool, HowMade = options.HowMade, Sources = sources,
                TimeOrigin = $"first line of the QEMU log, {builder.OriginNs / 1_000_000_000}.{builder.OriginNs % 1_000_000_000:d9} s since 1970",
                // A vIOMMU that VFIO maps through holds the inner guest: its physical addresses are the IOVAs.
                MigrationView = options.MigrationView ?? (mode == "vfio" ? "iova" : "gpa"),
                GuestMemory = options.GuestMemory,
                RecordedIommu = builder.Statistics.Dialect switch { QemuDialect.Vtd => "vtd", QemuDialect.AmdVi => "amdvi", QemuDialect.Smmuv3 => "smmuv3", _ => null },
                RecordedMode = mode,
                Devices = [.. builder.DeviceNames.Where(d => translated.Count == 0 || translated.Contains(d.Key)).Select(d => new TraceDevice { Id = d.Key.ToString(), Name = d.Value })],
                Join = join, Inferences = inferences,
                Notes = builder.Statistics.Dialect == QemuDialect.AmdVi ? ["AMD-Vi logs carry no permissions: every mapping counts as readable and writable."] : [],
                License = options.License,
            },
        };

        void Infer(string what, long count)
        {
            if (count > 0) inferences.Add(new() { What = what, Count = count });
        }
    }

    /// <summary>Tells the ledger when the recorder's work window (mark 2 to mark 9) is open.</summary>
    private sealed class WindowSink(ITraceSink next, MappingLedger ledger) : ITraceSink
    {
        private readonly List<string> texts = [];

        public WindowSink(MappingLedger ledger) : this(ledger, ledger) { }

        public int AddText(string text)
        {
            int number = next.AddText(text);
            while (texts.Count <= number) texts.Add("");
            texts[number] = text;
            return number;
        }

        public void Append(in TraceEvent traceEvent, long sourceLine = 0)
        {
            if (traceEvent.Kind == EventKind.Mark)
            {
                string text = texts[(int)traceEvent.Target];
                if (text == "mark 2") ledger.InWorkWindow = true;
                else if (text == "mark 9") ledger.InWorkWindow = false;
            }
            next.Append(traceEvent, sourceLine);
        }
    }
}
