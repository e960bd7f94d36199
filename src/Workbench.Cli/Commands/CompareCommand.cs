using System.CommandLine;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Replay;
using Workbench.Replay.Feeding;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench compare</summary>
internal static class CompareCommand
{
    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string?> Models = new("--iommu") { Description = $"models, separated by commas; MODEL:GRANULE for another granule, e.g. vtd,smmu,smmu:64K; the iommu of an experiment file is not used [default: {IommuCatalogue.Names}]" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };
    private static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "pass over damaged blocks of the trace and count them" };

    public static Command Create()
    {
        Command command = new("compare", "Replay a trace through several IOMMUs, everything else being equal, and show them side by side.") { Trace, Models };
        ExperimentOptions.AddTo(command);
        command.Add(Format);
        command.Add(SkipBad);
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        ModelComparison comparison = new() { Common = ExperimentOptions.Read(parsed), Iommus = NamesIn(parsed.GetValue(Models)) };
        // What no model could make right is wrong for the command; what one lacks leaves that one out and says so.
        if (comparison.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems));
        if (ExperimentOptions.FileNamesIommu(parsed)) Console.Error.WriteLine("workbench: note: the experiment file names an iommu, which compare does not use; say --iommu.");
        List<ReplaySummary> summaries = [];
        List<string> leftOut = [];
        HashSet<ulong> truths = [];
        List<(string Name, Experiment Experiment)> cells = [];
        foreach ((string name, Experiment experiment) in comparison.Cells())
        {
            if (experiment.Validate() is { Count: > 0 } lacks) leftOut.Add($"{name}: {string.Join(" ", lacks)}");
            else cells.Add((name, experiment));
        }
        IReadOnlyList<FedReplay> replays = Replay(path, parsed.GetValue(SkipBad), [.. cells.Select(c => c.Experiment)], out string title, cancellation);
        for (int i = 0; i < cells.Count; i++)
        {
            if (replays[i].Result is { } result)
            {
                truths.Add(result.TruthDigest);
                summaries.Add(ReplaySummary.Of(result, cells[i].Experiment, Path.GetFileName(path)));
            }
            else leftOut.Add($"{cells[i].Name}: {CommandLine.FirstLine(replays[i].Failure?.Message ?? "")}");
        }
        if (summaries.Count == 0) throw new ArgumentException("No model is left to compare. " + string.Join(" ", leftOut));
        if (parsed.GetValue(Format) == "json")
        {
            foreach (string reason in leftOut) Console.Error.WriteLine("workbench: left out: " + reason);
            Console.Out.WriteLine(JsonSerializer.Serialize([.. summaries], ReplayJson.Default.ReplaySummaryArray));
        }
        else CompareTable.Print(Console.Out, title, summaries, truths.Count == 1, leftOut);
        return CommandLine.Done;
    }

    /// <summary>All models from one reading of the trace. What no model can help ends the comparison.</summary>
    private static IReadOnlyList<FedReplay> Replay(string path, bool skipBad, IReadOnlyList<Experiment> experiments, out string title, CancellationToken cancellation)
    {
        long events;
        using (DmatReader reader = DmatFile.Open(path, skipBad)) (title, events) = (reader.Provenance.Title, reader.EventCount);
        using ProgressLine progress = new("events", events * experiments.Count);
        try
        {
            return SharedFeed.Run(() => new DmatSource(DmatFile.Open(path, skipBad)), experiments, Environment.ProcessorCount, static (_, outcome) =>
            {
                if (outcome.Failure is { } failure and not NotSupportedException) ExceptionDispatchInfo.Throw(failure);
            }, progress.Report, cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} events of all models; nothing was written."));
        }
    }

    private static string[] NamesIn(string? models)
    {
        if (models is null) return [.. IommuCatalogue.Models.Select(m => m.Name)];
        string[] names = models.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length > 0 ? names : throw new ArgumentException($"--iommu '{models}' names no model; there is: {IommuCatalogue.Names}.");
    }
}
