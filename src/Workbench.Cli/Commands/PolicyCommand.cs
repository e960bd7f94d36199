using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench policy</summary>
internal static class PolicyCommand
{
    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string?> Models = new("--iommu") { Description = "models, separated by commas; MODEL:GRANULE for another translation granule [default: vtd,amd,smmu,riscv]" };
    private static readonly Option<string?> Granules = new("--granules") { Description = "leaf sizes that memory is mapped with at first, separated by commas [default: 4K,2M,1G]" };
    private static readonly Option<string?> Policies = new("--policies") { Description = "split policies, separated by commas [default: never,eager,on-dirty,adaptive]" };
    private static readonly Option<string?> Flushes = new("--flushes") { Description = "flush strategies, separated by commas [default: after,per-run,domain,none]" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("policy", "Replay a trace over the grid of split policies, granules and flush strategies and show the trade-off: what is sent, what it costs, what is lost.")
        {
            Trace, Models, Granules, Policies, Flushes,
        };
        ExperimentOptions.AddTo(command, "--page-size", "--policy", "--flush", "--tracker", "--device-log-ranges", "--device-log-page");
        command.Add(Format);
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        PolicyGrid grid = new() { Common = ExperimentOptions.Read(parsed) };
        grid = grid with
        {
            Iommus = ListOf(parsed.GetValue(Models)) ?? grid.Iommus, Granules = ListOf(parsed.GetValue(Granules)) ?? grid.Granules, Policies = ListOf(parsed.GetValue(Policies)) ?? grid.Policies,
            Flushes = ListOf(parsed.GetValue(Flushes))?.Select(ExperimentOptions.FlushOf).ToArray() ?? grid.Flushes,
        };
        PolicyStudy study = new(grid);
        string title;
        using (DmatReader reader = DmatFile.Open(path)) title = reader.Provenance.Title;
        PolicyRow[] rows = Replay(path, study, cancellation);
        string[] leftOut = [.. study.LeftOut];
        if (parsed.GetValue(Format) == "json")
        {
            foreach (string reason in leftOut) Console.Error.WriteLine("workbench: left out: " + reason);
            Console.Out.WriteLine(JsonSerializer.Serialize(rows, ReplayJson.Default.PolicyRowArray));
        }
        else PolicyTable.Print(Console.Out, $"{Path.GetFileName(path)}: {title}", rows, grid.Common, leftOut);
        return CommandLine.Done;
    }

    private static PolicyRow[] Replay(string path, PolicyStudy study, CancellationToken cancellation)
    {
        using ProgressLine progress = new("replays", study.Replays);
        try
        {
            return [.. study.Run(() => new DmatSource(DmatFile.Open(path)), Environment.ProcessorCount, progress.Report, cancellation)];
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} of {study.Replays:n0} replays; nothing was written."));
        }
    }

    private static string[]? ListOf(string? text)
    {
        if (text is null) return null;
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return items.Length > 0 ? items : throw new ArgumentException("An empty list selects nothing; leave the option out for the default.");
    }
}
