using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Workbench.Races;
using Workbench.Races.Hardware;
using Workbench.Races.Output;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Cli.Commands;

/// <summary>workbench races</summary>
internal static class RacesCommand
{
    private static readonly Option<bool> List = new("--list") { Description = "show families, names and titles of the protocols, and search nothing" };
    private static readonly Option<string?> Show = new("--show") { Description = "print the text of a protocol, to learn the language from or to change", HelpName = "name" };
    private static readonly Option<int> Threads = new("--threads") { Description = "searches at once [default: one for each processor]", DefaultValueFactory = _ => Environment.ProcessorCount };
    private static readonly Option<bool> Mutate = new("--mutate") { Description = "leave each step out of the protocols that hold, and show what breaks" };
    private static readonly Option<bool> Details = new("--counterexample") { Description = "show shortest counterexamples and the rules that verdicts rest on; with one protocol always" };
    private static readonly Option<string?> Export = new("--export") { Description = "write a trace and a schedule of each way to break a protocol, for 'workbench replay --schedule'", HelpName = "folder" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table, json, markdown or mermaid (counterexamples only)", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("races", "Explore every interleaving of devices, an IOMMU and software that tracks dirty pages: which protocols hold on which vendor, and how the others break (docs/races.md).");
        RaceSelection.AddTo(command);
        foreach (Option option in (Option[])[Threads, Mutate, List, Show, Format, Details, Export]) command.Add(option);
        Format.AcceptOnlyFromAmong("table", "json", "markdown", "mermaid");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(Show) is { } name)
        {
            Console.Out.Write(RaceCatalogue.TextOf(RaceSelection.Shipped(name).Name));
            return CommandLine.Done;
        }
        IReadOnlyList<RaceProtocol> protocols = RaceSelection.Protocols(parsed);
        if (parsed.GetValue(List))
        {
            foreach (string line in RaceList.Lines(protocols)) Console.Out.WriteLine(line);
            return CommandLine.Done;
        }
        int threads = parsed.GetValue(Threads);
        if (threads < 1) throw new ArgumentException($"{Threads.Name} {threads}: at least 1 search runs at once.");
        RaceOptions options = RaceSelection.Options(parsed);
        string format = parsed.GetRequiredValue(Format);
        bool mutates = parsed.GetValue(Mutate), shows = parsed.GetValue(Details) || protocols.Count == 1;
        if (mutates && (format != "table" || parsed.GetValue(Details))) throw new ArgumentException($"{Mutate.Name} prints a table of its own; leave out {(format != "table" ? Format.Name : Details.Name)}.");
        // What steps are good for needs no list of the rules that verdicts rest on, nor does a diagram.
        if (mutates || format == "mermaid") options = options with { FindsWhatItRestsOn = false };
        string? export = parsed.GetValue(Export);
        if (export is not null) RaceExport.Check(Export.Name, export);
        if (export is not null && mutates) throw new ArgumentException($"{Export.Name} writes how protocols break; leave out {Mutate.Name}.");
        long began = Stopwatch.GetTimestamp();
        RaceTable table = Search(protocols, RaceSelection.Hardware(parsed), options, threads, cancellation);
        if (mutates)
        {
            PrintMutations(table, options, threads, cancellation);
            return CommandLine.Done;
        }
        Print(table, format, shows);
        if (export is not null)
            foreach (string line in RaceExport.Write(export, table.Verdicts, cancellation)) Console.Error.WriteLine("workbench: " + line);
        using Process process = Process.GetCurrentProcess();
        string summary = RaceSummary.Of(table.Verdicts, options, Stopwatch.GetElapsedTime(began), process.PeakWorkingSet64);
        if (format == "table")
        {
            Console.Out.WriteLine();
            Wrapped(summary);
        }
        else Console.Error.WriteLine("workbench: " + summary);
        return CommandLine.Done;
    }

    private static RaceTable Search(IReadOnlyList<RaceProtocol> protocols, IReadOnlyList<HardwareRules> hardware, RaceOptions options, int threads, CancellationToken cancellation)
    {
        int cells = protocols.Sum(p => hardware.Count(h => RaceTable.Concerns(p, h)));
        if (cells == 0) throw new ArgumentException($"'{protocols[0].Name}' is meant for {string.Join(", ", protocols[0].Vendors)}, and none of them was asked for.");
        using ProgressLine progress = new("verdicts", cells);
        int done = 0;
        try
        {
            return RaceTable.Run(protocols, hardware, options, threads, _ => progress.Report(++done), cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {done:n0} of {cells:n0} verdicts; nothing was written."));
        }
        catch (AggregateException e) when (e.InnerException is not null)
        {
            // What one search refuses is what is to be said.
            ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    private static void Print(RaceTable table, string format, bool shows)
    {
        switch (format)
        {
            case "json":
                Console.Out.WriteLine(RaceJson.Of(table));
                return;
            case "markdown":
                Console.Out.Write(RaceMarkdown.Of(table));
                if (!shows) return;
                foreach (RaceVerdict verdict in table.Verdicts) Console.Out.Write("\n" + RaceMarkdown.Of(verdict));
                return;
            case "mermaid":
                foreach (RaceVerdict verdict in table.Verdicts)
                {
                    Console.Out.WriteLine($"%% {verdict.Protocol.Name} on {verdict.Hardware.Name}: {RaceText.Sentence(verdict)}");
                    foreach (Counterexample broken in verdict.Broken.Take(1)) Console.Out.Write(MermaidDiagram.Of(broken));
                }
                return;
            default:
                foreach (string line in RaceText.Lines(table)) Console.Out.WriteLine(line);
                foreach (RaceVerdict verdict in shows ? table.Verdicts : [])
                {
                    Console.Out.WriteLine();
                    foreach (string line in RaceText.Lines(verdict)) Console.Out.WriteLine(line);
                }
                Console.Out.WriteLine();
                Wrapped(RaceText.Legend);
                return;
        }
    }

    private static void PrintMutations(RaceTable table, RaceOptions options, int threads, CancellationToken cancellation)
    {
        RaceVerdict[] holding = [.. table.Verdicts.Where(v => v.Holds)];
        using ProgressLine progress = new("protocols", holding.Length, "steps left out");
        RaceMutation[][] found = new RaceMutation[holding.Length][];
        int done = 0;
        Lock gate = new();
        try
        {
            Parallel.For(0, holding.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, i =>
            {
                found[i] = [.. RaceMutation.Of(holding[i], options, cancellation)];
                lock (gate) progress.Report(++done);
            });
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {done:n0} of {holding.Length:n0} protocols; nothing was written."));
        }
        RaceMutation[] all = [.. found.SelectMany(f => f)];
        foreach (string line in MutationText.Lines(all)) Console.Out.WriteLine(line);
        if (all.Length > 0) Console.Out.WriteLine();
        int idle = all.Count(m => !m.IsNeeded), unexplained = all.Count(m => !m.IsNeeded && m.Reason is null);
        Wrapped(string.Create(CultureInfo.InvariantCulture,
            $"{table.Verdicts.Count - holding.Length:n0} of {table.Verdicts.Count:n0} verdicts do not hold and were left alone. {all.Length:n0} steps were left out of the others, one at a time: {all.Length - idle:n0} break what held, {idle:n0} do not, {unexplained:n0} of those without a reason in the protocol."));
    }

    private static void Wrapped(string text)
    {
        foreach (string line in ReplayTable.Wrap(text, RaceText.Width)) Console.Out.WriteLine(line);
    }
}
