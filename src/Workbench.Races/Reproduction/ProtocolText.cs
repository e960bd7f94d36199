using Workbench.Races.Protocols;

namespace Workbench.Races.Reproduction;

/// <summary>A protocol as text again.</summary>
internal static class ProtocolText
{
    public static IReadOnlyList<string> Of(RaceProtocol protocol)
    {
        List<string> lines = [$"protocol {protocol.Name}"];
        if (protocol.Title.Length > 0) lines.Add($"title {protocol.Title}");
        lines.Add($"family {protocol.Family}");
        if (protocol.Vendors.Count > 0) lines.Add($"vendors {string.Join(' ', protocol.Vendors)}");
        lines.Add($"scene {protocol.Scene.ToString().ToLowerInvariant()}");
        if (protocol.LeastPages > 0) lines.Add($"pages {protocol.LeastPages}");
        if (protocol.HasAts) lines.Add("ats");
        if (protocol.StartsUntracked) lines.Add("untracked");
        if (protocol.IsCancelled) lines.Add("cancelled");
        if (protocol.RepeatsReports) lines.Add("repeats");
        lines.AddRange(protocol.Lines.Select(l => l.Text));
        return lines;
    }
}
