using Workbench.Analysis;
using Workbench.Replay.Sweeps;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>What lies where a sweep's table is to go: a table that took days must not be replaced by the slip of a name.</summary>
internal static class SweepOutput
{
    /// <summary>Is the finished table of this sweep and share there? Any other file is refused.</summary>
    public static bool IsComplete(string path, SweepManifest expected)
    {
        if (!File.Exists(path)) return false;
        SweepManifest found;
        try
        {
            found = SweepTable.ReadManifest(path);
        }
        catch (Exception e) when (e is TraceFormatException or NotSupportedException)
        {
            throw Refusal(path, "no table of a sweep", e);
        }
        if (found.SweepSha256 != expected.SweepSha256) throw Refusal(path, "the table of another sweep: its file, a trace or a cost profile is another");
        if (found.Shard != expected.Shard) throw Refusal(path, $"{NameOf(found.Shard)} of this sweep, and this is {NameOf(expected.Shard)}");
        return found.ToJson() == expected.ToJson() ? true : throw Refusal(path, "the table of this sweep by another build of the program, whose figures may differ");
    }

    /// <summary>Refuses to merge into one of the tables that are merged, and into any file but an earlier merge of the same sweep.</summary>
    public static void CheckMerge(string path, IReadOnlyList<string> tables)
    {
        if (tables.FirstOrDefault(t => OutputFolder.IsSame(t, path)) is { } input) throw new ArgumentException($"--out {path} is {input}, one of the tables to merge; choose another --out.");
        IsComplete(path, SweepTable.ReadManifest(tables[0]) with { Shard = null });
    }

    private static string NameOf(string? shard) => shard is null ? "the whole" : $"shard {shard}";

    private static ArgumentException Refusal(string path, string what, Exception? why = null) => new($"--out {path} is there already and is {what}. It is not replaced: choose another --out, or remove it.", why);
}
