using System.Globalization;
using Workbench.Display;
using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Output;

/// <summary>Verdicts and counterexamples as plain text of at most 80 columns.</summary>
public static class RaceText
{
    /// <summary>Longest line, in characters.</summary>
    public const int Width = PlainTable.Width;
    /// <summary>Stands for a protocol that is not meant for a vendor.</summary>
    public const string NotMeant = "–";
    /// <summary>Marks a verdict that rests on a rule that is only inferred.</summary>
    public const string InferredMark = "*";

    /// <summary>What the words of a table mean.</summary>
    public static string Legend { get; } =
        $"holds N: no interleaving breaks it, N states are all there are. LOST in N: N steps are enough to lose a page; faults, wrong (memory of someone else reached), conflict (in the TLB), leaks, repeats (one write reported "
        + $"too often), stuck likewise. open N: nothing broke in N states, but there are more. {NotMeant}: not meant for that hardware. {InferredMark}: rests on a rule of the hardware that is only inferred.";

    /// <summary>A verdict in at most 15 characters: "holds 3,406", "LOST in 15*".</summary>
    public static string Cell(RaceVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        string mark = RestsOnInference(verdict) ? InferredMark : "";
        if (verdict.Broken.Count > 0) return string.Create(CultureInfo.InvariantCulture, $"{Word(verdict.Worst)} in {verdict.Broken[0].Steps.Count}{mark}");
        return $"{(verdict.IsExhausted ? "holds" : "open")} {Short(verdict.States)}{mark}";
    }

    /// <summary>A verdict in a sentence.</summary>
    public static string Sentence(RaceVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        string searched = $"{Quantity.Count(verdict.States)} states, {Quantity.Count(verdict.Depth)} steps deep, {(verdict.IsExhausted ? "exhausted" : "not exhausted: raise --most-states, or explore fewer pages, accesses or rounds")}";
        string what = verdict.Broken.Count > 0 ? $"{Word(verdict.Worst)} in {Quantity.Count(verdict.Broken[0].Steps.Count, "step")}" : verdict.IsExhausted ? "holds" : "open, nothing broke so far";
        return $"{what} ({searched}).";
    }

    /// <summary>What a broken property means, in a sentence without its full stop.</summary>
    public static string Meaning(RaceProperty property) => property switch
    {
        RaceProperty.None => "every property holds",
        RaceProperty.LostPage => "a page differs from its copy, and nobody will ever be told",
        RaceProperty.WrongTranslation => "memory was reached that is someone else's by then",
        RaceProperty.TlbConflict => "the TLB met two entries for one address, where the architecture lets it raise a conflict",
        RaceProperty.SpuriousFault => "a legal access faulted",
        RaceProperty.Leak => "a table that nothing points to was never freed",
        RaceProperty.OverReport => "one write was reported in more than two rounds",
        RaceProperty.Stuck => "nothing can happen any more although a program has not ended",
        _ => throw new ArgumentOutOfRangeException(nameof(property), property, "There is no such property."),
    };

    /// <summary>An actor as tables name it.</summary>
    public static string NameOf(RaceActor actor) => actor switch
    {
        RaceActor.Software => "software",
        RaceActor.Device => "device",
        RaceActor.Iommu => "IOMMU",
        _ => throw new ArgumentOutOfRangeException(nameof(actor), actor, "There is no such actor."),
    };

    /// <summary>How well a rule is known, in a word.</summary>
    public static string NameOf(Standing standing) => standing switch
    {
        Standing.Read => "read",
        Standing.Quoted => "quoted",
        Standing.Inferred => "inferred",
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "There is no such standing."),
    };

    /// <summary>Does a verdict rest on a rule that is only inferred?</summary>
    public static bool RestsOnInference(RaceVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.RestsOn.Any(r => r.Standing == Standing.Inferred);
    }

    /// <summary>A table, by family: protocols down, hardware across.</summary>
    public static IEnumerable<string> Lines(RaceTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        bool isFirst = true;
        foreach (FamilyGrid family in FamilyGrid.Of(table))
        {
            if (!isFirst) yield return "";
            isFirst = false;
            foreach (string line in TextGrid.Lines(family.Name, [.. family.Hardware.Select(h => h.Name)], family.Rows.Select(r => (r.Protocol.Name, Cells(r.Verdicts))))) yield return line;
        }

        static string[] Cells(IReadOnlyList<RaceVerdict?> verdicts) => [.. verdicts.Select(v => v is null ? NotMeant : Cell(v))];
    }

    /// <summary>A verdict with the shortest way to break each property and the rules it rests on.</summary>
    public static IEnumerable<string> Lines(RaceVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        foreach (string line in PlainTable.Wrap($"{verdict.Protocol.Name} on {verdict.Hardware.Name} ({verdict.Hardware.About}): {Sentence(verdict)}", Width)) yield return line;
        foreach (Counterexample broken in verdict.Broken)
        {
            yield return "";
            foreach (string line in Lines(broken)) yield return line;
        }
        if (verdict.RestsOn.Count == 0) yield break;
        yield return "";
        yield return "It rests on:";
        foreach (HardwareRule rule in verdict.RestsOn)
            foreach (string line in Hanging("- ", $"{rule.Text} ({NameOf(rule.Standing)}: {rule.Source})")) yield return line;
    }

    /// <summary>A counterexample: its steps, numbered, each with who does it.</summary>
    public static IEnumerable<string> Lines(Counterexample counterexample)
    {
        ArgumentNullException.ThrowIfNull(counterexample);
        int digits = counterexample.Steps.Count.ToString(CultureInfo.InvariantCulture).Length;
        for (int i = 0; i < counterexample.Steps.Count; i++)
        {
            CounterexampleStep step = counterexample.Steps[i];
            string number = (i + 1).ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1);
            foreach (string line in Hanging($"{number}  {NameOf(step.Actor),-8}  ", step.Text)) yield return line;
        }
        foreach (string line in PlainTable.Wrap($"So {Meaning(counterexample.Property)}.", Width)) yield return line;
    }

    /// <summary>The verb of a broken property, as cells have it.</summary>
    internal static string Word(RaceProperty property) => property switch
    {
        RaceProperty.None => "holds",
        RaceProperty.LostPage => "LOST",
        RaceProperty.WrongTranslation => "wrong",
        RaceProperty.TlbConflict => "conflict",
        RaceProperty.SpuriousFault => "faults",
        RaceProperty.Leak => "leaks",
        RaceProperty.OverReport => "repeats",
        RaceProperty.Stuck => "stuck",
        _ => throw new ArgumentOutOfRangeException(nameof(property), property, "There is no such property."),
    };

    /// <summary>At most seven characters: 3,406, 999,999, 1.23 M, 2,147 M.</summary>
    internal static string Short(long count) => count < 1_000_000
        ? Quantity.Count(count)
        : (count / 1e6).ToString(count < 99_995_000 ? "0.00" : "#,0", CultureInfo.InvariantCulture) + " M";

    private static IEnumerable<string> Hanging(string lead, string text)
    {
        foreach (string line in PlainTable.Wrap(text, Width - lead.Length))
        {
            yield return lead + line;
            lead = new(' ', lead.Length);
        }
    }
}
