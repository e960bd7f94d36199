using Workbench.Races.Output;
using Workbench.Races.Protocols;

namespace Workbench.Cli;

/// <summary>Protocols by family, with their titles, in 80 columns.</summary>
internal static class RaceList
{
    public static IEnumerable<string> Lines(IReadOnlyList<RaceProtocol> protocols)
    {
        int name = protocols.Max(p => p.Name.Length);
        bool isFirst = true;
        foreach (IGrouping<string, RaceProtocol> family in protocols.GroupBy(p => p.Family))
        {
            if (!isFirst) yield return "";
            isFirst = false;
            yield return family.Key;
            foreach (RaceProtocol protocol in family)
            {
                string lead = $"  {protocol.Name.PadRight(name)}  ";
                string title = protocol.Vendors.Count == 0 ? protocol.Title : $"{protocol.Title} ({string.Join(", ", protocol.Vendors)})";
                foreach (string line in ReplayTable.Wrap(title, Math.Max(20, RaceText.Width - lead.Length)))
                {
                    yield return (lead + line).TrimEnd();
                    lead = new(' ', lead.Length);
                }
            }
        }
    }
}
