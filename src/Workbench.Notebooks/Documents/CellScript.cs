using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>
/// A C# script (.csx) whose cells begin with a line "// %%", as in Jupytext's percent format: "// %% [markdown]" for text, a language's name for cells that are kept as comments,
/// tags="…" for tags. The script is plain C#, so that #load and csi read it too.
/// </summary>
public static class CellScript
{
    private const string Marker = "// %%";
    private const string Comment = "// ";

    /// <summary>Reads a script; one without markers is one cell.</summary>
    public static NotebookDocument Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<NotebookCell> cells = [];
        string? marker = null;
        List<string> lines = [];
        foreach (string? line in text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n').Append(null))
        {
            if (line is not null && !line.StartsWith(Marker, StringComparison.Ordinal))
            {
                lines.Add(line);
                continue;
            }
            string source = Trimmed(lines);
            if (marker is not null || source.Length > 0) cells.Add(CellOf(marker ?? "", source));
            marker = line?[Marker.Length..].Trim() ?? "";
            lines.Clear();
        }
        return new() { Cells = CellIds.Fill(cells), Metadata = NotebookDocument.CSharpMetadata() };
    }

    /// <summary>The notebook as a script: C# cells as they are but for magics, everything else as comments.</summary>
    public static string Write(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        StringBuilder text = new();
        foreach (NotebookCell cell in document.Cells)
        {
            string kind = cell.Kind switch { NotebookCellKind.Markdown => "markdown", NotebookCellKind.Raw => "raw", _ => CellLanguages.Of(document, cell) };
            bool isCSharp = kind == CellLanguages.Default;
            text.Append(text.Length > 0 ? "\n" : "").Append(Marker);
            if (!isCSharp) text.Append(" [").Append(kind).Append(']');
            if (cell.Tags.ToArray() is { Length: > 0 } tags) text.Append(" tags=").Append(JsonSerializer.Serialize(tags));
            text.Append('\n');
            foreach (string line in Trimmed([.. cell.Source.ReplaceLineEndings("\n").Split('\n')]).Split('\n'))
            {
                bool isPlain = isCSharp && !line.TrimStart().StartsWith("#!", StringComparison.Ordinal);
                text.Append(isPlain ? line : (Comment + line).TrimEnd()).Append('\n');
            }
        }
        return text.ToString();
    }

    private static NotebookCell CellOf(string marker, string source)
    {
        JsonObject metadata = [];
        int tags = marker.IndexOf("tags=", StringComparison.Ordinal);
        if (tags >= 0) metadata["tags"] = TagsOf(marker[(tags + "tags=".Length)..]);
        string kind = marker.StartsWith('[') && marker.Contains(']', StringComparison.Ordinal) ? marker[1..marker.IndexOf(']', StringComparison.Ordinal)] : CellLanguages.Default;
        if (kind != CellLanguages.Default) source = string.Join('\n', source.Split('\n').Select(Uncommented));
        else source = string.Join('\n', source.Split('\n').Select(l => l.TrimStart().StartsWith("// #!", StringComparison.Ordinal) ? Uncommented(l) : l));
        if (kind is "markdown" or "md") return new() { Id = "", Kind = NotebookCellKind.Markdown, Source = source, Metadata = metadata };
        if (kind == "raw") return new() { Id = "", Kind = NotebookCellKind.Raw, Source = source, Metadata = metadata };
        if (kind != CellLanguages.Default) metadata["polyglot_notebook"] = new JsonObject { ["kernelName"] = kind };
        return new() { Id = "", Kind = NotebookCellKind.Code, Source = source, Metadata = metadata };
    }

    private static JsonArray TagsOf(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonArray ?? throw new JsonException("no list");
        }
        catch (JsonException e)
        {
            throw new NotebookFormatException($"'{Marker} … tags={text}': a list of texts is needed, such as tags=[\"parameters\"].", e);
        }
    }

    private static string Uncommented(string line) => line.StartsWith(Comment, StringComparison.Ordinal) ? line[Comment.Length..] : line == Comment.TrimEnd() ? "" : line;

    private static string Trimmed(List<string> lines)
    {
        int begin = lines.FindIndex(l => l.Trim().Length > 0);
        return begin < 0 ? "" : string.Join('\n', lines[begin..(lines.FindLastIndex(l => l.Trim().Length > 0) + 1)]);
    }
}
