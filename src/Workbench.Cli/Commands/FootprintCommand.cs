using System.CommandLine;
using System.Globalization;
using Workbench.Replay;
using Workbench.Replay.Footprints;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench footprint</summary>
internal static class FootprintCommand
{
    private static readonly Argument<string> Trace = new("trace") { Description = "a .dmat file" };
    private static readonly Option<string> ViewName = new("--view") { Description = "migration, iova or gpa [default: migration, what a migration of the recorded guest tracks]", DefaultValueFactory = _ => "migration" };
    private static readonly Option<string?> Granules = new("--granules") { Description = "sizes of pages, separated by commas [default: 4K,16K,64K,2M,1G]" };
    private static readonly Option<string?> Windows = new("--windows") { Description = "lengths of windows to print, separated by commas, e.g. 1ms,10ms [default: 1, 10, 100 us and so on]" };
    private static readonly Option<string?> Bandwidths = new("--bandwidth") { Description = "a migration's bandwidths in bits per second, separated by commas; K, M, G, T are powers of 1000 [default: 1G,10G,25G,100G]" };
    private static readonly Option<string?> Downtimes = new("--downtime") { Description = "downtimes that are wanted, separated by commas [default: 50ms,300ms]" };
    private static readonly Option<string?> Memory = new("--memory") { Description = "memory that the first round sends, e.g. 4G [default: what the trace writes]" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table, json or csv (the curves)", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("footprint", "Count in one pass how much memory a trace writes in windows of time of every length, by page size, and whether pre-copy migration keeps up with it.")
        {
            Trace, ViewName, Granules, Windows, Bandwidths, Downtimes, Memory, Format,
        };
        ViewName.AcceptOnlyFromAmong("migration", "iova", "gpa");
        Format.AcceptOnlyFromAmong("table", "json", "csv");
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Trace);
        View view = parsed.GetValue(ViewName) switch { "iova" => View.Iova, "gpa" => View.Gpa, _ => View.Migration };
        long[]? windows = Once(Windows, ListOf(parsed.GetValue(Windows))?.Select(w => TimeOf(w, "window")));
        // Wrong input is to be said before a long pass, not after it.
        PreCopyOptions migration = new()
        {
            Bandwidths = Once(Bandwidths, ListOf(parsed.GetValue(Bandwidths))?.Select(BitRate.Parse)) ?? PreCopyOptions.UsualBandwidths,
            DowntimesNs = Once(Downtimes, ListOf(parsed.GetValue(Downtimes))?.Select(d => TimeOf(d, "downtime"))) ?? PreCopyOptions.UsualDowntimesNs,
            MemoryBytes = parsed.GetValue(Memory) is { } memory ? ByteSize.Parse(memory) : null,
        };
        string[]? granules = ListOf(parsed.GetValue(Granules));
        Once(Granules, granules?.Select(g => PageSizes.Log2Of(g) is { } log2 ? PageSizes.Show(log2) : g));
        string title;
        Footprint footprint;
        using (DmatReader reader = DmatFile.Open(path))
        {
            title = reader.Provenance.Title;
            footprint = Count(reader, view, granules, windows, cancellation);
        }
        PreCopyMap map = footprint.PreCopy(migration);
        switch (parsed.GetValue(Format))
        {
            case "json":
                Console.Out.WriteLine(FootprintReport.Of(Path.GetFileName(path), footprint, map).ToJson());
                break;
            case "csv":
                FootprintTable.WriteCsv(Console.Out, footprint);
                break;
            default:
                FootprintTable.Print(Console.Out, $"{Path.GetFileName(path)}: {title}", footprint, windows, map);
                break;
        }
        return CommandLine.Done;
    }

    private static Footprint Count(DmatReader reader, View view, string[]? granules, long[]? windows, CancellationToken cancellation)
    {
        using ProgressLine progress = new("events", reader.EventCount);
        try
        {
            return Footprint.Of(new DmatSource(reader), view, granules, windows, progress.Report, cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} of {reader.EventCount:n0} events; nothing was written."));
        }
    }

    private static long TimeOf(string text, string what) => Duration.TryParse(text, out long ns) && ns > 0 ? ns : throw new ArgumentException($"'{text}' is no {what}; write 250us, 10ms or 1.5s.");

    /// <summary>The values of a list; one that is there twice, however it is written, is a slip.</summary>
    private static T[]? Once<T>(Option option, IEnumerable<T>? values)
    {
        T[]? all = values?.ToArray();
        return all is null || all.Distinct().Count() == all.Length ? all : throw new ArgumentException($"{option.Name} names a value twice; name each once.");
    }

    private static string[]? ListOf(string? text)
    {
        if (text is null) return null;
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return items.Length > 0 ? items : throw new ArgumentException("An empty list selects nothing; leave the option out for the default.");
    }
}
