using System.Security.Cryptography;
using Workbench.Iommu;
using Workbench.Races.Output;
using Workbench.Races.Reproduction;
using Workbench.Races.Search;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli;

/// <summary>Counterexamples as files: a trace of the scene and its accesses, and the schedule that says what happened in between.</summary>
internal static class RaceExport
{
    /// <summary>Time between two steps of a schedule in the trace.</summary>
    private const long StepNs = 1_000;

    /// <summary>Writes NAME-HARDWARE.dmat and NAME-HARDWARE.schedule.json for each protocol that breaks, for the worst property that the engine can break; returns what was written, or why not.</summary>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyList<RaceVerdict> verdicts, CancellationToken cancel)
    {
        List<string> said = [];
        Directory.CreateDirectory(folder);
        foreach (RaceVerdict verdict in verdicts)
        {
            if (verdict.Broken.Count == 0) continue;
            string name = string.Join('-', $"{verdict.Protocol.Name}-{verdict.Hardware.Name}".Split([.. Path.GetInvalidFileNameChars(), ' ', '/', '\\']));
            RaceReproduction[] ways = [.. verdict.Broken.Select(b => RaceReproduction.Of(verdict, b, cancel))];
            if (ways.FirstOrDefault(w => w.IsReproducible) is { Schedule: { } schedule })
            {
                Write(Path.Combine(folder, name), verdict, schedule);
                said.Add($"wrote {name}.dmat and {name}.schedule.json ({RaceText.Meaning(schedule.Breaks)}) to {folder}");
            }
            else said.Add($"{name} cannot be played: {ways[0].Reason}");
        }
        return said;
    }

    /// <summary>Refuses a folder that cannot be one, before anything runs.</summary>
    public static void Check(string option, string folder)
    {
        if (File.Exists(folder)) throw new ArgumentException($"{option} {folder} is a file; name a folder, which is made if need be.");
        OutputFolder.Check(option, folder);
    }

    private static void Write(string path, RaceVerdict verdict, RaceSchedule schedule)
    {
        string trace = path + ".dmat";
        using (DmatWriter writer = DmatFile.Create(trace))
        {
            foreach (TraceEvent e in EventsOf(schedule)) writer.Append(e);
            writer.Complete(new()
            {
                Title = $"How {verdict.Protocol.Name} breaks on {verdict.Hardware.Name}: {verdict.Protocol.Title}",
                Tool = ToolVersion.Text,
                HowMade = $"workbench races --protocol {verdict.Protocol.Name} --vendor {verdict.Hardware.Name} --export",
                TimeOrigin = "the first step of the schedule; one step takes a microsecond",
                Devices = [new() { Id = ScheduledRun.Device.ToString(), Name = "the device of the model" }],
                Notes = ["What software, commands and caches do between the accesses is in the schedule beside the trace."],
            });
        }
        using FileStream file = File.OpenRead(trace);
        RaceSchedule with = schedule with { Trace = new(Path.GetFileName(trace), Convert.ToHexStringLower(SHA256.HashData(file))) };
        File.WriteAllText(path + ".schedule.json", with.ToJson());
    }

    private static IEnumerable<TraceEvent> EventsOf(RaceSchedule schedule)
    {
        ulong length = ScheduledRun.BytesMapped(schedule);
        yield return TraceEvent.Attach(0, ScheduledRun.Device, ScheduledRun.Domain);
        yield return TraceEvent.Map(0, ScheduledRun.Device, ScheduledRun.FirstIova, length, ScheduledRun.FirstPhysical, Permission.ReadWrite);
        for (int i = 0; i < schedule.Steps.Count; i++)
        {
            ScheduleStep step = schedule.Steps[i];
            if (step is not { Kind: ScheduleStepKind.Access, Page: { } page }) continue;
            long timeNs = (i + 1) * StepNs;
            ulong iova = ScheduledRun.IovaOf(page);
            yield return step.Write == true ? TraceEvent.Write(timeNs, ScheduledRun.Device, iova, 64) : TraceEvent.Read(timeNs, ScheduledRun.Device, iova, 64);
        }
    }
}
