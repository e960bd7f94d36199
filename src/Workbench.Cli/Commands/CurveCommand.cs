using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Replay;
using Workbench.Replay.Curves;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench curve</summary>
internal static class CurveCommand
{
    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string?> Iommu = new("--iommu") { Description = $"model: {IommuCatalogue.Names} [default: vtd]" };
    private static readonly Option<string> Geometry = new("--geometry") { Description = "fully (associative), sets (1 to 16 ways, the set by the low bits of the page number), or all", DefaultValueFactory = _ => "all" };
    private static readonly Option<int> UpTo = new("--up-to") { Description = "entries of the largest fully associative IOTLB, a power of two from 16 to 16777216; exact to 65536, sampled above", DefaultValueFactory = _ => 4096 };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table, json or csv", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("curve", "Play a trace once and show how often LRU IOTLBs of all sizes and shapes would miss, exactly (docs/curves.md).") { Trace, Iommu, Geometry, UpTo };
        ExperimentOptions.AddTo(command, "--harvest", "--flush", "--flush-chunk", "--harvest-threads", "--tracker", "--device-log-ranges", "--device-log-page", "--policy", "--split-to", "--split-dirty", "--collapse", "--unsound", "--quirks", "--bbml",
            "--cancel-after", "--costs", "--cost-level", "--loop", "--iotlb", "--device-tlb", "--dirty-order", "--atomic-harvest");
        command.Add(Format);
        Geometry.AcceptOnlyFromAmong("fully", "sets", "all");
        Format.AcceptOnlyFromAmong("table", "json", "csv");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        Experiment experiment = ExperimentOptions.Read(parsed);
        experiment = experiment with { Iommu = parsed.GetValue(Iommu) ?? experiment.Iommu };
        if (parsed.GetValue(Geometry) == "sets" && parsed.GetResult(UpTo) is { Implicit: false })
            throw new ArgumentException($"{UpTo.Name} is for fully associative IOTLBs, and --geometry sets counts none: sets have 16 to 4096 entries. Leave it out, or write --geometry all.");
        CurveOptions options = new()
        {
            UpTo = parsed.GetValue(UpTo),
            Geometries = parsed.GetValue(Geometry) switch { "fully" => CurveGeometries.Fully, "sets" => CurveGeometries.Sets, _ => CurveGeometries.All },
        };
        using DmatReader reader = DmatFile.Open(path);
        MissCurve curve = Play(experiment, reader, options, cancellation);
        switch (parsed.GetValue(Format))
        {
            case "json":
                Console.Out.WriteLine(JsonSerializer.Serialize(curve, ReplayJson.Default.MissCurve));
                break;
            case "csv":
                CurveTable.PrintCsv(Console.Out, curve);
                break;
            default:
                CurveTable.Print(Console.Out, $"{Path.GetFileName(path)}: {reader.Provenance.Title}", curve);
                break;
        }
        return CommandLine.Done;
    }

    private static MissCurve Play(Experiment experiment, DmatReader reader, CurveOptions options, CancellationToken cancellation)
    {
        using ProgressLine progress = new("events", reader.EventCount);
        try
        {
            return MissCurves.Run(experiment, new DmatSource(reader), options, progress.Report, cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} of {reader.EventCount:n0} events; nothing was written."));
        }
    }
}
