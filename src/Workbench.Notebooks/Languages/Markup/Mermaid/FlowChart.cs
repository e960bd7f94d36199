using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Languages.Markup.Mermaid;

/// <summary>The outline of a node.</summary>
internal enum NodeShape
{
    Rectangle,
    Rounded,
    Stadium,
    Diamond,
    Circle,
}

/// <summary>A node of a flowchart.</summary>
internal sealed record FlowNode(string Id, string Text, NodeShape Shape);

/// <summary>A link between two nodes.</summary>
internal sealed record FlowLink(string From, string To, string Label, bool HasArrow, string Stroke);

/// <summary>A Mermaid flowchart: `graph` or `flowchart`, nodes of the five plain outlines, links with labels. Anything else, such as a subgraph, is not drawn.</summary>
internal sealed partial class FlowChart
{
    private readonly Dictionary<string, FlowNode> nodes = [];

    /// <summary>TB, BT, LR or RL.</summary>
    public string Direction { get; private init; } = "TB";

    /// <summary>The nodes in order of appearance.</summary>
    public IReadOnlyCollection<FlowNode> Nodes => nodes.Values;

    public List<FlowLink> Links { get; } = [];

    /// <summary>Reads the lines; null if there is one that cannot be drawn.</summary>
    public static FlowChart? Parse(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0 || Header().Match(lines[0]) is not { Success: true } header) return null;
        string direction = header.Groups["direction"].Value;
        FlowChart chart = new() { Direction = direction is "" or "TD" ? "TB" : direction };
        IEnumerable<string> statements = lines.Skip(1).Prepend(header.Groups["rest"].Value).SelectMany(l => l.Split(';')).Select(s => s.Trim()).Where(s => s.Length > 0);
        return statements.All(s => IsStyle().IsMatch(s) || chart.Add(s)) && chart.nodes.Count > 0 ? chart : null;
    }

    private bool Add(string statement)
    {
        int at = 0;
        if (ReadNodes(statement, ref at) is not { } from) return false;
        while (at < statement.Length)
        {
            if (Link().Match(statement, at) is not { Success: true } link) return false;
            at += link.Length;
            if (ReadNodes(statement, ref at) is not { } to) return false;
            string label = Plain(link.Groups["label"].Success ? link.Groups["label"].Value : link.Groups["inner"].Value);
            string line = link.Groups["open"].Value + link.Groups["close"].Value;
            string stroke = line.Contains('.', StringComparison.Ordinal) ? "dotted" : line.Contains('=', StringComparison.Ordinal) ? "thick" : "";
            foreach (string a in from)
            {
                foreach (string b in to) Links.Add(new(a, b, label, line.EndsWith('>'), stroke));
            }
            from = to;
        }
        return true;
    }

    private List<string>? ReadNodes(string statement, ref int at)
    {
        List<string> ids = [];
        do
        {
            if (Node().Match(statement, at) is not { Success: true } node) return null;
            at += node.Length;
            string id = node.Groups["id"].Value;
            (NodeShape Shape, string Text)? named = Outline(node);
            if (named is { } outline) nodes[id] = new(id, Plain(outline.Text), outline.Shape);
            else nodes.TryAdd(id, new(id, id, NodeShape.Rectangle));
            ids.Add(id);
        }
        while (at < statement.Length && statement[at] == '&' && at++ >= 0);
        return ids;
    }

    private static (NodeShape Shape, string Text)? Outline(Match node)
    {
        foreach ((string group, NodeShape shape) in ((string, NodeShape)[])[("stadium", NodeShape.Stadium), ("circle", NodeShape.Circle), ("box", NodeShape.Rectangle), ("round", NodeShape.Rounded), ("diamond", NodeShape.Diamond)])
        {
            if (node.Groups[group].Success) return (shape, node.Groups[group].Value);
        }
        return null;
    }

    private static string Plain(string text) => text.Trim().Trim('"');

    [GeneratedRegex(@"^\s*(graph|flowchart)(\s+(?<direction>TB|TD|BT|LR|RL))?\s*(;(?<rest>.*))?$")]
    private static partial Regex Header();

    [GeneratedRegex(@"^(style|classDef|class|linkStyle|click)\s")]
    private static partial Regex IsStyle();

    [GeneratedRegex("""\G\s*(?<id>[A-Za-z0-9_]+)(\(\[(?<stadium>[^\]]*)\]\)|\(\((?<circle>[^)]*)\)\)|\[(?<box>"[^"]*"|[^\[\](){}/\\]*)\]|\((?<round>"[^"]*"|[^\[\](){}]*)\)|\{(?<diamond>"[^"]*"|[^\[\](){}]*)\})?\s*""")]
    private static partial Regex Node();

    [GeneratedRegex("""\G\s*((?<open>--|==|-\.)\s+(?<inner>[^-=|.>][^|>]*?)\s+(?<close>-{2,}>|-{3,}|={2,}>|={3,}|\.+->|\.+-)|(?<close>-{2,}>|-{3,}|={2,}>|={3,}|-\.+->|-\.+-))(\s*\|(?<label>[^|]*)\|)?""")]
    private static partial Regex Link();
}
