using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Replay;
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
    private static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "pass over damaged blocks of the trace and count them" };

    public static Command Create()
    {
        Command command = new("replay", "Replay a trace through an IOMMU with dirty tracking and show what was reported, what was true, and what was missed.") { Trace, Iommu };
        ExperimentOptions.AddTo(command);
        command.Add(Out);
        command.Add(Format);
        command.Add(SkipBad);
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        Experiment experiment = ExperimentOptions.Read(parsed);
        experiment = experiment with { Iommu = parsed.GetValue(Iommu) ?? experiment.Iommu };
        if (experiment.Iommu.Split(':') is [var model, var granule] && IommuCatalogue.Find(model) is not null)
            throw new ArgumentException($"--iommu {experiment.Iommu} is the form of compare; for one replay write --iommu {model} --granule {granule}.");
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
                // Damage that is passed over is counted as far as the replay came, so nothing may read ahead of it.
                DmatSource source = new(reader);
                using ReadAhead? ahead = parsed.GetValue(SkipBad) ? null : ReadAhead.IfWorthwhile(source, Environment.ProcessorCount);
                result = Replayer.Run(experiment, ahead ?? (ITraceSource)source, pages, progress.Report, cancellation: cancellation);
            }
            catch (OperationCanceledException)
            {
                throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} events; nothing was written."));
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
}
