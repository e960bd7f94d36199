using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>Which language a cell is in: its metadata (Polyglot's, then .NET Interactive's), its first magic line, then the notebook's own.</summary>
public static class CellLanguages
{
    /// <summary>The language where nothing says another.</summary>
    public const string Default = "csharp";

    // Names of languages and kernels as notebooks of other tools carry them.
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["c#"] = "csharp", ["csharp"] = "csharp", [".net-csharp"] = "csharp", ["polyglot-notebook"] = "csharp", ["dotnet-interactive"] = "csharp",
        ["f#"] = "fsharp", ["fsharp"] = "fsharp", [".net-fsharp"] = "fsharp", ["sql"] = "sql", ["html"] = "html", ["mermaid"] = "mermaid",
        ["javascript"] = "javascript", ["js"] = "javascript", ["markdown"] = "markdown", ["md"] = "markdown", ["value"] = "value", ["raw"] = "raw",
        ["pwsh"] = "pwsh", ["powershell"] = "pwsh", [".net-pwsh"] = "pwsh", ["kql"] = "kql", ["http"] = "http", ["python"] = "python", ["python3"] = "python", ["r"] = "r",
    };

    /// <summary>The language of a cell of a notebook.</summary>
    public static string Of(NotebookDocument document, NotebookCell cell)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(cell);
        return OfMetadata(cell) ?? OfMagic(cell.Source) ?? OfNotebook(document);
    }

    /// <summary>What a cell says of itself in its metadata, or null.</summary>
    public static string? OfMetadata(NotebookCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return Text(cell.Metadata, "polyglot_notebook", "kernelName") ?? Text(cell.Metadata, "dotnet_interactive", "language");
    }

    /// <summary>The language of a notebook's cells that say nothing of their own.</summary>
    public static string OfNotebook(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return Text(document.Metadata, "polyglot_notebook", "kernelInfo", "defaultKernelName") ?? Text(document.Metadata, "language_info", "polyglot_notebook", "kernelName")
            ?? Text(document.Metadata, "kernelspec", "language") ?? Text(document.Metadata, "language_info", "name") ?? Text(document.Metadata, "kernelspec", "name") ?? Default;
    }

    /// <summary>The language that the first line with text names by a magic, or null.</summary>
    public static string? OfMagic(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        string first = source.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "";
        return first.StartsWith("#!", StringComparison.Ordinal) ? Find(first[2..].Split(' ', 2)[0]) : null;
    }

    /// <summary>The one name of a language known under several, or null if it is not known here.</summary>
    internal static string? Find(string name) => Names.GetValueOrDefault(name);

    private static string? Text(JsonNode? node, params string[] path)
    {
        foreach (string key in path) node = (node as JsonObject)?[key];
        return node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? Find(text) ?? text : null;
    }
}
