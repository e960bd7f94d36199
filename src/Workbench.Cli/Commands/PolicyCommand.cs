using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Workbench.Iommu;
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
        ExperimentOptions.AddTo(command, "--page-size", "--policy", "--flush", "--tracker");
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
        List<string> leftOut = [];
        Experiment[] cells = [.. grid.Cells().Where(cell => Possible(cell, leftOut))];
        if (cells.Length == 0) throw new ArgumentException("No cell of the grid can be replayed. " + string.Join(" ", leftOut.Distinct()));
        string title;
        using (DmatReader reader = DmatFile.Open(path)) title = reader.Provenance.Title;
        PolicyRow[] rows = Replay(path, cells, leftOut, cancellation);
        if (rows.Length == 0) throw new ArgumentException("No cell of the grid could be replayed. " + string.Join(" ", leftOut.Distinct()));
        if (parsed.GetValue(Format) == "json")
        {
            foreach (string reason in leftOut.Distinct()) Console.Error.WriteLine("workbench: left out: " + reason);
            Console.Out.WriteLine(JsonSerializer.Serialize(rows, ReplayJson.Default.PolicyRowArray));
        }
        else PolicyTable.Print(Console.Out, $"{Path.GetFileName(path)}: {title}", rows, grid.Common, [.. leftOut.Distinct()]);
        return CommandLine.Done;
    }

    private static bool Possible(Experiment cell, List<string> leftOut)
    {
        if (cell.Validate() is not { Count: > 0 } problems) return true;
        // What is wrong whatever the cell is wrong input; what one model lacks leaves its cells out.
        if (IommuCatalogue.Find(cell.Iommu) is null || (cell with { PageSize = "as-mapped", Policy = "never", SplitTo = "4K", BlockChange = 2, AddressBits = IommuCatalogue.Find(cell.Iommu)!.AddressBits[0] }).Validate().Count > 0)
            throw new ArgumentException(string.Join(" ", problems));
        leftOut.Add($"{cell.Iommu}, {cell.PageSize}, {cell.Policy}: {string.Join(" ", problems)}");
        return false;
    }

    /// <summary>Every cell by itself, as many at once as there are processors; rows in the order of the cells.</summary>
    private static PolicyRow[] Replay(string path, Experiment[] cells, List<string> leftOut, CancellationToken cancellation)
    {
        Experiment[] untracked = [.. cells.Select(PolicyGrid.Untracked).Distinct()];
        Dictionary<Experiment, ReplayResult?> results = [];
        Experiment[] all = [.. untracked.Concat(cells).Distinct()];
        using ProgressLine progress = new("replays", all.Length);
        long done = 0;
        try
        {
            Parallel.ForEach(all, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, cell =>
            {
                ReplayResult? result = null;
                string? lacks = null;
                try
                {
                    using DmatReader reader = DmatFile.Open(path);
                    result = Replayer.Run(cell, new DmatSource(reader), cancellation: cancellation);
                }
                catch (ModelLimitException e)
                {
                    lacks = $"{cell.Iommu}, {cell.PageSize}: {CommandLine.FirstLine(e.Message)}";
                }
                lock (results)
                {
                    results[cell] = result;
                    if (lacks is not null) leftOut.Add(lacks);
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
        return [.. cells.Where(c => results[c] is not null && results[PolicyGrid.Untracked(c)] is not null).Select(c => PolicyRow.Of(c, results[c]!, results[PolicyGrid.Untracked(c)]!))];
    }

    private static string[]? ListOf(string? text)
    {
        if (text is null) return null;
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return items.Length > 0 ? items : throw new ArgumentException("An empty list selects nothing; leave the option out for the default.");
    }
}
