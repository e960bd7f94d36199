using System.Text.Json;
using System.Text.Json.Serialization;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>One interleaving of programs, devices and IOMMU, step by step, as the engine of replays can play it.</summary>
public sealed record RaceSchedule
{
    /// <summary>The version of what is written, 1.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The version of the file.</summary>
    public required int Version { get; init; }
    /// <summary>The hardware: a name of <see cref="HardwareCatalogue"/>.</summary>
    public required string Hardware { get; init; }
    /// <summary>What it ends in.</summary>
    public required RaceProperty Breaks { get; init; }
    /// <summary>What the programs are unrolled for.</summary>
    public required ScheduleBounds Bounds { get; init; }
    /// <summary>The trace of its accesses, if there is one.</summary>
    public ScheduleTrace? Trace { get; init; }
    /// <summary>The protocol, line by line.</summary>
    public required IReadOnlyList<string> Protocol { get; init; }
    /// <summary>What happens, in order.</summary>
    public required IReadOnlyList<ScheduleStep> Steps { get; init; }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false, NumberHandling = JsonNumberHandling.Strict, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The programs, read.</summary>
    public RaceProtocol ReadProtocol() => RaceProtocol.Parse(string.Join('\n', Protocol), "schedule");

    /// <summary>The hardware, found; throws <see cref="ArgumentException"/> if there is none of the name.</summary>
    public HardwareRules FindHardware() => HardwareCatalogue.Find(Hardware) ?? throw new ArgumentException($"A schedule for the hardware '{Hardware}'; there is: {HardwareCatalogue.Names}.");

    /// <summary>The file's text: one step a line.</summary>
    public string ToJson()
    {
        string head = JsonSerializer.Serialize(this with { Protocol = [], Steps = [] }, Json)[..^1].Replace(",\"protocol\":[],\"steps\":[]", "", StringComparison.Ordinal);
        return $"{head},\n\"protocol\":{Lines(Protocol)},\n\"steps\":{Lines(Steps)}}}\n";
    }

    private static string Lines<T>(IReadOnlyList<T> items) => "[\n" + string.Join(",\n", items.Select(i => "  " + JsonSerializer.Serialize(i, Json))) + "\n]";

    /// <summary>Reads a file's text; <see cref="ArgumentException"/> names file, line and what is wrong.</summary>
    public static RaceSchedule Read(string json, string name)
    {
        RaceSchedule schedule;
        try
        {
            schedule = JsonSerializer.Deserialize<RaceSchedule>(json, Json) ?? throw new ArgumentException($"{name}: null is no schedule.");
        }
        catch (JsonException e)
        {
            string members = e.Message.Contains("could not be mapped", StringComparison.Ordinal)
                ? " Members are version, hardware, breaks, bounds (pages, rounds), trace (file, sha256), protocol, steps; of a step kind, program, command, access, page, write, small." : "";
            throw new ArgumentException($"{name} line {e.LineNumber + 1}: no schedule: {CutPath(e.Message)}{members}", e);
        }
        if (schedule.Version != CurrentVersion) throw new ArgumentException($"{name}: version {schedule.Version} of schedules; this program reads {CurrentVersion}.");
        if (schedule.Bounds.Pages is < 1 or > RaceBounds.MostPages || schedule.Bounds.Rounds is < 0 or > RaceBounds.MostRounds)
            throw new ArgumentException($"{name}: {schedule.Bounds.Pages} pages and {schedule.Bounds.Rounds} rounds; 1 to {RaceBounds.MostPages} and 0 to {RaceBounds.MostRounds} can be played.");
        if (HardwareCatalogue.Find(schedule.Hardware) is null) throw new ArgumentException($"{name}: hardware '{schedule.Hardware}'; there is: {HardwareCatalogue.Names}.");
        return schedule;
    }

    private static string CutPath(string message)
    {
        int path = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return path < 0 ? message : message[..path];
    }
}
