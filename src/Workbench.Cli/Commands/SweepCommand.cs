using System.CommandLine;
using System.Globalization;
using Workbench.Analysis;
using Workbench.Replay.Sweeps;

namespace Workbench.Cli.Commands;

/// <summary>workbench sweep</summary>
internal static class SweepCommand
{
    private const string Extension = ".parquet";
    private const string JournalExtension = ".journal";
    /// <summary>What the machines of a group may take, so that the whole stays below 2 GB.</summary>
    private const long MostMachineBytes = 1_200_000_000;

    private static readonly Argument<string?> Sweep = new("sweep") { Description = "a JSON file: traces, what is common, what is varied (docs/sweeps.md)", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "the .parquet file to write, or a folder for it [default: the sweep's name in this folder]" };
    private static readonly Option<string?> Shard = new("--shard") { Description = "replay one share of the cells: 2/8 is the second of eight" };
    private static readonly Option<int?> Jobs = new("--jobs") { Description = "replays at the same time [default: as many as there are processors]" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "check the sweep and list its cells, replay nothing" };
    private static readonly Option<string[]> Merge = new("--merge") { Description = "put the tables of all shards together into --out", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("sweep", "Replay traces crossed with the values of an experiment's properties into one table. The same command goes on after an interruption.") { Sweep, Out, Shard, Jobs, DryRun, Merge, Format };
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(Merge) is { Length: > 0 } tables) return Join(tables, parsed);
        if (parsed.GetValue(Sweep) is not { } file) throw new ArgumentException("Name the sweep file, or --merge the tables of shards.");
        (int number, int count) = ShardIn(parsed.GetValue(Shard));
        int jobs = parsed.GetValue(Jobs) ?? Environment.ProcessorCount;
        if (jobs is < 1 or > 1024) throw new ArgumentException($"--jobs {jobs}: 1 to 1024.");
        SweepPlan plan = SweepPlan.Read(file);
        IReadOnlyList<SweepCell> cells = plan.ShardOf(number, count);
        if (cells.Count == 0) throw new ArgumentException($"--shard {number}/{count}: the sweep has {plan.Cells.Count} cells of {plan.Traces.Count} traces, and none falls to this share.");
        if (parsed.GetValue(DryRun)) return List(plan, cells, parsed.GetValue(Format) == "json");
        string path = PathFor(parsed.GetValue(Out), Path.GetFileNameWithoutExtension(file), number, count);
        string? shard = count == 1 ? null : $"{number}/{count}";
        SweepManifest manifest = plan.ManifestOf(ToolVersion.Text, shard);
        IReadOnlyList<SweepRow> rows;
        if (SweepOutput.IsComplete(path, manifest))
        {
            rows = SweepTable.ReadRows(path, plan);
            // A kill between the table and the end of its journal leaves both.
            if (File.Exists(path + JournalExtension)) using (SweepJournal left = SweepJournal.Open(path + JournalExtension, plan, $"{number}/{count}")) left.Complete();
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"workbench: {path} is complete with {rows.Count:n0} rows of this sweep; nothing was replayed"));
            return Print(plan, rows, parsed);
        }
        int replayed;
        using (SweepJournal journal = SweepJournal.Open(path + JournalExtension, plan, $"{number}/{count}"))
        {
            SweepRunner runner = new(plan, cells, journal, jobs, Math.Min(MostMachineBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2));
            rows = Replay(runner, journal, path, cancellation);
            replayed = runner.Replayed;
            SweepTable.Write(path, SweepTable.ToFrame(plan, rows), manifest);
            journal.Complete();
        }
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"workbench: wrote {rows.Count:n0} rows to {path}{(replayed < rows.Count ? $"; {rows.Count - replayed:n0} of them needed no replay" : "")}"));
        return Print(plan, rows, parsed);
    }

    private static int Print(SweepPlan plan, IReadOnlyList<SweepRow> rows, ParseResult parsed)
    {
        if (parsed.GetValue(Format) == "json") Console.Out.WriteLine(SweepSummary.ToJson(plan, rows));
        else SweepSummary.Print(Console.Out, plan, rows);
        return rows.Any(r => r.Status == SweepStatus.Error) ? CommandLine.CheckFailed : CommandLine.Done;
    }

    private static IReadOnlyList<SweepRow> Replay(SweepRunner runner, SweepJournal journal, string path, CancellationToken cancellation)
    {
        using SweepProgressLine progress = new();
        int all = 0;
        try
        {
            return runner.Run(p =>
            {
                all = p.AllCells;
                progress.Report(p);
            }, cancellation);
        }
        catch (OperationCanceledException)
        {
            progress.Dispose();
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted; {journal.Rows.Count:n0}{(all > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {all:n0}") : "")} rows are kept in {Path.GetFileName(path)}.journal. The same command goes on from there."));
        }
    }

    private static int List(SweepPlan plan, IReadOnlyList<SweepCell> cells, bool asJson)
    {
        SweepRow[] rows = [.. cells.Select(c => new SweepRow { Cell = c.Number, Status = c.Lack is null ? SweepStatus.Done : SweepStatus.Cannot, Error = c.Lack })];
        if (asJson) Console.Out.WriteLine(SweepSummary.ToJson(plan, rows));
        else SweepSummary.List(Console.Out, plan, rows);
        return CommandLine.Done;
    }

    private static int Join(string[] tables, ParseResult parsed)
    {
        if (parsed.GetValue(Sweep) is { } file) throw new ArgumentException($"--merge takes tables of shards and no sweep file; leave {file} out, or write it before --merge without.");
        string path = parsed.GetValue(Out) ?? throw new ArgumentException("--merge needs --out: the .parquet file to write.");
        if (!path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"--out {path}: with --merge name a {Extension} file.");
        OutputFolder.Check("--out", path);
        SweepOutput.CheckMerge(path, tables);
        SweepTable.Merge(tables, path);
        Console.Error.WriteLine($"workbench: wrote {path}");
        return CommandLine.Done;
    }

    private static (int Number, int Count) ShardIn(string? text)
    {
        if (text is null) return (1, 1);
        string[] parts = text.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && number >= 1 && number <= count
            ? (number, count) : throw new ArgumentException($"--shard {text}: write NUMBER/COUNT, from 1/8 to 8/8.");
    }

    private static string PathFor(string? asked, string stem, int number, int count)
    {
        string name = count == 1 ? stem + Extension : string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}-of-{count}{Extension}");
        string path = asked is null ? name : asked.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(asked) ? asked : Path.Combine(asked, name);
        if (asked is not null && path != asked && File.Exists(asked)) throw new ArgumentException($"--out {asked} is a file; name a folder or a {Extension} file.");
        OutputFolder.Check("--out", path);
        return path;
    }
}
