using System.Text.Json.Nodes;

namespace Workbench.Cli.Tests;

/// <summary>Small notebooks on disk.</summary>
internal static class NotebookFiles
{
    /// <summary>A code cell; tags separated by blanks.</summary>
    public static JsonObject Code(string source, string tags = "") => new()
    {
        ["cell_type"] = "code", ["id"] = "", ["source"] = source, ["execution_count"] = null, ["outputs"] = new JsonArray(),
        ["metadata"] = tags.Length == 0 ? new JsonObject() : new JsonObject { ["tags"] = new JsonArray([.. tags.Split(' ').Select(t => (JsonNode)t)]) },
    };

    /// <summary>Writes a notebook whose first cell is text and whose others are these, with ids c2, c3, …</summary>
    public static string Write(TemporaryFolder folder, string name, params JsonObject[] cells)
    {
        JsonArray all = [new JsonObject { ["cell_type"] = "markdown", ["id"] = "c1", ["metadata"] = new JsonObject(), ["source"] = "# Title" }];
        foreach (JsonObject cell in cells)
        {
            cell["id"] = $"c{all.Count + 1}";
            all.Add(cell);
        }
        File.WriteAllText(folder[name], new JsonObject { ["cells"] = all, ["metadata"] = new JsonObject(), ["nbformat"] = 4, ["nbformat_minor"] = 5 }.ToJsonString());
        return folder[name];
    }

    /// <summary>The cells of a notebook on disk.</summary>
    public static JsonArray Cells(string path) => JsonNode.Parse(File.ReadAllText(path))!["cells"]!.AsArray();
}
