using Workbench.Races.Model;

namespace Workbench.Races.Protocols;

/// <summary>Reads a protocol's text: the head, then the programs' lines, which are compiled once to find mistakes.</summary>
internal static class ProtocolReader
{
    private const string RedundantMark = "-- redundant";

    public static RaceProtocol Read(string text, string name)
    {
        RaceProtocol protocol = new() { Name = name, Title = "", Family = "own", Lines = [] };
        List<ProtocolLine> lines = [];
        Dictionary<int, string> redundant = [];
        List<string> about = [];
        bool inHead = true;
        int number = 0;
        foreach (string raw in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            string line = (raw.IndexOf('#') is int comment and >= 0 ? raw[..comment] : raw).Trim();
            if (line.Length == 0) continue;
            if (inHead && line.Split(' ')[0] != "program")
            {
                protocol = Head(protocol, line, about, number);
                continue;
            }
            inHead = false;
            int mark = line.IndexOf(RedundantMark, StringComparison.Ordinal);
            if (mark >= 0)
            {
                string reason = line[(mark + RedundantMark.Length)..].Trim().TrimStart(':').Trim();
                if (reason.Length == 0) throw new RaceFormatException(protocol.Name, number, $"'{RedundantMark}' needs a reason: '{RedundantMark}: why', or '{RedundantMark} amd vtd: why' for some vendors.");
                CheckVendors(reason, protocol.Name, number);
                redundant[number] = reason;
                line = line[..mark].Trim();
            }
            lines.Add(new(number, line));
        }
        if (lines.Count == 0) throw new RaceFormatException(protocol.Name, number, "there is no program. After the head write 'program' and one statement a line.");
        protocol = protocol with { About = string.Join(' ', about), Lines = lines, Redundant = redundant };
        ProgramCompiler.Compile(protocol, new(Math.Max(protocol.LeastPages, protocol.Scene == Scene.Nested ? 2 : 1), 1, 1));
        return protocol;
    }

    /// <summary>A reason with a colon names vendors before it, if one of the words is a vendor's or it is one word alone: then all must be.</summary>
    private static void CheckVendors(string reason, string name, int line)
    {
        int colon = reason.IndexOf(':', StringComparison.Ordinal);
        string[] words = colon < 0 ? [] : reason[..colon].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? unknown = words.FirstOrDefault(w => Hardware.HardwareCatalogue.Find(w) is null);
        if (unknown is null || (words.Length > 1 && words.All(w => Hardware.HardwareCatalogue.Find(w) is null))) return;
        throw new RaceFormatException(name, line, $"there is no hardware '{unknown}' for '{RedundantMark}'; names are separated by spaces, and there is: {Hardware.HardwareCatalogue.Names}.");
    }

    private static RaceProtocol Head(RaceProtocol protocol, string line, List<string> about, int number)
    {
        string key = line.Split(' ')[0], value = line[key.Length..].Trim();
        switch (key)
        {
            case "protocol": return protocol with { Name = value };
            case "title": return protocol with { Title = value };
            case "family": return protocol with { Family = value };
            case "about":
                about.Add(value);
                return protocol;
            case "vendors":
                string[] vendors = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                string? unknown = vendors.FirstOrDefault(v => Hardware.HardwareCatalogue.Find(v) is null);
                return unknown is null && vendors.Length > 0
                    ? protocol with { Vendors = vendors }
                    : throw new RaceFormatException(protocol.Name, number, $"there is no hardware '{unknown}'; names are separated by spaces, and there is: {Hardware.HardwareCatalogue.Names}.");
            case "scene":
                return Enum.TryParse(value, ignoreCase: true, out Scene scene) && Enum.IsDefined(scene) && !int.TryParse(value, out _)
                    ? protocol with { Scene = scene }
                    : throw new RaceFormatException(protocol.Name, number, $"there is no scene '{value}'; there is: pages, run, block, nested.");
            case "pages":
                return int.TryParse(value, out int pages) && pages is >= 1 and <= RaceState.MostPages
                    ? protocol with { LeastPages = pages }
                    : throw new RaceFormatException(protocol.Name, number, $"'{value}' pages; 1 to {RaceState.MostPages} can be explored.");
            case "ats": return protocol with { HasAts = true };
            case "untracked": return protocol with { StartsUntracked = true };
            case "cancelled": return protocol with { IsCancelled = true };
            case "repeats": return protocol with { RepeatsReports = true };
            default: throw new RaceFormatException(protocol.Name, number, $"'{key}' is no line of a head; there is: protocol, title, family, about, vendors, scene, pages, ats, untracked, cancelled, repeats, and 'program' begins the statements.");
        }
    }
}
