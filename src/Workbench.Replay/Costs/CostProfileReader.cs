using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Workbench.Traces;

namespace Workbench.Replay.Costs;

/// <summary>Reads a cost profile's JSON and refuses, by name, what is missing, unknown or out of order.</summary>
internal static partial class CostProfileReader
{
    private const double MostNs = 1e9;
    private const double MostOther = 1000;

    private static readonly ImmutableArray<string> Names = [.. Enum.GetNames<Cost>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    public static CostProfile Read(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        CostProfileFile? read;
        try
        {
            read = JsonSerializer.Deserialize(utf8, CostProfileJson.Default.CostProfileFile);
        }
        catch (JsonException e)
        {
            throw new TraceFormatException($"{file} line {e.LineNumber + 1}: no cost profile: {Sentence(e)} A profile has name, about and parameters; each parameter has low, default, high, unit, source and, if nobody published a figure, assumed.", e);
        }
        if (read is null) throw new TraceFormatException($"{file}: null is no cost profile; it needs name, about and parameters.");
        List<string> problems = [.. Problems(read)];
        if (problems.Count > 0) throw new TraceFormatException($"{file}: {string.Join(" ", problems)}");
        return new(read.Name, read.About, [.. Names.Select(n => ParameterOf(read.Parameters[n]))]);
    }

    private static CostParameter ParameterOf(CostParameterFile p) => new(new(p.Low, p.Default, p.High), p.Unit, p.Source, p.Assumed);

    private static IEnumerable<string> Problems(CostProfileFile file)
    {
        if (string.IsNullOrWhiteSpace(file.Name)) yield return "The name is empty; give the platform's, as the file is called.";
        if (string.IsNullOrWhiteSpace(file.About)) yield return "About is empty; say in a sentence what the profile stands for.";
        string[] missing = [.. Names.Where(n => !file.Parameters.ContainsKey(n))];
        if (missing.Length > 0) yield return $"Missing: {string.Join(", ", missing)}. Give each a range; if nobody knows it, a wide one with \"assumed\": true.";
        string[] unknown = [.. file.Parameters.Keys.Where(n => !Names.Contains(n)).Order(StringComparer.Ordinal)];
        if (unknown.Length > 0) yield return $"Unknown: {string.Join(", ", unknown)}. The parameters are {string.Join(", ", Names)}.";
        for (int i = 0; i < Names.Length; i++)
        {
            if (!file.Parameters.TryGetValue(Names[i], out CostParameterFile? p)) continue;
            foreach (string problem in Problems((Cost)i, p)) yield return $"{Names[i]}: {problem}";
        }
    }

    private static IEnumerable<string> Problems(Cost cost, CostParameterFile p)
    {
        string unit = CostProfile.UnitOf(cost);
        double most = unit == "ns" ? MostNs : MostOther;
        if (!CostRange.IsOrdered(p.Low, p.Default, p.High)) yield return string.Create(CultureInfo.InvariantCulture, $"low {p.Low}, default {p.Default}, high {p.High}; 0 <= low <= default <= high is needed.");
        else if (p.High > most) yield return string.Create(CultureInfo.InvariantCulture, $"high is {p.High}; at most {most} {unit}.");
        else if (cost == Cost.WalksInFlight && p.Low <= 0) yield return "low is 0; an IOMMU that has no walk in flight never ends one. Above 0.";
        if (p.Unit != unit) yield return $"the unit is '{p.Unit}'; it must be '{unit}'.";
        if (string.IsNullOrWhiteSpace(p.Source)) yield return "the source is empty; name it, or say what was assumed.";
    }

    // The serialiser's sentences name types of the library, which mean nothing to who wrote the file; those about syntax do not.
    private static string Sentence(JsonException e)
    {
        int place = e.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        string text = (place < 0 ? e.Message : e.Message[..place]).TrimEnd('.');
        string names = string.Join(", ", QuotedName().Matches(text).Select(m => m.Value));
        bool says(string part) => text.Contains(part, StringComparison.Ordinal);
        string plain = says("could not be mapped") ? $"unknown member {names}"
            : says("missing required") ? $"missing: {names}"
            : says("Duplicate property") ? $"Duplicate property {names}"
            : says("null values") ? $"null in place of {names}"
            : says("could not be converted") ? "a value of the wrong kind"
            : text;
        return $"{plain}{(e.Path is null ? "" : $" (at {e.Path})")}.";
    }

    // Names of types have a dot.
    [GeneratedRegex("'[^'.]+'")]
    private static partial Regex QuotedName();
}

/// <summary>A profile as its file has it.</summary>
internal sealed record CostProfileFile
{
    public required string Name { get; init; }
    public required string About { get; init; }
    public required Dictionary<string, CostParameterFile> Parameters { get; init; }
}

/// <summary>A parameter as a profile's file has it.</summary>
internal sealed record CostParameterFile
{
    public required double Low { get; init; }
    public required double Default { get; init; }
    public required double High { get; init; }
    public required string Unit { get; init; }
    public required string Source { get; init; }
    public bool Assumed { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CostProfileFile))]
internal sealed partial class CostProfileJson : JsonSerializerContext;
