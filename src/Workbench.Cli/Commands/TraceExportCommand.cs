using System.CommandLine;
using System.Globalization;
using Workbench.Traces.Exporters;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace export</summary>
internal static class TraceExportCommand
{
    public static Command Create()
    {
        Argument<string> trace = new("trace") { Description = "a .dmat file" };
        Option<string> output = new("--out", "-o") { Description = "the file to write; its ending chooses the format unless --format does", Required = true };
        Option<string?> format = new("--format") { Description = "csv, parquet or arrow" };
        Option<bool> skipBad = new("--skip-bad") { Description = "pass over damaged blocks and count them" };
        format.AcceptOnlyFromAmong("csv", "parquet", "arrow");
        Command command = new("export", "Convert a trace to CSV, Parquet or Arrow (columns in docs/trace-format.md).") { trace, output, format, skipBad };
        command.SetAction(parsed =>
        {
            string target = parsed.GetRequiredValue(output);
            string chosen = parsed.GetValue(format) ?? Path.GetExtension(target).TrimStart('.').ToLowerInvariant();
            TraceExportFormat to = chosen switch
            {
                "csv" => TraceExportFormat.Csv,
                "parquet" => TraceExportFormat.Parquet,
                "arrow" => TraceExportFormat.Arrow,
                _ => throw new ArgumentException($"'{target}' ends in no known format; use .csv, .parquet or .arrow, or --format."),
            };
            using DmatReader reader = DmatFile.Open(parsed.GetRequiredValue(trace), parsed.GetValue(skipBad));
            long events = TraceExport.ToFile(reader, to, target);
            if (reader.SkippedBlocks > 0) Console.Error.WriteLine($"workbench: {reader.SkippedBlocks} damaged blocks with {reader.SkippedEvents} events passed over.");
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {target}: {events:n0} events, {new FileInfo(target).Length:n0} bytes."));
            return CommandLine.Done;
        });
        return command;
    }
}
