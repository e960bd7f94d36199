using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbench.Replay.Costs;
using Workbench.Traces;

namespace Workbench.Replay.Sweeps;

/// <summary>Reads a sweep file and says all that is wrong with it.</summary>
internal sealed class SweepReader
{
    private const int MostCells = 100_000;
    private const int MostProblems = 20;

    // What is derived from other properties cannot be varied.
    private static readonly HashSet<string> Properties = [.. ReplayJson.Default.Experiment.Properties.Where(p => p.Set is not null).Select(p => p.Name)];

    private readonly string folder;
    private readonly List<string> problems = [];
    private readonly List<SweepTrace> traces = [];
    private readonly List<(string Property, JsonElement[] Values)> varied = [];
    private readonly List<SweepCell> cells = [];
    // Which value of each varied property a cell has.
    private readonly List<int[]> choices = [];
    private JsonElement common;

    private SweepReader(string folder) => this.folder = folder;

    public static SweepPlan Read(string path)
    {
        if (!File.Exists(path)) throw new TraceFormatException($"{path}: there is no such file. A sweep is a JSON file with traces and what is varied (docs/sweeps.md).");
        string name = Path.GetFileName(path);
        using JsonDocument document = Parse(File.ReadAllBytes(path), name);
        SweepReader reader = new(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");
        reader.Read(document.RootElement);
        if (reader.problems.Count == 0) return new(reader.folder, reader.traces, [.. reader.varied.Select(v => v.Property)], reader.cells);
        string[] all = [.. reader.problems.Distinct()];
        throw new TraceFormatException(all.Length == 1 ? $"{name}: {all[0]}"
            : $"{name} has {all.Length} problems:\n  {string.Join("\n  ", all.Take(MostProblems))}{(all.Length > MostProblems ? "\n  and more" : "")}");
    }

    private static JsonDocument Parse(byte[] utf8, string name)
    {
        try
        {
            return JsonDocument.Parse(utf8, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new TraceFormatException($"{name} line {e.LineNumber + 1}: no JSON ({e.Message})", e);
        }
    }

    private void Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            problems.Add("a sweep is an object with traces, common, vary and skip.");
            return;
        }
        HashSet<string> seen = [];
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (member.Name is not ("traces" or "common" or "vary" or "skip")) problems.Add($"unknown member '{member.Name}'; members are traces, common, vary, skip.");
            if (!seen.Add(member.Name)) problems.Add($"'{member.Name}' occurs twice.");
        }
        if (root.TryGetProperty("traces", out JsonElement named)) new SweepTraceReader(folder, problems).Read(named, traces);
        else problems.Add("traces are missing: an array of .dmat paths (with * and ?) and of workloads.");
        using JsonDocument nothing = JsonDocument.Parse("{}");
        common = root.TryGetProperty("common", out JsonElement given) ? given : nothing.RootElement.Clone();
        // The form of a manifest: the experiment is one of its members.
        if (common.ValueKind == JsonValueKind.Object && common.TryGetProperty("experiment", out JsonElement inManifest)) common = inManifest;
        if (TryRead(common.GetRawText(), "common", out _) && root.TryGetProperty("vary", out JsonElement vary)) ReadVaried(vary);
        if (problems.Count > 0) return;
        List<SweepSkip> skips = root.TryGetProperty("skip", out JsonElement rules) ? SweepSkip.Read(rules, Properties, problems) : [];
        Cross(skips);
        foreach (SweepSkip skip in skips.Where(s => !s.HasMatched)) problems.Add($"skip {skip} matches no cell; check its names and values.");
        if (problems.Count > 0) return;
        if (cells.Count == 0) problems.Add("skip leaves no cell.");
        CheckValues();
        CheckProfiles();
    }

    private bool TryRead(string json, string where, out Experiment experiment)
    {
        try
        {
            experiment = ReplayJson.ReadExperiment(Encoding.UTF8.GetBytes(json), where);
            return true;
        }
        catch (TraceFormatException e)
        {
            problems.Add(e.Message);
            experiment = new();
            return false;
        }
    }

    private void ReadVaried(JsonElement vary)
    {
        if (vary.ValueKind != JsonValueKind.Object)
        {
            problems.Add("vary is an object: a property of the experiment, and an array of its values.");
            return;
        }
        long product = Math.Max(1, traces.Count);
        foreach (JsonProperty member in vary.EnumerateObject())
        {
            if (!Properties.Contains(member.Name)) problems.Add($"vary: an experiment has no property '{member.Name}'. It has {string.Join(", ", Properties)}.");
            else if (varied.Any(v => v.Property == member.Name)) problems.Add($"vary: '{member.Name}' occurs twice.");
            else if (member.Value.ValueKind != JsonValueKind.Array || member.Value.GetArrayLength() == 0) problems.Add($"vary: '{member.Name}' needs an array with at least one value.");
            else
            {
                JsonElement[] values = [.. member.Value.EnumerateArray()];
                for (int i = 0; i < values.Length; i++)
                {
                    if (values.Take(i).Any(v => JsonElement.DeepEquals(v, values[i]))) problems.Add($"vary: '{member.Name}' has {values[i].GetRawText()} twice.");
                    TryRead(new JsonObject { [member.Name] = NodeOf(values[i]) }.ToJsonString(), $"vary: {member.Name} {values[i].GetRawText()}", out _);
                }
                varied.Add((member.Name, values));
                product = Math.Min(long.MaxValue / 1_000_000, product * values.Length);
            }
        }
        if (product > MostCells) problems.Add(string.Create(CultureInfo.InvariantCulture, $"it has more than {MostCells:n0} cells; cut it into several sweeps."));
    }

    private static JsonNode? NodeOf(JsonElement value) => JsonNode.Parse(value.GetRawText());

    /// <summary>All combinations, traces outermost and the last property innermost.</summary>
    private void Cross(List<SweepSkip> skips)
    {
        Dictionary<(SweepTrace, Experiment), string> seen = [];
        int[] at = new int[varied.Count];
        foreach (SweepTrace trace in traces)
        {
            Array.Clear(at);
            do
            {
                JsonObject json = NodeOf(common)?.AsObject() ?? [];
                for (int i = 0; i < at.Length; i++) json[varied[i].Property] = NodeOf(varied[i].Values[at[i]]);
                if (!TryRead(json.ToJsonString(), "cell", out Experiment experiment)) return;
                if (skips.FindAll(s => s.Matches(trace, experiment)).Count > 0) continue;
                string values = string.Join(", ", at.Select((v, i) => $"{varied[i].Property} {varied[i].Values[v].GetRawText()}"));
                if (!seen.TryAdd((trace, experiment), values)) problems.Add($"{trace.Name}: the cells ({seen[(trace, experiment)]}) and ({values}) are the same.");
                string lack = string.Join(" ", experiment.Validate());
                choices.Add([.. at]);
                cells.Add(new(cells.Count + 1, trace, experiment, lack.Length > 0 ? lack : null));
            }
            while (Advance(at));
        }
    }

    private bool Advance(int[] at)
    {
        for (int i = at.Length - 1; i >= 0; i--)
        {
            if (++at[i] < varied[i].Values.Length) return true;
            at[i] = 0;
        }
        return false;
    }

    /// <summary>What no cell can do is a mistake of the sweep, not the limit of a model: all cells lack it, or all with one value of a property.</summary>
    private void CheckValues()
    {
        foreach (string lack in LacksOfAll(cells)) problems.Add($"no cell can be replayed: {lack}");
        if (problems.Count > 0) return;
        for (int i = 0; i < varied.Count; i++)
            foreach (IGrouping<int, SweepCell> having in cells.GroupBy(c => choices[c.Number - 1][i]))
                foreach (string lack in LacksOfAll([.. having])) problems.Add($"vary: no cell with {varied[i].Property} {varied[i].Values[having.Key].GetRawText()} can be replayed: {lack}");
    }

    private static IEnumerable<string> LacksOfAll(List<SweepCell> some) =>
        some.Count == 0 || some.Any(c => c.Lack is null) ? [] : some.Select(c => (IEnumerable<string>)c.Experiment.Validate()).Aggregate((all, next) => all.Intersect(next));

    private void CheckProfiles()
    {
        foreach (string profile in cells.Select(c => c.Experiment.CostProfile).Distinct())
        {
            try
            {
                CostProfiles.Find(SweepPlan.PathOf(folder, profile));
            }
            catch (Exception e) when (e is TraceFormatException or ArgumentException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"costProfile '{profile}': {e.Message}");
            }
        }
    }
}
