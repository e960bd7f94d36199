using System.CommandLine;
using System.Globalization;
using Workbench.Replay;
using Workbench.Replay.Checkpoints;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>Where a replay stops, what it leaves to go on from, and from what it goes on (docs/checkpoints.md).</summary>
internal sealed record CheckpointOptions
{
    private const string UsualInterval = "60s";
    private const long ShortestIntervalNs = 1_000_000;

    private static readonly Option<string?> FileOption = new("--checkpoint") { Description = "file that keeps the state of the replay: written now and then, when interrupted and where it stops; --resume goes on from it" };
    private static readonly Option<string?> EveryOption = new("--checkpoint-every") { Description = $"how often it is written, a time on the wall clock [default: {UsualInterval}]" };
    private static readonly Option<long?> StopAtEventOption = new("--stop-at-event") { Description = "stop after so many events of the trace and write the checkpoint" };
    private static readonly Option<string?> StopAtOption = new("--stop-at") { Description = "stop at this time since the trace's first event (2.5s) and write the checkpoint" };
    private static readonly Option<string?> ResumeOption = new("--resume") { Description = "go on from a checkpoint; options given beside it change what only tracking decides, if tracking had not begun" };

    public string? File { get; private init; }
    public TimeSpan Every { get; private init; }
    public long StopAtEvent { get; private init; } = long.MaxValue;
    /// <summary>Since the trace's first event, ns.</summary>
    public long? StopAtNs { get; private init; }
    public string? Resume { get; private init; }

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[FileOption, EveryOption, StopAtEventOption, StopAtOption, ResumeOption]) command.Add(option);
    }

    public static CheckpointOptions Read(ParseResult parsed, string tracePath)
    {
        string? file = parsed.GetValue(FileOption), at = parsed.GetValue(StopAtOption), every = parsed.GetValue(EveryOption);
        long? atEvent = parsed.GetValue(StopAtEventOption);
        if (file is null && (at ?? every) is not null | atEvent is not null)
            throw new ArgumentException($"{(every is not null ? EveryOption.Name : at is not null ? StopAtOption.Name : StopAtEventOption.Name)} goes with --checkpoint FILE: without it nothing is left to go on from.");
        if (file is not null) RefuseForeign(file, tracePath);
        if (atEvent < 0) throw new ArgumentException($"--stop-at-event {atEvent}: a number of events from 0 up.");
        long atNs = 0;
        if (at is not null && (!Duration.TryParse(at, out atNs) || atNs < 0)) throw new ArgumentException($"--stop-at {at} is no time; write a number with ns, us, ms or s (2.5s), counted from the trace's first event.");
        if (!Duration.TryParse(every ?? UsualInterval, out long everyNs) || everyNs < ShortestIntervalNs)
            throw new ArgumentException($"--checkpoint-every {every} is no time between checkpoints; write a number with ms or s, 1ms or more (60s).");
        string? resume = parsed.GetValue(ResumeOption);
        if (resume is not null && !System.IO.File.Exists(resume)) throw new ArgumentException($"{resume}: there is no such checkpoint. --checkpoint FILE writes one.");
        return new() { File = file, Every = TimeSpan.FromTicks(everyNs / TimeSpan.NanosecondsPerTick), StopAtEvent = atEvent ?? long.MaxValue, StopAtNs = at is null ? null : atNs, Resume = resume };
    }

    /// <summary>The checkpoint to go on from, of the trace whose sha256 is this.</summary>
    public Checkpoint? Load(string tracePath, string traceSha256)
    {
        if (Resume is null) return null;
        Checkpoint checkpoint = Checkpoint.Load(Resume);
        if (checkpoint.Info.TraceSha256.Length > 0 && checkpoint.Info.TraceSha256 != traceSha256)
            throw new ArgumentException($"{Path.GetFileName(Resume)} is of '{checkpoint.Info.Trace}' with sha256 {checkpoint.Info.TraceSha256[..12]}…; {Path.GetFileName(tracePath)} has {traceSha256[..12]}…. Resume with the trace it was made from.");
        return checkpoint;
    }

    /// <summary>Replays up to the end, or to where it is to stop: then the checkpoint is written and nothing is returned.</summary>
    public ReplayResult? Play(Replayer replayer, DmatReader reader, string tracePath, string traceSha256, Action<long> progress, CancellationToken cancellation)
    {
        if (File is null)
        {
            replayer.Play(progress: progress);
            return replayer.Finish();
        }
        // So small that Ctrl-C is answered in time, so large that nobody notices.
        const long PieceEvents = 1 << 15;
        long stopsAtNs = StopAtNs is { } ns ? reader.FirstTimeNs + Math.Min(ns, long.MaxValue / 2) : long.MaxValue;
        long saved = System.Diagnostics.Stopwatch.GetTimestamp();
        long? savedAt = null;
        while (true)
        {
            long goal = Math.Min(StopAtEvent, replayer.Position + PieceEvents);
            if (!replayer.Play(goal, stopsAtNs, progress))
            {
                if (StopAtEvent != long.MaxValue || StopAtNs is not null) SayNotReached(replayer.Position, savedAt);
                return replayer.Finish();
            }
            bool stops = replayer.Position < goal || replayer.Position >= StopAtEvent;
            bool isDue = System.Diagnostics.Stopwatch.GetElapsedTime(saved) >= Every;
            if (!stops && !isDue && !cancellation.IsCancellationRequested) continue;
            Checkpoint.Of(replayer).Save(File, Path.GetFileName(tracePath), traceSha256, ToolVersion.Text);
            (saved, savedAt) = (System.Diagnostics.Stopwatch.GetTimestamp(), replayer.Position);
            string goOn = string.Create(CultureInfo.InvariantCulture, $"after {replayer.Position:n0} events; the state is in {File}. Go on with: workbench replay {tracePath} --resume {File}");
            if (cancellation.IsCancellationRequested) throw new InterruptedException("interrupted " + goOn);
            if (!stops) continue;
            Console.Error.WriteLine("workbench: stopped " + goOn);
            return null;
        }
    }

    private void SayNotReached(long events, long? savedAt)
    {
        string left = savedAt is { } at ? string.Create(CultureInfo.InvariantCulture, $"what is in {File} was written on the way, after {at:n0} events") : "no checkpoint was left";
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"workbench: {(StopAtNs is null ? StopAtEventOption.Name : StopAtOption.Name)} was not reached, the replay ended after {events:n0} events; {left}"));
    }

    /// <summary>A checkpoint replaces a checkpoint and nothing else: a slip of the hand must not cost a recording.</summary>
    private static void RefuseForeign(string file, string tracePath)
    {
        if (Directory.Exists(file)) throw new ArgumentException($"--checkpoint {file} is a folder; name a file.");
        if (!System.IO.File.Exists(file)) return;
        if (OutputFolder.IsSame(file, tracePath)) throw new ArgumentException($"--checkpoint {file} is the trace itself; name another file.");
        if (!Checkpoint.IsAt(file)) throw new ArgumentException($"--checkpoint {file}: the file is there and is no checkpoint, so it is not replaced. Name another file, or remove it.");
    }
}
