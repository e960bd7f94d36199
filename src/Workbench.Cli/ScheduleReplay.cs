using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using Workbench.Races.Hardware;
using Workbench.Races.Output;
using Workbench.Races.Protocols;
using Workbench.Races.Reproduction;
using Workbench.Races.Search;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli;

/// <summary>workbench replay TRACE --schedule FILE: one interleaving, step by step.</summary>
internal static class ScheduleReplay
{
    private const int Width = 80;

    /// <summary>Refuses options that mean nothing here; <paramref name="allowed"/> do.</summary>
    public static void CheckOptions(ParseResult parsed, params ReadOnlySpan<Option> allowed)
    {
        foreach (OptionResult given in parsed.CommandResult.Children.OfType<OptionResult>())
            if (!given.Implicit && !allowed.Contains(given.Option)) throw new ArgumentException($"{given.Option.Name} means nothing with --schedule, which says all that happens; leave it out.");
    }

    public static int Run(string trace, string file, string? iommu)
    {
        RaceSchedule schedule = RaceSchedule.Read(File.ReadAllText(file), file);
        HardwareRules hardware = schedule.FindHardware();
        if (iommu is not null && iommu != hardware.Model) throw new ArgumentException($"--iommu {iommu}: {file} was made for {hardware.Name}, which is model '{hardware.Model}'; leave --iommu out.");
        CheckTrace(trace, file, schedule);
        PlayedSchedule played = ScheduledRun.Play(schedule);
        Print(Console.Out, Path.GetFileName(trace), schedule.ReadProtocol(), hardware, played);
        if (played.Broken == schedule.Breaks) return CommandLine.Done;
        Console.Error.WriteLine($"workbench: {file} was to end so: {RaceText.Meaning(schedule.Breaks)}. It ended so: {RaceText.Meaning(played.Broken)}.");
        return CommandLine.CheckFailed;
    }

    private static void CheckTrace(string trace, string file, RaceSchedule schedule)
    {
        if (schedule.Trace is not { } named) throw new ArgumentException($"{file} names no trace; a schedule of 'workbench races --export' does.");
        string hash;
        using (FileStream bytes = File.OpenRead(trace)) hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (hash != named.Sha256) throw new ArgumentException($"{file} belongs to another trace: to {named.File} of SHA-256 {Short(named.Sha256)}, and {trace} has {Short(hash)}. Export both again, or name the trace that belongs to it.");
        using DmatReader reader = DmatFile.Open(trace);
        TraceEvent[] events = new TraceEvent[checked((int)reader.EventCount)];
        TraceEvent[] accesses = [.. events.AsSpan(0, reader.Read(events)).ToArray().Where(e => e.IsAccess)];
        ScheduleStep[] steps = [.. schedule.Steps.Where(s => s.Kind == ScheduleStepKind.Access)];
        if (accesses.Length != steps.Length) throw new ArgumentException($"{file} has {steps.Length} accesses, and {trace} has {accesses.Length}; export both again.");
        for (int i = 0; i < steps.Length; i++)
            if (steps[i].Page is not { } page || accesses[i].Iova != ScheduledRun.IovaOf(page) || (accesses[i].Kind == EventKind.Write) != (steps[i].Write == true))
                throw new ArgumentException($"{file}: access {steps[i].Access} is not what {trace} has there (a {(accesses[i].Kind == EventKind.Write ? "write" : "read")} at 0x{accesses[i].Iova:x}); export both again.");
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] + "…" : hash;

    private static void Print(TextWriter to, string trace, RaceProtocol protocol, HardwareRules hardware, PlayedSchedule played)
    {
        foreach (string line in ReplayTable.Wrap($"{trace}: {protocol.Name} on {hardware.About}. {protocol.Title}.", Width)) to.WriteLine(line);
        to.WriteLine();
        for (int i = 0; i < played.Steps.Count; i++)
        {
            PlayedStep step = played.Steps[i];
            string head = string.Create(CultureInfo.InvariantCulture, $"{i + 1,4}  {RaceText.NameOf(step.Actor),-8}  ");
            foreach (string line in ReplayTable.Wrap(step.Text, Width - head.Length))
            {
                to.WriteLine(head + line);
                head = new(' ', head.Length);
            }
            foreach (EntryChange change in step.Changes) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"",16}{change.Entry,-7}  0x{change.Before:x16} -> 0x{change.After:x16}"));
        }
        to.WriteLine();
        string pages = string.Join(", ", played.LostPages);
        string end = played.Broken switch
        {
            RaceProperty.None => "Every property held.",
            RaceProperty.LostPage when played.LostPages.Count > 0 => $"Lost: page{(played.LostPages.Count == 1 ? "" : "s")} {pages} differ{(played.LostPages.Count == 1 ? "s" : "")} from the copy, and nothing will tell.",
            _ => $"Broken: {RaceText.Meaning(played.Broken)}.",
        };
        foreach (string line in ReplayTable.Wrap(end, Width)) to.WriteLine(line);
    }
}
