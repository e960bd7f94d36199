using System.Text.Json.Nodes;
using CsCheck;
using Workbench.Notebooks.Documents;

namespace Workbench.Notebooks.Tests.Documents;

/// <summary>Notebooks to try things on, made up at random or written by other tools.</summary>
internal static class Samples
{
    private static readonly Gen<string> Words = Gen.OneOf("x", "", "ü", "😀", "a\"b", "\\", "\t", "\u0001", "\u2028", "\u007f", "</script>", "#", "1").Array[0, 6].Select(string.Concat);

    /// <summary>Source of several lines.</summary>
    public static readonly Gen<string> Source = Gen.Select(Words.Array[0, 5], Gen.OneOf("\n", "\n\n", "\r\n")).Select((lines, end) => string.Join(end, lines));

    private static readonly Gen<string> Id = Gen.Char["abz019-_"].Array[1, 8].Select(c => new string(c));

    private static readonly Gen<NotebookCell> Cell = Gen.Select(Id, Gen.Enum<NotebookCellKind>(), Source, Values(2).Dictionary(), Outputs(), Gen.Int[0, 9], Values(1).Dictionary()).Select((id, kind, source, metadata, outputs, count, extra) =>
        new NotebookCell
        {
            Id = id, Kind = kind, Source = source, Metadata = metadata, Extra = extra,
            Outputs = kind == NotebookCellKind.Code ? outputs : [], ExecutionCount = kind == NotebookCellKind.Code && count > 0 ? count : null,
        });

    /// <summary>Whole notebooks with unique ids.</summary>
    public static readonly Gen<NotebookDocument> Documents = Gen.Select(Cell.Array[0, 6], Values(2).Dictionary(), Values(1).Dictionary()).Select((cells, metadata, extra) => new NotebookDocument
    {
        Cells = [.. cells.Select((c, i) => c with { Id = $"{c.Id}-{i}" })], Metadata = metadata, Extra = extra,
    });

    /// <summary>A code cell without outputs.</summary>
    public static NotebookCell Code(string source, params string[] tags) => new()
    {
        Id = "", Kind = NotebookCellKind.Code, Source = source, Metadata = tags.Length == 0 ? [] : new() { ["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]) },
    };

    /// <summary>A text cell.</summary>
    public static NotebookCell Markdown(string source) => new() { Id = "", Kind = NotebookCellKind.Markdown, Source = source };

    /// <summary>A notebook of these cells, with ids.</summary>
    public static NotebookDocument Notebook(params NotebookCell[] cells) => new() { Cells = [.. cells.Select((c, i) => c.Id.Length > 0 ? c : c with { Id = $"cell-{i + 1}" })] };

    /// <summary>The same as a file's text.</summary>
    public static string Text(params NotebookCell[] cells) => Ipynb.Write(Notebook(cells));

    private static Gen<JsonNode?> Values(int depth)
    {
        Gen<JsonNode?> leaf = Gen.OneOf(Words.Select(w => (JsonNode?)w), Gen.Int.Select(i => (JsonNode?)i), Gen.Double[-1e9, 1e9].Select(d => (JsonNode?)d), Gen.Bool.Select(b => (JsonNode?)b), Gen.Const((JsonNode?)null));
        if (depth == 0) return leaf;
        Gen<JsonNode?> inner = Values(depth - 1);
        return Gen.OneOf(leaf, inner.Array[0, 3].Select(a => (JsonNode?)new JsonArray([.. a.Select(v => v?.DeepClone())])), inner.Dictionary().Select(o => (JsonNode?)o));
    }

    private static Gen<JsonObject[]> Outputs() => Values(2).Dictionary().Array[0, 3];

    // Keys that no member of a notebook has: those are another matter.
    private static Gen<JsonObject> Dictionary(this Gen<JsonNode?> values) => Gen.Select(Words, values).Array[0, 3].Select(pairs =>
    {
        JsonObject members = [];
        foreach ((string key, JsonNode? value) in pairs) members["k" + key] = value?.DeepClone();
        return members;
    });
}
