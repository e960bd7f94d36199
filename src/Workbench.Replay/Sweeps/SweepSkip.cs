using System.Text.Json;

namespace Workbench.Replay.Sweeps;

/// <summary>A rule that leaves cells out: those in which every named property has the value, or one of the values, that the rule gives.</summary>
internal sealed class SweepSkip
{
    private readonly JsonElement rule;

    private SweepSkip(JsonElement rule) => this.rule = rule;

    /// <summary>Has it left out a cell?</summary>
    public bool HasMatched { get; private set; }

    public static List<SweepSkip> Read(JsonElement rules, HashSet<string> properties, List<string> problems)
    {
        if (rules.ValueKind != JsonValueKind.Array || rules.EnumerateArray().Any(r => r.ValueKind != JsonValueKind.Object || !r.EnumerateObject().Any()))
        {
            problems.Add("skip is an array of objects: properties of the experiment (or trace) with the values that a cell left out has.");
            return [];
        }
        foreach (string unknown in rules.EnumerateArray().SelectMany(r => r.EnumerateObject()).Select(m => m.Name).Where(n => n != "trace" && !properties.Contains(n)).Distinct())
            problems.Add($"skip: an experiment has no property '{unknown}'.");
        return [.. rules.EnumerateArray().Select(r => new SweepSkip(r))];
    }

    /// <summary>Is the cell left out?</summary>
    public bool Matches(SweepTrace trace, Experiment experiment)
    {
        foreach (JsonProperty member in rule.EnumerateObject())
        {
            bool has(JsonElement value) => member.Name == "trace" ? value.ValueKind == JsonValueKind.String && value.ValueEquals(trace.Name) : Has(experiment, member.Name, value);
            if (!(member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray().Any(has) : has(member.Value))) return false;
        }
        return HasMatched = true;
    }

    /// <summary>Does a property have this value? Both in the form in which experiments are written.</summary>
    private static bool Has(Experiment experiment, string property, JsonElement value)
    {
        JsonElement all = JsonSerializer.SerializeToElement(experiment, ReplayJson.Default.Experiment);
        return all.TryGetProperty(property, out JsonElement actual) ? JsonElement.DeepEquals(actual, value) : value.ValueKind == JsonValueKind.Null;
    }

    public override string ToString() => rule.GetRawText();
}
