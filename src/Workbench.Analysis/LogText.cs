using Workbench.Traces.Importers;

namespace Workbench.Analysis;

/// <summary>The lines of a recorder's log, plain or compressed.</summary>
public static class LogText
{
    /// <summary>The lines one after the other, without reading the whole file; .xz, .zst and .gz are told by content. Not there or damaged: an exception that says so.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Read(new(path));
    }

    private static IEnumerable<string> Read(InputFile file)
    {
        using Stream stream = file.Open();
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line) yield return line;
    }
}
