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
        // What no model could make right is wrong for the command; what one lacks leaves its cells out and says so.
        if (grid.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems));
        List<Lack> lacks = [];
        List<Experiment> cells = [];
        foreach (Experiment cell in grid.Cells())
        {
            string[] missing = [.. cell.Validate()];
            if (missing.Length == 0) cells.Add(cell);
            else lacks.AddRange(missing.Select(reason => new Lack(cell, reason)));
        }
        if (cells.Count == 0) throw new ArgumentException("No cell of the grid can be replayed. " + string.Join(" ", Reasons(lacks)));
        string title;
        using (DmatReader reader = DmatFile.Open(path)) title = reader.Provenance.Title;
        PolicyRow[] rows = Replay(path, cells, lacks, cancellation);
        string[] leftOut = Reasons(lacks);
        if (rows.Length == 0) throw new ArgumentException("No cell of the grid could be replayed. " + string.Join(" ", leftOut));
        if (parsed.GetValue(Format) == "json")
        {
            foreach (string reason in leftOut) Console.Error.WriteLine("workbench: left out: " + reason);
            Console.Out.WriteLine(JsonSerializer.Serialize(rows, ReplayJson.Default.PolicyRowArray));
        }
        else PolicyTable.Print(Console.Out, $"{Path.GetFileName(path)}: {title}", rows, grid.Common, leftOut);
        return CommandLine.Done;
    }

    /// <summary>Each reason once for each model, with the leaf sizes it holds for.</summary>
    private static string[] Reasons(List<Lack> lacks) =>
        [.. lacks.GroupBy(l => (Model: PolicyRow.ModelOf(l.Cell), l.Reason)).Select(same => $"{same.Key.Model} with leaves of {string.Join(", ", same.Select(l => l.Cell.PageSize).Distinct())}: {same.Key.Reason}")];

    /// <summary>Every cell by itself, as many at once as there are processors; rows in the order of the cells.</summary>
    private static PolicyRow[] Replay(string path, List<Experiment> cells, List<Lack> lacks, CancellationToken cancellation)
    {
        Experiment[] untracked = [.. cells.Select(PolicyGrid.Untracked).Distinct()];
        Dictionary<Experiment, ReplayResult> results = [];
        Dictionary<Experiment, string> refused = [];
        Experiment[] all = [.. untracked.Concat(cells).Distinct()];
        using ProgressLine progress = new("replays", all.Length);
        long done = 0;
        try
        {
            Parallel.ForEach(all, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, cell =>
            {
                ReplayResult? result = null;
                string reason = "";
                try
                {
                    using DmatReader reader = DmatFile.Open(path);
                    result = Replayer.Run(cell, new DmatSource(reader), cancellation: cancellation);
                }
                catch (ModelLimitException e)
                {
                    reason = CommandLine.FirstLine(e.Message);
                }
                lock (results)
                {
                    if (result is not null) results[cell] = result;
                    else refused[cell] = reason;
                    progress.Report(++done);
                }
            });
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {done:n0} of {all.Length:n0} replays; nothing was written."));
        }
        catch (AggregateException e) when (e.InnerExceptions.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        // In the order of the cells, whichever was done first.
        lacks.AddRange(all.Where(refused.ContainsKey).Select(cell => new Lack(cell, refused[cell])));
        return [.. cells.Where(c => results.ContainsKey(c) && results.ContainsKey(PolicyGrid.Untracked(c))).Select(c => PolicyRow.Of(c, results[c], results[PolicyGrid.Untracked(c)]))];
    }

    private static string[]? ListOf(string? text)
    {
        if (text is null) return null;
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return items.Length > 0 ? items : throw new ArgumentException("An empty list selects nothing; leave the option out for the default.");
    }

    /// <summary>Why a cell is left out.</summary>
    private readonly record struct Lack(Experiment Cell, string Reason);
}
