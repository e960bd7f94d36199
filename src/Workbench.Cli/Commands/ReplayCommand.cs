using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Replay;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench replay</summary>
internal static class ReplayCommand
{
    /// <summary>Above this many events the page-by-page account is kept only when asked for by --out.</summary>
    private const long AccountAnyway = 20_000_000;

    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string?> Iommu = new("--iommu") { Description = $"the model: {string.Join(", ", IommuCatalogue.Models)} [default: vtd]" };
    private static readonly Option<string?> View = new("--view") { Description = "migration, iova or gpa [default: migration, what a migration of the recorded guest tracks]" };
    private static readonly Option<string?> PageSize = new("--page-size") { Description = "largest leaf: 4K, 2M, 1G or as-mapped [default: as-mapped; 4K in the gpa view]" };
    private static readonly Option<string?> Harvest = new("--harvest") { Description = "trace time between harvests, e.g. 100ms; 0 for one at the end [default: 100ms]" };
    private static readonly Option<string?> Flush = new("--flush") { Description = "after (sound), none or before (unsound, to see pages missed) [default: after]" };
    private static readonly Option<string?> Iotlb = new("--iotlb") { Description = $"SETSxWAYS:replacement:index, e.g. 16x4:lru:hash, or a preset: {string.Join(", ", IotlbGeometry.PresetNames.Select(p => p.Name))} [default: assumed-64]" };
    private static readonly Option<int?> AddressBits = new("--address-bits") { Description = "39, 48 or 57 [default: 48]" };
    private static readonly Option<bool> Atomic = new("--atomic-harvest") { Description = "harvests take no time: no DMA falls into them" };
    private static readonly Option<string?> Invalidations = new("--invalidations") { Description = "recorded or strict: which invalidations follow unmaps in the iova view [default: recorded]" };
    private static readonly Option<string?> From = new("--from") { Description = "text of the mark at which tracking begins [default: the trace's beginning]" };
    private static readonly Option<string?> To = new("--to") { Description = "text of the mark at which the device stops [default: the trace's end]" };
    private static readonly Option<string?> ExperimentFile = new("--experiment") { Description = "a JSON file with these settings (docs/replay.md); options given beside it win" };
    private static readonly Option<string?> Out = new("--out") { Description = "folder for the time series (CSV, Parquet), page lists, summary and manifest" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };
    private static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "pass over damaged blocks of the trace and count them" };

    public static Command Create()
    {
        Command command = new("replay", "Replay a trace through an IOMMU with dirty tracking and show what was reported, what was true, and what was missed.")
        {
            Trace, Iommu, View, PageSize, Harvest, Flush, Iotlb, AddressBits, Atomic, Invalidations, From, To, ExperimentFile, Out, Format, SkipBad,
        };
        View.AcceptOnlyFromAmong("migration", "iova", "gpa");
        Flush.AcceptOnlyFromAmong("after", "none", "before");
        PageSize.AcceptOnlyFromAmong("4K", "2M", "1G", "as-mapped");
        Invalidations.AcceptOnlyFromAmong("recorded", "strict");
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        Experiment experiment = Settings(parsed);
        if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems));
        using DmatReader reader = DmatFile.Open(path, parsed.GetValue(SkipBad));
        string? folder = parsed.GetValue(Out);
        if (folder is not null && File.Exists(folder)) throw new ArgumentException($"--out {folder} is a file; name a folder, which is made if need be.");
        long interval = experiment.HarvestEvery == "0" ? 0 : Interval(experiment);
        if (interval > 0 && (reader.LastTimeNs - reader.FirstTimeNs) / interval > ReplayResult.MostHarvests)
            throw new ArgumentException($"A harvest every {experiment.HarvestEvery} of a trace of {(reader.LastTimeNs - reader.FirstTimeNs) / 1e9:n1} s makes more than {ReplayResult.MostHarvests:n0} harvests; choose a longer --harvest.");
        PageLog? pages = folder is not null || reader.EventCount is >= 0 and < AccountAnyway ? new() : null;
        long began = Stopwatch.GetTimestamp();
        ReplayResult result;
        using (ProgressLine progress = new("events", reader.EventCount))
        {
            try
            {
                result = Replayer.Run(experiment, new DmatSource(reader), pages, progress.Report, cancellation);
            }
            catch (OperationCanceledException)
            {
                progress.Dispose();
                Console.Error.WriteLine($"workbench: interrupted after {progress.Done:n0} events; nothing was written.");
                return CommandLine.Interrupted;
            }
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        ReplaySummary summary = ReplaySummary.Of(result, experiment, Path.GetFileName(path)) with { EventsPerSecond = Math.Round(result.Events / seconds) };
        if (folder is not null)
        {
            string sha256;
            using (FileStream file = File.OpenRead(path)) sha256 = Convert.ToHexStringLower(SHA256.HashData(file));
            IReadOnlyList<string> files = ResultWriter.Write(folder, result, experiment, pages, Path.GetFileName(path), sha256, ToolVersion.Text);
            Console.Error.WriteLine($"workbench: wrote {string.Join(", ", files)} to {folder}");
        }
        if (parsed.GetValue(Format) == "json") Console.Out.WriteLine(JsonSerializer.Serialize(summary, ReplayJson.Default.ReplaySummary));
        else ReplayTable.Print(Console.Out, summary, result, pages, reader);
        return CommandLine.Done;
    }

    private static long Interval(Experiment experiment) => Duration.TryParse(experiment.HarvestEvery, out long ns) ? ns : 0;

    private static Experiment Settings(ParseResult parsed)
    {
        Experiment e = new();
        if (parsed.GetValue(ExperimentFile) is { } file) e = ReplayJson.ReadExperiment(File.ReadAllBytes(file), Path.GetFileName(file));
        return e with
        {
            Iommu = parsed.GetValue(Iommu) ?? e.Iommu,
            Iotlb = parsed.GetValue(Iotlb) ?? e.Iotlb,
            AddressBits = parsed.GetValue(AddressBits) ?? e.AddressBits,
            View = parsed.GetValue(View) switch { "migration" => Replay.View.Migration, "iova" => Replay.View.Iova, "gpa" => Replay.View.Gpa, _ => e.View },
            PageSize = parsed.GetValue(PageSize) ?? e.PageSize,
            HarvestEvery = parsed.GetValue(Harvest) ?? e.HarvestEvery,
            Flush = parsed.GetValue(Flush) switch { "after" => FlushStrategy.After, "none" => FlushStrategy.None, "before" => FlushStrategy.Before, _ => e.Flush },
            AtomicHarvest = parsed.GetResult(Atomic) is OptionResult { Implicit: false } ? parsed.GetValue(Atomic) : e.AtomicHarvest,
            Invalidations = parsed.GetValue(Invalidations) switch { "recorded" => InvalidationSource.Recorded, "strict" => InvalidationSource.Strict, _ => e.Invalidations },
            FromMark = parsed.GetValue(From) ?? e.FromMark,
            ToMark = parsed.GetValue(To) ?? e.ToMark,
        };
    }
}
