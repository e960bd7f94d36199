using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Workbench.Replay;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench replay</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        Argument<string> trace = new("trace") { Description = "a .dmat file" };
        Option<View> view = new("--view");
        Option<string> page = new("--page-size") { DefaultValueFactory = _ => "as-mapped" };
        Option<string> every = new("--harvest") { DefaultValueFactory = _ => "100ms" };
        Option<FlushStrategy> flush = new("--flush");
        Option<string> iotlb = new("--iotlb") { DefaultValueFactory = _ => "assumed-64" };
        Option<string?> from = new("--from");
        Option<string?> to = new("--to");
        Command command = new("replay", "Replay a trace.") { trace, view, page, every, flush, iotlb, from, to };
        command.SetAction(parsed =>
        {
            using DmatReader reader = DmatFile.Open(parsed.GetValue(trace)!);
            Experiment experiment = new() { View = parsed.GetValue(view), PageSize = parsed.GetValue(page)!, HarvestEvery = parsed.GetValue(every)!, Flush = parsed.GetValue(flush), Iotlb = parsed.GetValue(iotlb)!, FromMark = parsed.GetValue(from), ToMark = parsed.GetValue(to) };
            long began = Stopwatch.GetTimestamp();
            ReplayResult r = Replayer.Run(experiment, new DmatSource(reader));
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.View} ev {r.Events} hits {r.Counters.IotlbHits} miss {r.Counters.IotlbMisses} rewalk {r.Counters.DirtyRewalks} faults {r.Counters.Faults} unmapped {r.UnmappedAccesses} harvests {r.Harvests.Count} true {r.TrueDirty4K} rep {r.ReportedDirty4K} leaves {r.ReportedDirtyLeaves} over {r.OverReported4K} missed {r.Missed4K}; distinct {r.DistinctTrue4K} data {r.DistinctTrueData4K} 2M {r.DistinctTrueData2M}/{r.DistinctTrue2M} rep {r.DistinctReported4K}; {seconds:f2} s"));
            foreach (var f in r.FirstFaults.Take(3)) Console.Out.WriteLine(f);
            foreach (var m in r.MissedPages.Take(3)) Console.Out.WriteLine(m);
            foreach (var n in r.Notes) Console.Out.WriteLine(n);
            return CommandLine.Done;
        });
        return command;
    }
}
