using Workbench.Races.Model;

namespace Workbench.Races.Protocols;

/// <summary>
/// What software does, step by step, as data: a text of one statement for each atomic step (docs/races.md has the language). Programs are made of it for the
/// bounds of a search.
/// </summary>
public sealed record RaceProtocol
{
    /// <summary>Short name, e.g. flush-after.</summary>
    public required string Name { get; init; }
    /// <summary>One line for people.</summary>
    public required string Title { get; init; }
    /// <summary>The family it is compared in, e.g. read-and-clear.</summary>
    public required string Family { get; init; }
    /// <summary>Why anyone would do so, with sources; may be empty.</summary>
    public string About { get; init; } = "";
    /// <summary>Names of the hardware it is for; empty: all.</summary>
    public IReadOnlyList<string> Vendors { get; init; } = [];
    /// <summary>What is mapped at the start.</summary>
    public Scene Scene { get; init; }
    /// <summary>Pages that have to be explored, if it needs more than the search's bound; 0: none.</summary>
    public int LeastPages { get; init; }
    /// <summary>Does the device translate by itself (ATS)?</summary>
    public bool HasAts { get; init; }
    /// <summary>Is tracking off at the start?</summary>
    public bool StartsUntracked { get; init; }
    /// <summary>Does it end without a last copy (a migration that is given up)? Then no page can be lost.</summary>
    public bool IsCancelled { get; init; }
    /// <summary>Does it mean to report pages again (reading without clearing)? Then repeated reports are no fault of it.</summary>
    public bool RepeatsReports { get; init; }
    /// <summary>Steps that have no effect here, by line: "vendor vendor: reason" or "reason".</summary>
    public IReadOnlyDictionary<int, string> Redundant { get; init; } = new Dictionary<int, string>();
    /// <summary>The programs' lines, with numbers from 1 for the first line of the text.</summary>
    public required IReadOnlyList<ProtocolLine> Lines { get; init; }

    /// <summary>Why a step may be left out on a vendor's hardware, or null: a reason may begin with the vendors it is for.</summary>
    public string? ReasonToLeaveOut(int line, string hardware)
    {
        if (!Redundant.TryGetValue(line, out string? reason)) return null;
        int colon = reason.IndexOf(':', StringComparison.Ordinal);
        string[] named = colon < 0 ? [] : reason[..colon].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (named.Length == 0 || !named.All(n => Workbench.Races.Hardware.HardwareCatalogue.Find(n) is not null)) return reason;
        return named.Contains(hardware) ? reason[(colon + 1)..].Trim() : null;
    }

    /// <summary>Was a step left out? A register that it would have filled then holds no entry.</summary>
    internal bool LacksStep { get; init; }

    /// <summary>Lines that are steps, each once.</summary>
    public IReadOnlyList<ProtocolLine> Steps => [.. Lines.Where(l => ProgramCompiler.IsStep(l.Words))];

    /// <summary>The protocol without one of its steps.</summary>
    public RaceProtocol WithoutLine(int line) => this with { Lines = [.. Lines.Where(l => l.Number != line)], LacksStep = true };

    /// <summary>Reads one from its text; throws <see cref="RaceFormatException"/>.</summary>
    public static RaceProtocol Parse(string text, string name = "") => ProtocolReader.Read(text, name);
}
