using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Replay;
using Workbench.Replay.Checkpoints;
using Workbench.Replay.Feeding;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench replay</summary>
internal static class ReplayCommand
{
    /// <summary>Above this many events the page-by-page account is kept only when asked for by --out.</summary>
    private const long AccountAnyway = 20_000_000;

    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string?> Iommu = new("--iommu") { Description = $"the model: {IommuCatalogue.Names} [default: vtd]" };
    private static readonly Option<string?> Out = new("--out") { Description = "folder for the time series (CSV, Parquet), page lists, summary and manifest" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };
    private static readonly Option<string?> Schedule = new("--schedule") { Description = "play one interleaving of 'workbench races --export' on the trace it belongs to", HelpName = "file" };
    private static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "pass over damaged blocks of the trace and count them" };

    public static Command Create()
    {
        Command command = new("replay", "Replay a trace through an IOMMU with dirty tracking and show what was reported, what was true, and what was missed.") { Trace, Iommu };
        ExperimentOptions.AddTo(command);
        command.Add(Out);
        command.Add(Format);
        command.Add(SkipBad);
        command.Add(Schedule);
        CheckpointOptions.AddTo(command);
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        if (parsed.GetValue(Schedule) is { } schedule)
        {
            ScheduleReplay.CheckOptions(parsed, Schedule, Iommu);
            return ScheduleReplay.Run(path, schedule, parsed.GetValue(Iommu));
        }
        CheckpointOptions checkpoints = CheckpointOptions.Read(parsed, path);
        string traceSha256 = checkpoints.File is not null || checkpoints.Resume is not null ? Sha256Of(path) : "";
        Checkpoint? from = checkpoints.Load(path, traceSha256);
        Experiment experiment = ExperimentOptions.Read(parsed, from?.Info.Experiment);
        experiment = experiment with { Iommu = parsed.GetValue(Iommu) ?? experiment.Iommu };
        if (experiment.Iommu.Split(':') is [var model, var granule] && IommuCatalogue.Find(model) is not null)
            throw new ArgumentException($"--iommu {experiment.Iommu} is the form of compare; for one replay write --iommu {model} --granule {granule}.");
        if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems));
        using DmatReader reader = DmatFile.Open(path, parsed.GetValue(SkipBad));
        string? folder = parsed.GetValue(Out);
        if (folder is not null && File.Exists(folder)) throw new ArgumentException($"--out {folder} is a file; name a folder, which is made if need be.");
        long interval = experiment.HarvestEvery == "0" ? 0 : Interval(experiment), windowNs = WindowNs(experiment, reader);
        if (interval > 0 && windowNs / interval > ReplayResult.MostHarvests)
            throw new ArgumentException($"A harvest every {experiment.HarvestEvery} of a trace of {windowNs / 1e9:n1} s makes more than {ReplayResult.MostHarvests:n0} harvests; choose a longer --harvest.");
        PageLog? pages = folder is not null || reader.EventCount is >= 0 and < AccountAnyway ? new() : null;
        long began = Stopwatch.GetTimestamp(), eventsBefore;
        ReplayResult? result;
        // With a checkpoint Ctrl-C is looked for between events, where the state is whole.
        CancellationToken inside = checkpoints.File is null ? cancellation : CancellationToken.None;
        using (ProgressLine progress = new("events", reader.EventCount))
        {
            try
            {
                // Damage that is passed over is counted as far as the replay came, and what a window passes over its source is told: nothing may read ahead of either.
                DmatSource source = new(reader);
                using ReadAhead? ahead = parsed.GetValue(SkipBad) || from is not null || Moment.Of(experiment.FromMark)?.Ns > 0 ? null : ReadAhead.IfWorthwhile(source, Environment.ProcessorCount);
                using Replayer replayer = from?.Resume(source, experiment, inside) ?? Replayer.Begin(experiment, ahead ?? (ITraceSource)source, pages, cancellation: inside);
                (eventsBefore, pages) = (replayer.Events, replayer.Pages);
                if (folder is not null && pages is null) Console.Error.WriteLine("workbench: the checkpoint was made without --out and keeps no account of pages; pages.csv and leaves.csv are not written.");
                result = checkpoints.Play(replayer, reader, path, traceSha256, progress.Report, cancellation);
            }
            catch (OperationCanceledException e) when (e is not InterruptedException)
            {
                throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} events; nothing was written."));
            }
        }
        if (result is null) return CommandLine.Done;
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        ReplaySummary summary = ReplaySummary.Of(result, experiment, Path.GetFileName(path)) with { EventsPerSecond = Math.Round((result.Events - eventsBefore) / seconds) };
        if (folder is not null)
        {
            IReadOnlyList<string> files = ResultWriter.Write(folder, result, experiment, pages, Path.GetFileName(path), traceSha256.Length > 0 ? traceSha256 : Sha256Of(path), ToolVersion.Text);
            Console.Error.WriteLine($"workbench: wrote {string.Join(", ", files)} to {folder}");
        }
        if (parsed.GetValue(Format) == "json") Console.Out.WriteLine(JsonSerializer.Serialize(summary, ReplayJson.Default.ReplaySummary));
        else ReplayTable.Print(Console.Out, summary, result, pages, reader);
        return CommandLine.Done;
    }

    private static string Sha256Of(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>How much of the trace is replayed at most, as far as its ends are times.</summary>
    private static long WindowNs(Experiment experiment, DmatReader reader)
    {
        long wholeNs = reader.LastTimeNs - reader.FirstTimeNs;
        long endNs = Moment.Of(experiment.ToMark) is { Mark: null } to ? Math.Min(to.Ns, wholeNs) : wholeNs;
        return endNs - Math.Min(endNs, Moment.Of(experiment.FromMark)?.Ns ?? 0);
    }

    private static long Interval(Experiment experiment) => Duration.TryParse(experiment.HarvestEvery, out long ns) ? ns : 0;
}
