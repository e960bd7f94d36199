using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Benchmarks;

namespace Workbench.Cli.Commands;

/// <summary>workbench benchmarks</summary>
internal static class BenchmarksCommand
{
    // Where the repository keeps a baseline for each processor that was measured.
    private static readonly string Baselines = Path.Combine("tests", "Workbench.Benchmarks", "results");

    private static readonly Option<int> Rounds = new("--rounds") { Description = "rounds to take the median of, 1 to 1,000", DefaultValueFactory = _ => 7 };
    private static readonly Option<int> Events = new("--events") { Description = "events of a round, 10,000 to 20,000,000 (40 bytes of memory each)", DefaultValueFactory = _ => 2_000_000 };
    private static readonly Option<string?> Only = new("--only") { Description = $"benchmarks, separated by commas: {string.Join(", ", ReplayBenchmark.All.Select(b => b.Name))} [default: all]" };
    private static readonly Option<string?> Baseline = new("--baseline") { Description = $"ratios to hold the results to [default: the file for this processor in {Baselines}, if there is one]" };
    private static readonly Option<string?> Save = new("--save-baseline") { Description = "write this run's ratios to a file, as a baseline for later ones" };
    private static readonly Option<bool> Strict = new("--fail-if-slower") { Description = "end with exit code 1 if a benchmark is slower than its baseline by more than its tolerance (15 %, 35 % where memory is waited for)" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("benchmarks", "Measure how many events per second this machine replays, and compare with what it reached before.") { Rounds, Events, Only, Baseline, Save, Strict, Format };
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        int rounds = parsed.GetValue(Rounds), events = parsed.GetValue(Events);
        if (rounds is < 1 or > 1000) throw new ArgumentException($"{rounds} rounds: 1 to 1,000 are possible.");
        if (parsed.GetValue(Baseline) is { } named && !File.Exists(named)) throw new ArgumentException($"{named}: there is no such baseline; --save-baseline FILE writes one.");
        if (events is < 10_000 or > 20_000_000) throw new ArgumentException($"{events} events: 10,000 to 20,000,000 are possible.");
        ReplayBenchmark[] chosen = Choose(parsed.GetValue(Only));
        BenchmarkBaseline? baseline = (parsed.GetValue(Baseline) ?? Known()) is { } file ? BenchmarkBaseline.Read(file) : null;
        if (baseline is not null && baseline.Events != events)
        {
            if (parsed.GetValue(Baseline) is not null) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The baseline was measured with {baseline.Events} events a round, so {events} cannot be compared with it. Choose --events {baseline.Events}."));
            baseline = null;
        }
        List<BenchmarkRow> rows = [];
        using (ProgressLine progress = new("benchmarks", chosen.Length))
        {
            foreach (ReplayBenchmark benchmark in chosen)
            {
                BenchmarkRow row;
                try
                {
                    row = benchmark.Measure(rounds, events, cancellation);
                }
                catch (OperationCanceledException)
                {
                    throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {rows.Count} of {chosen.Length} benchmarks; nothing was written."));
                }
                rows.Add(baseline?.Judge(row, benchmark.Tolerance) ?? row);
                progress.Report(rows.Count);
            }
        }
        if (parsed.GetValue(Format) == "json") Console.Out.WriteLine(JsonSerializer.Serialize([.. rows], ReplayJson.Default.BenchmarkRowArray));
        else BenchmarkTable.Print(Console.Out, rows, baseline);
        if (parsed.GetValue(Save) is { } to) File.WriteAllText(to, BenchmarkBaseline.Of(rows, events, ThisMachine.Processor, ThisMachine.Processors).ToJson() + "\n");
        return rows.Exists(r => (r.IsSlower && parsed.GetValue(Strict)) || r.BytesPerEvent >= 0.5) ? CommandLine.CheckFailed : CommandLine.Done;
    }

    private static ReplayBenchmark[] Choose(string? names)
    {
        if (names is null) return [.. ReplayBenchmark.All];
        string[] asked = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [.. asked.Select(name => ReplayBenchmark.All.FirstOrDefault(b => b.Name == name)
            ?? throw new ArgumentException($"There is no benchmark '{name}'; there is: {string.Join(", ", ReplayBenchmark.All.Select(b => b.Name))}."))];
    }

    /// <summary>The repository's baseline for this processor, seen from the folder the command runs in.</summary>
    private static string? Known() => !Directory.Exists(Baselines) ? null
        : Directory.EnumerateFiles(Baselines, "*.json").Order(StringComparer.Ordinal).FirstOrDefault(f => BenchmarkBaseline.Read(f) is { } b && b.Processor == ThisMachine.Processor && b.Processors == ThisMachine.Processors);
}
