using Workbench.Races.Protocols;

namespace Workbench.Races;

/// <summary>The protocols that come with the workbench: what drivers do, what was proposed, and what goes wrong.</summary>
public static class RaceCatalogue
{
    private const string Extension = ".race";
    private static readonly string[] Order = ["read-and-clear", "last-scan", "runs", "unmap", "tracking", "split", "collapse", "ats", "nested"];

    /// <summary>All, by family, then by name.</summary>
    public static IReadOnlyList<RaceProtocol> Protocols { get; } = [.. Read().OrderBy(p => Rank(p.Family)).ThenBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>Families in the order in which tables show them.</summary>
    public static IReadOnlyList<string> Families { get; } = [.. Protocols.Select(p => p.Family).Distinct()];

    /// <summary>The protocol of a name, or null.</summary>
    public static RaceProtocol? Find(string name) => Protocols.FirstOrDefault(p => p.Name == name);

    /// <summary>The text of a protocol as it is shipped; throws <see cref="ArgumentException"/> if there is none.</summary>
    public static string TextOf(string name)
    {
        using Stream stream = typeof(RaceCatalogue).Assembly.GetManifestResourceStream(name + Extension) ?? throw new ArgumentException($"There is no protocol '{name}'.", nameof(name));
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static int Rank(string family) => Array.IndexOf(Order, family) is int rank and >= 0 ? rank : Order.Length;

    private static IEnumerable<RaceProtocol> Read()
    {
        foreach (string name in typeof(RaceCatalogue).Assembly.GetManifestResourceNames())
            if (name.EndsWith(Extension, StringComparison.Ordinal)) yield return RaceProtocol.Parse(TextOf(name[..^Extension.Length]), name);
    }
}
