using System.Text.Json;
using Workbench.Traces.Synthetic;

namespace Workbench.Replay.Sweeps;

/// <summary>Reads the traces of a sweep file: paths with * and ?, and workloads.</summary>
internal sealed class SweepTraceReader(string folder, List<string> problems)
{
    private readonly HashSet<string> seen = [];

    public void Read(JsonElement named, List<SweepTrace> traces)
    {
        if (named.ValueKind != JsonValueKind.Array || named.GetArrayLength() == 0)
        {
            problems.Add("traces is an array of .dmat paths (with * and ?) and of workloads, with at least one.");
            return;
        }
        foreach (JsonElement item in named.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String) traces.AddRange(Files(item.GetString() ?? "").Where(path => IsNew(path, Path.GetFileName(path))).Select(SweepTrace.OfFile));
            else if (item.ValueKind == JsonValueKind.Object && Workload(item) is { } workload && IsNew(workload.Name, workload.Name)) traces.Add(workload);
            else if (item.ValueKind != JsonValueKind.Object) problems.Add($"traces: {item.GetRawText()} is neither a path nor a workload.");
        }
    }

    private bool IsNew(string key, string name)
    {
        if (seen.Add(key)) return true;
        problems.Add($"traces: {name} is named twice, so its cells would be in the sweep twice.");
        return false;
    }

    private List<string> Files(string pattern)
    {
        string[] parts = pattern.Split('/', Path.DirectorySeparatorChar);
        List<string> found = [Path.IsPathRooted(pattern) ? Path.GetPathRoot(pattern) ?? "" : folder];
        for (int i = Path.IsPathRooted(pattern) ? 1 : 0; i < parts.Length; i++)
        {
            bool isLast = i == parts.Length - 1;
            found = [.. found.SelectMany(at => Below(at, parts[i], isLast))];
        }
        if (found.Count == 0) problems.Add($"traces: there is no file {pattern} (seen from the sweep file). Make a trace with 'workbench trace import' or 'trace generate'.");
        return found;
    }

    private static IEnumerable<string> Below(string at, string part, bool isLast)
    {
        if (!Directory.Exists(at)) return [];
        if (part is "" or "." or ".." || !part.AsSpan().ContainsAny('*', '?'))
        {
            string path = Path.GetFullPath(Path.Combine(at, part));
            return (isLast ? File.Exists(path) : Directory.Exists(path)) ? [path] : [];
        }
        return (isLast ? Directory.EnumerateFiles(at, part) : Directory.EnumerateDirectories(at, part)).Select(Path.GetFullPath).Order(StringComparer.Ordinal);
    }

    private SweepTrace? Workload(JsonElement item)
    {
        int before = problems.Count;
        foreach (JsonProperty member in item.EnumerateObject().Where(m => m.Name is not ("workload" or "events" or "seed" or "nsPerEvent")))
            problems.Add($"traces: a workload has no member '{member.Name}'; members are workload, events, seed, nsPerEvent.");
        string? name = item.TryGetProperty("workload", out JsonElement named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        SweepTrace? trace = null;
        if (SyntheticWorkload.All.FirstOrDefault(w => w.Name == name) is not { } workload)
            problems.Add($"traces: {item.GetRawText()} names no workload; there is: {string.Join(", ", SyntheticWorkload.All.Select(w => w.Name))}.");
        else trace = SweepTrace.OfWorkload(workload, Number("events", null, 1, long.MaxValue / 2), (ulong)Number("seed", 1, 0, long.MaxValue), Number("nsPerEvent", 100, 0, 1_000_000_000));
        return problems.Count == before ? trace : null;

        long Number(string member, long? fallback, long least, long most)
        {
            if (!item.TryGetProperty(member, out JsonElement value) && fallback is { } usual) return usual;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= least && number <= most) return number;
            problems.Add($"traces: workload {name} needs {member}, a whole number from {least} to {most}.");
            return least;
        }
    }
}
