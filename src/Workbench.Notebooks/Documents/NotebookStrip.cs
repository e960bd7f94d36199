using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>Takes out of a notebook what a run put in, so that only its author's text is committed.</summary>
public static class NotebookStrip
{
    // Times of cells as Jupyter and its extensions store them, and how far outputs were open.
    private static readonly string[] OfCells = ["execution", "ExecuteTime", "collapsed", "scrolled"];
    private static readonly string[] OfNotebooks = ["widgets", "signature"];

    /// <summary>The notebook without outputs, execution counts and times. Text, tags and languages stay.</summary>
    public static NotebookDocument Strip(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return document with
        {
            Cells = [.. document.Cells.Select(c => c with { Outputs = [], ExecutionCount = null, Metadata = Without(c.Metadata, OfCells) })],
            Metadata = Without(document.Metadata, OfNotebooks),
        };
    }

    private static JsonObject Without(JsonObject metadata, string[] keys)
    {
        JsonObject rest = (JsonObject)metadata.DeepClone();
        foreach (string key in keys) rest.Remove(key);
        return rest;
    }
}
