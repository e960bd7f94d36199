using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>A stored notebook: cells and metadata, nothing lost between reading and writing. Two are equal when they say the same.</summary>
public sealed record NotebookDocument
{
    /// <summary>The cells from top to bottom.</summary>
    public required IReadOnlyList<NotebookCell> Cells { get; init; }

    /// <summary>The notebook's metadata as stored.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Members of the stored notebook that this type does not know.</summary>
    public JsonObject Extra { get; init; } = [];

    /// <summary>Metadata that makes Jupyter, VS Code and papermill open a notebook with a C# kernel.</summary>
    public static JsonObject CSharpMetadata() => new()
    {
        ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
        ["language_info"] = new JsonObject { ["file_extension"] = ".cs", ["mimetype"] = "text/x-csharp", ["name"] = "C#", ["pygments_lexer"] = "csharp" },
    };

    /// <inheritdoc />
    public bool Equals(NotebookDocument? other) => other is not null && Cells.SequenceEqual(other.Cells) && JsonNode.DeepEquals(Metadata, other.Metadata) && JsonNode.DeepEquals(Extra, other.Extra);

    /// <inheritdoc />
    public override int GetHashCode() => Cells.Aggregate(Cells.Count, (hash, cell) => HashCode.Combine(hash, cell));
}
