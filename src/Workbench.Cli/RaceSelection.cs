using System.CommandLine;
using System.Globalization;
using Workbench.Races;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Cli;

/// <summary>Which protocols are searched, on which hardware, how far.</summary>
internal static class RaceSelection
{
    private const string Extension = ".race";
    private static readonly RaceOptions Usual = new();
    private static readonly Option<string?> Vendors = new("--vendor") { Description = $"hardware, separated by commas: {HardwareCatalogue.Names} [default: what each protocol is meant for]", HelpName = "names" };
    private static readonly Option<string?> Names = new("--protocol") { Description = "protocols, separated by commas: names of --list, or files of your own (FILE.race) [default: all]", HelpName = "names" };
    private static readonly Option<string?> Families = new("--family") { Description = "families of --list, separated by commas [default: all]", HelpName = "names" };
    private static readonly Option<int> Pages = Count("--pages", $"pages that devices write, 1 to {RaceBounds.MostPages}; a protocol that needs more has more", Usual.Bounds.Pages);
    private static readonly Option<int> InFlight = Count("--in-flight", $"accesses under way at once, 1 to {RaceBounds.MostInFlight}", Usual.Bounds.InFlight);
    private static readonly Option<int> Rounds = Count("--rounds", $"rounds of what a protocol repeats, 1 to {RaceBounds.MostRounds}", Usual.Bounds.Rounds);
    private static readonly Option<int> MostStates = Count("--most-states", "states after which a search ends without having seen all", Usual.MostStates);
    private static readonly Option<bool> NoReduction = new("--no-reduction") { Description = "try every order of steps, and evictions at every moment: same verdicts, more states" };

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Vendors, Names, Families, Pages, InFlight, Rounds, NoReduction, MostStates]) command.Add(option);
    }

    /// <summary>The protocols asked for, in the catalogue's order, files of the user's own last.</summary>
    public static IReadOnlyList<RaceProtocol> Protocols(ParseResult parsed)
    {
        string[]? families = ListOf(parsed.GetValue(Families)), names = ListOf(parsed.GetValue(Names));
        foreach (string family in families ?? [])
            if (!RaceCatalogue.Families.Contains(family)) throw new ArgumentException($"There is no family '{family}' of protocols; there is: {string.Join(", ", RaceCatalogue.Families)}.");
        RaceProtocol[] own = [.. (names ?? []).Where(IsFile).Select(Read)];
        HashSet<string> asked = [.. (names ?? []).Where(n => !IsFile(n)).Select(n => Shipped(n).Name)];
        RaceProtocol[] protocols = [.. RaceCatalogue.Protocols.Where(p => names is null || asked.Contains(p.Name)), .. own];
        if (protocols.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ArgumentException($"Two protocols are called '{twice.Key}'; give yours another name in its 'protocol' line.");
        RaceProtocol[] chosen = [.. protocols.Where(p => families is null || families.Contains(p.Family))];
        return chosen.Length > 0 ? chosen : throw new ArgumentException($"None of the protocols asked for is of family {string.Join(", ", families ?? [])}.");
    }

    /// <summary>A protocol that comes with the workbench.</summary>
    public static RaceProtocol Shipped(string name) =>
        RaceCatalogue.Find(name) ?? throw new ArgumentException($"There is no protocol '{name}'; 'workbench races --list' shows those there are{Alike(name)}. A file of your own ends in {Extension}.");

    /// <summary>The hardware asked for; what is named is a column for every protocol that does not name others.</summary>
    public static IReadOnlyList<HardwareRules> Hardware(ParseResult parsed)
    {
        if (ListOf(parsed.GetValue(Vendors)) is not { } names) return HardwareCatalogue.All;
        HashSet<string> asked = [.. names.Select(n => Known(n, Vendors.Name).Name)];
        return [.. HardwareCatalogue.All.Where(h => asked.Contains(h.Name)).Select(h => h with { IsShownByDefault = true })];
    }

    public static RaceOptions Options(ParseResult parsed) => Usual with
    {
        Bounds = new(Value(parsed, Pages, RaceBounds.MostPages), Value(parsed, InFlight, RaceBounds.MostInFlight), Value(parsed, Rounds, RaceBounds.MostRounds)),
        MostStates = Value(parsed, MostStates, RaceOptions.MostStatesOfAll),
        IsReduced = !parsed.GetValue(NoReduction),
    };

    private static HardwareRules Known(string vendor, string where) =>
        HardwareCatalogue.Find(vendor) ?? throw new ArgumentException($"{where}: there is no hardware '{vendor}'; there is: {HardwareCatalogue.Names}.");

    private static string Alike(string name)
    {
        string[] alike = [.. RaceCatalogue.Protocols.Where(p => name.Split('-').Any(part => part.Length > 2 && p.Name.Contains(part, StringComparison.OrdinalIgnoreCase))).Select(p => p.Name).Take(5)];
        return alike.Length == 0 ? "" : $", such as {string.Join(", ", alike)}";
    }

    private static bool IsFile(string name) => name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    private static RaceProtocol Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > 1 << 20 } file) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{path} has {file.Length:n0} bytes; a protocol has a few lines."));
        return RaceProtocol.Parse(File.ReadAllText(path), Path.GetFileNameWithoutExtension(path));
    }

    private static int Value(ParseResult parsed, Option<int> option, int most)
    {
        int value = parsed.GetValue(option);
        return value >= 1 && value <= most ? value : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {value}: 1 to {most:n0} can be explored."));
    }

    private static Option<int> Count(string name, string description, int usual) => new(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "n" };

    private static string[]? ListOf(string? text)
    {
        if (text is null) return null;
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return items.Length > 0 ? items : throw new ArgumentException("An empty list selects nothing; leave the option out for the default.");
    }
}
