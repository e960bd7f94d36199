using Workbench.Traces;

namespace Workbench.Analysis;

/// <summary>Finds recordings by name: data/traces of this folder or of one above it.</summary>
internal static class TraceFolder
{
    private const string Extension = ".dmat";

    /// <summary>The file that a path or a bare name means; the message of a failure says where was looked and which names there are.</summary>
    public static string Find(string nameOrPath, string from)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrPath);
        bool isName = nameOrPath == Path.GetFileName(nameOrPath) && !nameOrPath.EndsWith(Extension, StringComparison.Ordinal);
        string path = Path.GetFullPath(nameOrPath, from);
        if (!isName)
        {
            if (Directory.Exists(path)) throw new TraceFormatException($"{nameOrPath} is a folder; name a .dmat file in it.");
            return File.Exists(path) ? path
                : throw new TraceFormatException($"{nameOrPath}: there is no such file (looked at {path}). Make a trace with 'workbench trace import' or 'trace generate', or name a recording: {Names(from)}.");
        }
        List<string> looked = [];
        foreach (string folder in Above(from))
        {
            string file = Path.Combine(folder, nameOrPath + Extension);
            if (File.Exists(file)) return file;
            if (Directory.Exists(folder)) looked.Add(folder);
        }
        throw new TraceFormatException(looked.Count == 0
            ? $"There is no recording '{nameOrPath}': no folder data/traces in {from} or above it. Start from a checkout, or give the path of a .dmat file."
            : $"There is no recording '{nameOrPath}' in {string.Join(", ", looked)}. There is: {Names(from)}. Or give the path of a .dmat file.");
    }

    /// <summary>Names of the recordings in data/traces, in order.</summary>
    public static IReadOnlyList<string> All(string from) =>
        [.. Above(from).Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*" + Extension)).Select(f => Path.GetFileNameWithoutExtension(f)).Distinct().Order(StringComparer.Ordinal)];

    private static string Names(string from) => All(from) is { Count: > 0 } names ? string.Join(", ", names) : "none (no folder data/traces in this folder or above it)";

    private static IEnumerable<string> Above(string from)
    {
        for (DirectoryInfo? at = new(from); at is not null; at = at.Parent) yield return Path.Combine(at.FullName, "data", "traces");
    }
}
