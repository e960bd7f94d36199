using System.CommandLine;
using System.Globalization;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace info</summary>
internal static class TraceInfoCommand
{
    public static Command Create()
    {
        Argument<string> trace = new("trace") { Description = "a .dmat file" };
        Command command = new("info", "Show what a trace holds and where it comes from.") { trace };
        command.SetAction(parsed =>
        {
            using DmatReader reader = DmatFile.Open(parsed.GetValue(trace)!);
            Console.Out.WriteLine(reader.Provenance.Title);
            TraceSummary summary = TraceSummary.Of(reader);
            foreach (KindCount kind in summary.Kinds) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind.Kind,-18}{kind.Count,14:n0}"));
            foreach (DeviceSummary d in summary.Devices) Console.Out.WriteLine($"{d.Device} data {d.Data} ring {d.Rings}");
            return CommandLine.Done;
        });
        return command;
    }
}
