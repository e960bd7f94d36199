using System.Globalization;
using Workbench.Traces;
using Workbench.Traces.Importers;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;

namespace Workbench.Analysis;

/// <summary>Making recordings.</summary>
public sealed partial class Recording
{
    private const int BatchEvents = 4096;
    private const long MostNsPerEvent = 1_000_000_000_000;

    /// <summary>Names of the synthetic workloads that <see cref="Generate"/> knows, with what they do.</summary>
    public static IReadOnlyList<string> Workloads => [.. SyntheticWorkload.All.Select(w => $"{w.Name}: {w.Description}")];

    /// <summary>Generates a synthetic workload in memory; the same arguments give the same trace everywhere.</summary>
    /// <param name="workload">A name of <see cref="Workloads"/>, such as "uni1g" or "nic1024".</param>
    /// <param name="events">Accesses to generate, at least 1; an event takes a few bytes of memory.</param>
    /// <param name="seed">Another seed gives another trace of the same kind.</param>
    /// <param name="nsPerEvent">Trace time between accesses, ns, 0 to 10^12.</param>
    public static Recording Generate(string workload, long events = 1_000_000, ulong seed = 1, long nsPerEvent = 100)
    {
        if (events < 1) throw new ArgumentOutOfRangeException(nameof(events), $"{events} events: at least 1 is needed.");
        if (nsPerEvent is < 0 or > MostNsPerEvent) throw new ArgumentOutOfRangeException(nameof(nsPerEvent), $"{nsPerEvent} ns for each event: 0 to 10^12 are possible.");
        SyntheticWorkload found = SyntheticWorkload.Find(workload);
        SyntheticStream stream = found.Begin(seed, nsPerEvent);
        long left = events + stream.SetupEvents;
        TraceEvent[] batch = new TraceEvent[BatchEvents];
        using MemoryStream bytes = new();
        using (DmatWriter writer = new(bytes, leaveOpen: true))
        {
            for (; left > 0; RunScope.Current?.Cancellation.ThrowIfCancellationRequested())
            {
                Span<TraceEvent> next = batch.AsSpan(0, (int)Math.Min(BatchEvents, left));
                stream.Fill(next);
                writer.Append(next);
                left -= next.Length;
            }
            writer.Complete(new()
            {
                Title = $"synthetic workload {found.Name}: {found.Description}", Tool = Tool,
                HowMade = string.Create(CultureInfo.InvariantCulture, $"workbench trace generate {found.Name} --events {events} --seed {seed} --ns-per-event {nsPerEvent}"),
                TimeOrigin = "generated from 0", MigrationView = "iova", License = "MIT",
            });
        }
        return OfBytes(found.Name + ".dmat", bytes.ToArray());
    }

    /// <summary>Imports the raw text of a recording into memory; with both sides given they are joined (docs/trace-import.md).</summary>
    /// <param name="qemu">QEMU's log of the device side, plain or .xz, .zst, .gz.</param>
    /// <param name="guest">The guest kernel's trace: ftrace text, trace-cmd text or .dat, perf script text.</param>
    /// <param name="title">One line that names the trace.</param>
    /// <param name="migrationView">"gpa" or "iova": the addresses a migration of this guest tracks; null if unknown.</param>
    /// <param name="skipBad">Count and drop lines that cannot be understood, instead of refusing the file.</param>
    public static Recording Import(string? qemu = null, string? guest = null, string title = "", string? migrationView = null, bool skipBad = false) => Import(new()
    {
        Qemu = qemu is null ? null : new(qemu), Guest = guest is null ? null : new(guest), Title = title, MigrationView = migrationView, SkipBad = skipBad, Tool = Tool,
        HowMade = "workbench trace import" + (qemu is null ? "" : " --qemu " + Path.GetFileName(qemu)) + (guest is null ? "" : " --guest " + Path.GetFileName(guest)),
    });

    /// <summary>Imports a recording with options of one's own into memory. What was joined and inferred stands in <see cref="Provenance"/>.</summary>
    public static Recording Import(ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using MemoryStream bytes = new();
        using (DmatWriter writer = new(bytes, leaveOpen: true)) TraceImport.Run(options, writer);
        string name = (options.Qemu ?? options.Guest ?? options.Csv)?.Name ?? "import";
        return OfBytes(name.Split('.', 2)[0] + ".dmat", bytes.ToArray());
    }
}
