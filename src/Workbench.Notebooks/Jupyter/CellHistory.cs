using System.IO.Enumeration;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Jupyter;

/// <summary>The cells this kernel has run, in memory: the protocol allows a kernel to remember only its own session, which is number 1.</summary>
internal sealed class CellHistory
{
    private const int Session = 1;

    private readonly List<Entry> entries = [];

    /// <summary>Remembers a cell with the plain text of its result, if it has one.</summary>
    public void Add(int line, string input, string? output) => entries.Add(new(line, input, output));

    /// <summary>The content of a history_reply.</summary>
    public JsonObject Reply(JupyterMessage request)
    {
        string access = request.Text("hist_access_type");
        IEnumerable<Entry> found = access switch
        {
            "tail" => Last(entries, request.Number("n", int.MaxValue)),
            "range" => Range(request),
            "search" => Search(request),
            _ => throw new ProtocolException($"history_request: hist_access_type '{access}' is none of tail, range, search."),
        };
        bool withOutput = request.Flag("output", false);
        JsonArray history = [];
        foreach (Entry entry in found) history.Add(new JsonArray(Session, entry.Line, withOutput ? new JsonArray(entry.Input, entry.Output) : entry.Input));
        return new() { ["status"] = "ok", ["history"] = history };
    }

    // Session 0 is the current one, which is all there is.
    private IEnumerable<Entry> Range(JupyterMessage request)
    {
        if (request.Number("session", 0) is not (0 or Session)) return [];
        int start = request.Number("start", 0), stop = request.Number("stop", int.MaxValue);
        return entries.Where(e => e.Line >= start && e.Line < stop);
    }

    private IEnumerable<Entry> Search(JupyterMessage request)
    {
        string pattern = request.Text("pattern", "*");
        IEnumerable<Entry> found = entries.Where(e => FileSystemName.MatchesSimpleExpression(pattern, e.Input, ignoreCase: false));
        if (request.Flag("unique", false)) found = found.Reverse().DistinctBy(e => e.Input).Reverse();
        return Last([.. found], request.Number("n", int.MaxValue));
    }

    private static IEnumerable<Entry> Last(List<Entry> all, int count) => all.Skip(Math.Max(0, all.Count - Math.Max(0, count)));

    private readonly record struct Entry(int Line, string Input, string? Output);
}
