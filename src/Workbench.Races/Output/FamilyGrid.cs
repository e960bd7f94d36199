using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Output;

/// <summary>A family's part of a table: its protocols, and the hardware that one of them at least is meant for.</summary>
internal sealed record FamilyGrid(string Name, IReadOnlyList<HardwareRules> Hardware, IReadOnlyList<(RaceProtocol Protocol, IReadOnlyList<RaceVerdict?> Verdicts)> Rows)
{
    public static IEnumerable<FamilyGrid> Of(RaceTable table)
    {
        foreach (IGrouping<string, RaceProtocol> family in table.Protocols.GroupBy(p => p.Family))
        {
            HardwareRules[] hardware = [.. table.Hardware.Where(h => family.Any(p => table.Find(p, h) is not null))];
            yield return new(family.Key, hardware, [.. family.Select(p => (p, (IReadOnlyList<RaceVerdict?>)[.. hardware.Select(h => table.Find(p, h))]))]);
        }
    }
}
