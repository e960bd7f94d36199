using System.Diagnostics;
using System.Reflection;
using Workbench.Traces;

namespace Workbench.Replay.Costs;

/// <summary>The cost profiles there are: those of data/profiles, which the library carries with it, and any file.</summary>
public static class CostProfiles
{
    private const string Folder = "profiles/";

    private static readonly Lazy<CostProfile> LazyAssumed = new(() => BuiltIn("assumed"));

    /// <summary>Names of the built-in profiles, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. typeof(CostProfiles).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Folder, StringComparison.Ordinal)).Select(n => Path.GetFileNameWithoutExtension(n[Folder.Length..])).Order(StringComparer.Ordinal)];

    /// <summary>The profile that replays use if none is named: middle values of all platforms.</summary>
    public static CostProfile Assumed => LazyAssumed.Value;

    /// <summary>The built-in profile of a name, or the one in the file of a path.</summary>
    public static CostProfile Find(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (Names.Contains(nameOrPath)) return nameOrPath == "assumed" ? Assumed : BuiltIn(nameOrPath);
        if (File.Exists(nameOrPath)) return CostProfileReader.Read(File.ReadAllBytes(nameOrPath), Path.GetFileName(nameOrPath));
        string found = Directory.Exists(nameOrPath) ? "is a folder" : "is neither a built-in cost profile nor a file";
        throw new TraceFormatException($"'{nameOrPath}' {found}; name one of {string.Join(", ", Names)}, or the path of a profile's JSON file.");
    }

    /// <summary>Reads a profile from the bytes of its JSON; messages call it by <paramref name="file"/>.</summary>
    public static CostProfile Read(ReadOnlySpan<byte> utf8, string file) => CostProfileReader.Read(utf8, file);

    /// <summary>The bytes of a profile's JSON, found as by <see cref="Find"/>.</summary>
    internal static byte[] BytesOf(string nameOrPath) => Names.Contains(nameOrPath) ? Resource($"{Folder}{nameOrPath}.json") : File.ReadAllBytes(nameOrPath);

    internal static byte[] Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new UnreachableException($"the resource '{name}' is not in the assembly");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static CostProfile BuiltIn(string name) => CostProfileReader.Read(Resource($"{Folder}{name}.json"), $"{name}.json");
}
