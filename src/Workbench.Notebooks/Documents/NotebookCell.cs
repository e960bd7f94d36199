using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>What a cell is.</summary>
public enum NotebookCellKind
{
    /// <summary>Code in some language.</summary>
    Code,
    /// <summary>Text in Markdown.</summary>
    Markdown,
    /// <summary>Text that nothing interprets.</summary>
    Raw,
}

/// <summary>One cell of a stored notebook. Two are equal when they say the same; the order of JSON members does not count.</summary>
public sealed record NotebookCell
{
    /// <summary>1 to 64 letters, digits, - and _, unique in its notebook. nbformat 4.5.</summary>
    public required string Id { get; init; }

    /// <summary>Code, Markdown or raw.</summary>
    public required NotebookCellKind Kind { get; init; }

    /// <summary>Its text, lines joined by "\n".</summary>
    public required string Source { get; init; }

    /// <summary>Its metadata as stored.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Its outputs as stored, in order; empty for text.</summary>
    public IReadOnlyList<JsonObject> Outputs { get; init; } = [];

    /// <summary>The number its last run was given, or null.</summary>
    public long? ExecutionCount { get; init; }

    /// <summary>Members of the stored cell that this type does not know, such as attachments.</summary>
    public JsonObject Extra { get; init; } = [];

    /// <summary>The tags in its metadata, such as "parameters".</summary>
    public IEnumerable<string> Tags => Metadata["tags"] is JsonArray tags ? tags.OfType<JsonValue>().Select(t => t.TryGetValue(out string? tag) ? tag : "") : [];

    /// <summary>Is it tagged so?</summary>
    public bool HasTag(string tag) => Tags.Contains(tag, StringComparer.Ordinal);

    /// <summary>The words of its first heading, comment or line of code, for lists and progress; empty if it has none.</summary>
    public string Title
    {
        get
        {
            IEnumerable<string> lines = Source.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("#!", StringComparison.Ordinal));
            return (lines.FirstOrDefault() ?? "").TrimStart('/', '#', '-', '(', '*', ' ').TrimEnd();
        }
    }

    /// <inheritdoc />
    public bool Equals(NotebookCell? other) => other is not null && Id == other.Id && Kind == other.Kind && Source == other.Source && ExecutionCount == other.ExecutionCount
        && JsonNode.DeepEquals(Metadata, other.Metadata) && JsonNode.DeepEquals(Extra, other.Extra)
        && Outputs.Count == other.Outputs.Count && Outputs.Zip(other.Outputs).All(p => JsonNode.DeepEquals(p.First, p.Second));

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Id, Kind, Source, ExecutionCount);
}
