using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>The text format of .NET Interactive: a JSON block after #!meta, then cells, each under a line with its language's magic. Holds neither outputs nor tags nor ids.</summary>
public static class Dib
{
    private const string Meta = "meta";

    /// <summary>Reads a notebook; text before the first magic is a C# cell. Blank lines around a cell are not part of it.</summary>
    public static NotebookDocument Read(string text, string name = "notebook")
    {
        ArgumentNullException.ThrowIfNull(text);
        JsonObject meta = [];
        List<NotebookCell> cells = [];
        HashSet<string> languages = [];
        string language = CellLanguages.Default;
        List<string> lines = [];
        bool isFirst = true;
        int line = 0, metaLine = 0;
        foreach (string? next in text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n').Append(null))
        {
            line++;
            string? separator = next is null ? null : Separator(next, languages);
            if (next is not null && separator is null)
            {
                lines.Add(next);
                continue;
            }
            string source = Trimmed(lines);
            if (language == Meta)
            {
                meta = JupyterJson.Read(Encoding.UTF8.GetBytes(source), string.Create(CultureInfo.InvariantCulture, $"{name}, #!meta of line {metaLine}")) as JsonObject
                    ?? throw new NotebookFormatException(string.Create(CultureInfo.InvariantCulture, $"{name}, #!meta of line {metaLine}: an object is needed."));
                languages.UnionWith(LanguagesOf(meta));
            }
            else if (!isFirst || source.Length > 0) cells.Add(CellOf(language, source));
            (language, isFirst, metaLine) = (separator ?? "", false, line);
            lines.Clear();
        }
        JsonObject metadata = NotebookDocument.CSharpMetadata();
        if (meta.Count > 0) metadata["polyglot_notebook"] = meta;
        return new() { Cells = CellIds.Fill(cells), Metadata = metadata };
    }

    /// <summary>The notebook's cells and languages. A cell that holds another cell's beginning is refused: it would come back as two.</summary>
    public static string Write(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        StringBuilder text = new();
        JsonObject? meta = document.Metadata["polyglot_notebook"] as JsonObject;
        if (meta is not null) text.Append("#!meta\n\n").Append(JupyterJson.WriteCompact(meta)).Append("\n\n");
        HashSet<string> languages = meta is null ? [] : [.. LanguagesOf(meta)];
        for (int i = 0; i < document.Cells.Count; i++)
        {
            NotebookCell cell = document.Cells[i];
            List<string> lines = [.. cell.Source.ReplaceLineEndings("\n").Split('\n')];
            string language = cell.Kind switch { NotebookCellKind.Markdown => "markdown", NotebookCellKind.Raw => "raw", _ => CellLanguages.Of(document, cell) };
            if (Separator(lines[0], languages) is { } own && cell.Kind == NotebookCellKind.Code)
            {
                language = own;
                lines.RemoveAt(0);
            }
            if (lines.Find(l => Separator(l, languages) is not null) is { } inner)
                throw new NotebookFormatException(string.Create(CultureInfo.InvariantCulture, $"Cell {i + 1} has a line '{inner.Trim()}', which begins a new cell in a .dib file. Split the cell there, or write .ipynb."));
            text.Append("#!").Append(language).Append("\n\n").Append(Trimmed(lines)).Append("\n\n");
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static NotebookCell CellOf(string language, string source) => language switch
    {
        "markdown" => new() { Id = "", Kind = NotebookCellKind.Markdown, Source = source },
        "raw" => new() { Id = "", Kind = NotebookCellKind.Raw, Source = source },
        _ => new() { Id = "", Kind = NotebookCellKind.Code, Source = source, Metadata = new() { ["dotnet_interactive"] = new JsonObject { ["language"] = language }, ["polyglot_notebook"] = new JsonObject { ["kernelName"] = language } } },
    };

    // A line that is a language's magic and nothing else; one with options is part of its cell.
    private static string? Separator(string line, HashSet<string> languages)
    {
        if (!line.StartsWith("#!", StringComparison.Ordinal)) return null;
        string word = line[2..].TrimEnd();
        if (word == Meta || languages.Contains(word)) return CellLanguages.Find(word) ?? word;
        return CellLanguages.Find(word);
    }

    private static IEnumerable<string> LanguagesOf(JsonObject meta) => meta["kernelInfo"]?["items"] is JsonArray items
        ? items.OfType<JsonObject>().Select(i => i["name"] is JsonValue value && value.TryGetValue(out string? name) ? name : "").Where(n => n.Length > 0) : [];

    private static string Trimmed(List<string> lines)
    {
        int begin = lines.FindIndex(l => l.Trim().Length > 0);
        return begin < 0 ? "" : string.Join('\n', lines[begin..(lines.FindLastIndex(l => l.Trim().Length > 0) + 1)]);
    }
}
