using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>Jupyter's notebook file: nbformat 4.0 to 4.5 is read, 4.5 written, byte for byte as Jupyter writes it.</summary>
public static class Ipynb
{
    private const int Major = 4;
    private const int Minor = 5;

    /// <summary>Reads a notebook; the name stands in messages. Cells without an id are given one that follows from position and text.</summary>
    public static NotebookDocument Read(string text, string name = "notebook") => Read(Encoding.UTF8.GetBytes(text), name);

    /// <summary>Reads a notebook from UTF-8.</summary>
    public static NotebookDocument Read(ReadOnlySpan<byte> utf8, string name)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        if (utf8.IsEmpty) throw new NotebookFormatException($"{name} is empty; a new notebook is made by 'workbench notebook new'.");
        if (JupyterJson.Read(utf8, name) is not JsonObject root) throw new NotebookFormatException($"{name} is JSON but no notebook: an object with 'cells' and 'nbformat' is needed.");
        CheckVersion(root, name);
        if (root["cells"] is not JsonArray cells) throw new NotebookFormatException($"{name}: 'cells' is {Described(root["cells"])}; a list of cells is needed.");
        return new()
        {
            Cells = CellIds.Fill([.. cells.Select((cell, i) => ReadCell(cell, string.Create(CultureInfo.InvariantCulture, $"{name} cell {i + 1}")))]),
            Metadata = ObjectOf(root, "metadata", name),
            Extra = Rest(root, "cells", "metadata", "nbformat", "nbformat_minor"),
        };
    }

    /// <summary>The notebook as nbformat 4.5.</summary>
    public static string Write(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        JsonObject root = (JsonObject)document.Extra.DeepClone();
        root["cells"] = new JsonArray([.. document.Cells.Select(WriteCell)]);
        root["metadata"] = document.Metadata.DeepClone();
        root["nbformat"] = Major;
        root["nbformat_minor"] = Minor;
        return JupyterJson.Write(root);
    }

    private static void CheckVersion(JsonObject root, string name)
    {
        if (WholeNumber(root["nbformat"]) is not { } major) throw new NotebookFormatException($"{name} is JSON but no notebook: 'nbformat' is {Described(root["nbformat"])}; the number 4 is needed.");
        long minor = WholeNumber(root["nbformat_minor"]) ?? 0;
        if (major < Major)
            throw new NotebookFormatException(string.Create(CultureInfo.InvariantCulture, $"{name} is in notebook format {major}; formats 4.0 to 4.5 are read. Convert it with 'jupyter nbconvert --to notebook --inplace {name}'."));
        if (major > Major || minor > Minor)
            throw new NotebookFormatException(string.Create(CultureInfo.InvariantCulture, $"{name} is in notebook format {major}.{minor}, newer than this program knows; formats 4.0 to 4.5 are read. Save it as one of these."));
    }

    private static NotebookCell ReadCell(JsonNode? node, string place)
    {
        if (node is not JsonObject cell) throw new NotebookFormatException($"{place} is {Described(node)}; an object is needed.");
        NotebookCellKind kind = TextOf(cell["cell_type"]) switch
        {
            "code" => NotebookCellKind.Code,
            "markdown" => NotebookCellKind.Markdown,
            "raw" => NotebookCellKind.Raw,
            _ => throw new NotebookFormatException($"{place}: 'cell_type' is {Described(cell["cell_type"])}; it is code, markdown or raw."),
        };
        bool isCode = kind == NotebookCellKind.Code;
        if (cell["id"] is { } id && TextOf(id) is null) throw new NotebookFormatException($"{place}: 'id' is {Described(id)}; a text is needed.");
        return new()
        {
            Id = TextOf(cell["id"]) ?? "", Kind = kind, Source = Joined(cell["source"], place), Metadata = ObjectOf(cell, "metadata", place),
            Outputs = isCode ? OutputsOf(cell["outputs"], place) : [],
            ExecutionCount = isCode ? WholeNumber(cell["execution_count"]) : null,
            Extra = isCode ? Rest(cell, "id", "cell_type", "source", "metadata", "outputs", "execution_count") : Rest(cell, "id", "cell_type", "source", "metadata"),
        };
    }

    private static JsonObject WriteCell(NotebookCell cell)
    {
        JsonObject json = (JsonObject)cell.Extra.DeepClone();
        json["id"] = cell.Id;
        json["cell_type"] = cell.Kind switch { NotebookCellKind.Code => "code", NotebookCellKind.Markdown => "markdown", _ => "raw" };
        json["source"] = JupyterJson.Lines(cell.Source);
        json["metadata"] = cell.Metadata.DeepClone();
        if (cell.Kind != NotebookCellKind.Code) return json;
        json["execution_count"] = cell.ExecutionCount;
        json["outputs"] = new JsonArray([.. cell.Outputs.Select(o => o.DeepClone())]);
        return json;
    }

    private static JsonObject[] OutputsOf(JsonNode? node, string place)
    {
        if (node is null) return [];
        if (node is not JsonArray outputs || outputs.Any(o => o is not JsonObject)) throw new NotebookFormatException($"{place}: 'outputs' is {Described(node)}; a list of objects is needed.");
        return [.. outputs.Select(o => (JsonObject)(o ?? new JsonObject()).DeepClone())];
    }

    private static string Joined(JsonNode? node, string place)
    {
        if (TextOf(node) is { } text) return text;
        if (node is JsonArray lines && lines.All(l => TextOf(l) is not null)) return string.Concat(lines.Select(TextOf));
        throw new NotebookFormatException($"{place}: 'source' is {Described(node)}; a text or a list of texts is needed.");
    }

    private static JsonObject ObjectOf(JsonObject owner, string key, string place) => owner[key] switch
    {
        null => [],
        JsonObject members => (JsonObject)members.DeepClone(),
        var other => throw new NotebookFormatException($"{place}: '{key}' is {Described(other)}; an object is needed."),
    };

    private static JsonObject Rest(JsonObject owner, params string[] known)
    {
        JsonObject rest = [];
        foreach ((string key, JsonNode? value) in owner)
            if (!known.Contains(key)) rest[key] = value?.DeepClone();
        return rest;
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static long? WholeNumber(JsonNode? node) => node is JsonValue value && value.TryGetValue(out long number) ? number : null;

    private static string Described(JsonNode? node)
    {
        if (node is null) return "missing";
        string text = node.ToJsonString();
        return text.Length <= 40 ? text : text[..37] + "...";
    }
}
