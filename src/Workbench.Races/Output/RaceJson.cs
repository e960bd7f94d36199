using System.Text.Json;
using System.Text.Json.Serialization;
using Workbench.Races.Search;

namespace Workbench.Races.Output;

/// <summary>Verdicts as JSON: camelCase names, kebab-case words.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(RaceRow[]))]
public sealed partial class RaceJson : JsonSerializerContext
{
    /// <summary>The verdicts of a table in its order.</summary>
    public static string Of(RaceTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return JsonSerializer.Serialize([.. table.Verdicts.Select(RowOf)], Default.RaceRowArray);
    }

    /// <summary>One verdict.</summary>
    public static RaceRow RowOf(RaceVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return new()
        {
            Family = verdict.Protocol.Family, Protocol = verdict.Protocol.Name, Hardware = verdict.Hardware.Name,
            Verdict = verdict.Broken.Count > 0 ? Word(verdict.Worst) : verdict.IsExhausted ? "holds" : "open", RestsOnInference = RaceText.RestsOnInference(verdict),
            Pages = verdict.Bounds.Pages, InFlight = verdict.Bounds.InFlight, Rounds = verdict.Bounds.Rounds,
            States = verdict.States, Transitions = verdict.Transitions, Depth = verdict.Depth, IsExhausted = verdict.IsExhausted,
            Broken = [.. verdict.Broken.Select(b => new RaceRowBreak(Word(b.Property), [.. b.Steps.Select(s => new RaceRowStep(RaceText.NameOf(s.Actor), Word(s.Kind), s.Text, s.Line))]))],
            RestsOn = [.. verdict.RestsOn.Select(r => new RaceRowRule(Word(r.Subject), r.Text, r.Source, RaceText.NameOf(r.Standing)))],
        };
    }

    private static string Word<TWord>(TWord word)
        where TWord : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(word.ToString());
}
