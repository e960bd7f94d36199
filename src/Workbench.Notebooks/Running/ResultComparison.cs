using System.Globalization;
using System.Text;

namespace Workbench.Notebooks.Running;

/// <summary>Files that a run wrote against those that were expected, byte for byte.</summary>
public static class ResultComparison
{
    /// <summary>The files of a folder and the folders in it, as paths relative to it with "/", in order; none if there is no such folder.</summary>
    public static IReadOnlyList<string> FilesOf(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>The first difference between two files, in words; null if they are the same. Of text it says line and column, of .csv also the column's name.</summary>
    public static string? FirstDifference(string expectedPath, string foundPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(expectedPath);
        ArgumentException.ThrowIfNullOrEmpty(foundPath);
        byte[] expected = File.ReadAllBytes(expectedPath), found = File.ReadAllBytes(foundPath);
        int at = expected.AsSpan().CommonPrefixLength(found);
        if (at == expected.Length && at == found.Length) return null;
        if (expected.Contains((byte)0) || found.Contains((byte)0))
            return string.Create(CultureInfo.InvariantCulture, $"byte {at}: expected {ByteAt(expected, at)}, found {ByteAt(found, at)}.");
        int line = expected.AsSpan(0, at).Count((byte)'\n');
        string[] expectedLines = Encoding.UTF8.GetString(expected).Split('\n'), foundLines = Encoding.UTF8.GetString(found).Split('\n');
        string expectedLine = expectedLines[line], foundLine = foundLines[line];
        string place = string.Create(CultureInfo.InvariantCulture, $"line {line + 1}");
        // A last line without text is the end of the file.
        if (IsEnd(expectedLines, line)) return $"{place}: the expected file ends here, the new one goes on with {Shortened(foundLine)}.";
        if (IsEnd(foundLines, line)) return $"{place}: the new file ends here, the expected one goes on with {Shortened(expectedLine)}.";
        if (!expectedPath.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)) return $"{place}: expected {Shortened(expectedLine)}, found {Shortened(foundLine)}.";
        string[] expectedFields = Fields(expectedLine), foundFields = Fields(foundLine), names = Fields(expectedLines[0]);
        int column = Enumerable.Range(0, Math.Min(expectedFields.Length, foundFields.Length)).FirstOrDefault(c => expectedFields[c] != foundFields[c], -1);
        if (column < 0) return string.Create(CultureInfo.InvariantCulture, $"{place}: expected {expectedFields.Length} columns, found {foundFields.Length}, or another end of the line.");
        string name = line > 0 && column < names.Length ? $" '{names[column].TrimEnd('\r')}'" : "";
        return string.Create(CultureInfo.InvariantCulture, $"row {line + 1}, column {column + 1}{name}: expected {Shortened(expectedFields[column])}, found {Shortened(foundFields[column])}.");
    }

    private static bool IsEnd(string[] lines, int line) => line == lines.Length - 1 && lines[line].Length == 0;

    private static string ByteAt(byte[] bytes, int at) => at < bytes.Length ? bytes[at].ToString("x2", CultureInfo.InvariantCulture) : "the end of the file";

    private static string Shortened(string text) => text.Length <= 60 ? $"'{text}'" : $"'{text[..57]}...'";

    // Fields of one line; quoted ones may hold commas.
    private static string[] Fields(string line)
    {
        List<string> fields = [];
        StringBuilder field = new();
        bool isQuoted = false;
        foreach (char c in line)
        {
            if (c == '"') isQuoted = !isQuoted;
            if (c == ',' && !isQuoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else field.Append(c);
        }
        fields.Add(field.ToString());
        return [.. fields];
    }
}
