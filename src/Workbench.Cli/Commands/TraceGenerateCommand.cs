using System.CommandLine;
using System.Globalization;
using Workbench.Traces;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace generate</summary>
internal static class TraceGenerateCommand
{
    private const int BatchEvents = 4096;

    public static Command Create()
    {
        Argument<string> name = new("workload") { Description = string.Join("; ", SyntheticWorkload.All.Select(w => $"{w.Name}: {w.Description}")) };
        Option<string> output = new("--out", "-o") { Description = "the .dmat file to write", Required = true };
        Option<long> events = new("--events") { Description = "accesses to generate", DefaultValueFactory = _ => 1_000_000 };
        Option<ulong> seed = new("--seed") { Description = "the same seed gives the same trace everywhere", DefaultValueFactory = _ => 1 };
        Option<long> step = new("--ns-per-event") { Description = "trace time between accesses, ns", DefaultValueFactory = _ => 100 };
        Command command = new("generate", "Generate one of the seven named synthetic workloads.") { name, output, events, seed, step };
        name.AcceptOnlyFromAmong([.. SyntheticWorkload.All.Select(w => w.Name)]);
        command.SetAction((parsed, cancellation) =>
        {
            long wanted = parsed.GetValue(events);
            if (wanted < 1) throw new ArgumentException($"--events {wanted}: at least 1 is needed.");
            if (parsed.GetValue(step) is < 0 or > 1_000_000_000_000) throw new ArgumentException($"--ns-per-event {parsed.GetValue(step)}: 0 to 10^12 are possible.");
            SyntheticWorkload workload = SyntheticWorkload.Find(parsed.GetRequiredValue(name));
            SyntheticStream stream = workload.Begin(parsed.GetValue(seed), parsed.GetValue(step));
            string target = parsed.GetRequiredValue(output);
            long total = wanted + stream.SetupEvents, done = 0;
            TraceEvent[] batch = new TraceEvent[BatchEvents];
            using (ProgressLine progress = new("events", total))
            using (DmatWriter writer = DmatFile.Create(target))
            {
                while (done < total)
                {
                    if (cancellation.IsCancellationRequested)
                        throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {done:n0} events; nothing was left at {target}."));
                    Span<TraceEvent> next = batch.AsSpan(0, (int)Math.Min(BatchEvents, total - done));
                    stream.Fill(next);
                    writer.Append(next);
                    done += next.Length;
                    progress.Report(done);
                }
                writer.Complete(new()
                {
                    Title = $"synthetic workload {workload.Name}: {workload.Description}", Tool = ToolVersion.Text,
                    HowMade = string.Create(CultureInfo.InvariantCulture, $"workbench trace generate {workload.Name} --events {wanted} --seed {parsed.GetValue(seed)} --ns-per-event {parsed.GetValue(step)}"),
                    TimeOrigin = "generated from 0", MigrationView = "iova", License = "MIT",
                });
            }
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {target}: {done:n0} events, {new FileInfo(target).Length:n0} bytes."));
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }
}
