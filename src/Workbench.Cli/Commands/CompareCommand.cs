using System.CommandLine;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Replay;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench compare</summary>
internal static class CompareCommand
{
    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string?> Models = new("--iommu") { Description = $"models, separated by commas; MODEL:GRANULE for another granule, e.g. vtd,smmu,smmu:64K [default: {IommuCatalogue.Names}]" };
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
        Experiment[] experiments = [.. Experiments(ExperimentOptions.Read(parsed), parsed.GetValue(Models))];
        // A size that one model lacks leaves that model out and says so; anything else wrong is wrong for the command.
        bool isSizeProblem(Experiment e) => e.Validate().Count > 0 && (e with { PageSize = "as-mapped" }).Validate().Count == 0;
        Experiment[] lacking = [.. experiments.Where(isSizeProblem)];
        string[] problems = [.. experiments.Except(lacking).SelectMany(e => e.Validate()).Distinct()];
        if (problems.Length > 0) throw new ArgumentException(string.Join(" ", problems));
        if (lacking.Length == experiments.Length) throw new ArgumentException(string.Join(" ", lacking.SelectMany(e => e.Validate()).Distinct()));
        List<ReplaySummary> summaries = [];
        List<string> leftOut = [.. lacking.SelectMany(e => e.Validate())];
        string title = "";
        foreach (Experiment experiment in experiments.Except(lacking))
        {
            using DmatReader reader = DmatFile.Open(path, parsed.GetValue(SkipBad));
            title = reader.Provenance.Title;
            using ProgressLine progress = new($"events, {experiment.Iommu}", reader.EventCount);
            try
            {
                summaries.Add(ReplaySummary.Of(Replayer.Run(experiment, new DmatSource(reader), null, progress.Report, cancellation), experiment, Path.GetFileName(path)));
            }
            catch (TraceFormatException e) when (experiment.Granule != "4K")
            {
                // A trace of 4 KiB mappings cannot be installed with a larger granule; the other columns stand.
                leftOut.Add($"{experiment.Iommu}:{experiment.Granule}: {e.Message}");
            }
        }
        if (summaries.Count == 0) throw new ArgumentException(string.Join(" ", leftOut));
        if (parsed.GetValue(Format) == "json") Console.Out.WriteLine(JsonSerializer.Serialize([.. summaries], ReplayJson.Default.ReplaySummaryArray));
        else CompareTable.Print(Console.Out, title, summaries, leftOut);
        return CommandLine.Done;
    }

    private static IEnumerable<Experiment> Experiments(Experiment common, string? models)
    {
        foreach (string name in models is null ? IommuCatalogue.Models.Select(m => m.Name) : models.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = name.Split(':', 2);
            Experiment e = common with { Iommu = parts[0] };
            if (parts.Length == 2) yield return e with { Granule = parts[1] };
            // A granule asked for in general is for the models that have it.
            else yield return IommuCatalogue.Find(parts[0]) is { } model && PageSizes.Log2Of(e.Granule) is { } granule && !model.LeafSizes.ContainsKey(granule) ? e with { Granule = "4K" } : e;
        }
    }
}
