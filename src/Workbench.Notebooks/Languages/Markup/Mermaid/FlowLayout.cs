using Workbench.Notebooks.Pictures;

namespace Workbench.Notebooks.Languages.Markup.Mermaid;

/// <summary>A node with its place: the centre and the size in pixels. One without a node is a bend of a long link.</summary>
internal sealed class PlacedNode(FlowNode? node, double width, double height)
{
    public FlowNode? Node => node;

    public double Width => width;

    public double Height => height;

    public double X { get; set; }

    public double Y { get; set; }

    public int Layer { get; set; }
}

/// <summary>Places the nodes of a flowchart in layers along its direction; links that skip layers bend in each, so that they go round the nodes there.</summary>
internal sealed class FlowLayout
{
    private const double FontSize = 14, Padding = 14, LayerGap = 60, NodeGap = 30;

    private readonly Dictionary<string, PlacedNode> placed = [];
    private readonly List<(PlacedNode From, PlacedNode To)> segments = [];

    public FlowLayout(FlowChart chart)
    {
        foreach (FlowNode node in chart.Nodes) placed[node.Id] = Measure(node);
        AssignLayers(chart);
        foreach (FlowLink link in chart.Links) Routes.Add((link, Route(link)));
        bool isAcross = chart.Direction is "LR" or "RL";
        List<List<PlacedNode>> layers = [.. placed.Values.Concat(Routes.SelectMany(r => r.Path)).Distinct().GroupBy(n => n.Layer).OrderBy(g => g.Key).Select(g => g.ToList())];
        Order(layers);
        Place(layers, isAcross, chart.Direction is "BT" or "RL", chart.Links.Select(l => TextMetrics.Width(l.Label, FontSize - 2)).DefaultIfEmpty().Max());
    }

    public IEnumerable<PlacedNode> Nodes => placed.Values;

    /// <summary>Each link with its nodes and bends.</summary>
    public List<(FlowLink Link, IReadOnlyList<PlacedNode> Path)> Routes { get; } = [];

    public double Width { get; private set; }

    public double Height { get; private set; }

    private static PlacedNode Measure(FlowNode node)
    {
        double width = TextMetrics.Width(node.Text, FontSize) + (2 * Padding), height = FontSize + (2 * Padding) - 6;
        return node.Shape switch
        {
            NodeShape.Diamond => new(node, width * 1.5, height * 1.8),
            NodeShape.Circle => new(node, Math.Max(width, height), Math.Max(width, height)),
            _ => new(node, width, height),
        };
    }

    // The longest way from a start; links back to a node on the way are left out of the count.
    private void AssignLayers(FlowChart chart)
    {
        ILookup<string, string> next = chart.Links.ToLookup(l => l.From, l => l.To);
        HashSet<string> seen = [], onWay = [];
        List<string> order = [];
        HashSet<(string, string)> back = [];
        foreach (FlowNode node in chart.Nodes) Visit(node.Id);
        order.Reverse();
        foreach (string id in order)
        {
            foreach (string to in next[id].Where(t => !back.Contains((id, t)))) placed[to].Layer = Math.Max(placed[to].Layer, placed[id].Layer + 1);
        }

        void Visit(string id)
        {
            if (!seen.Add(id)) return;
            onWay.Add(id);
            foreach (string to in next[id])
            {
                if (onWay.Contains(to)) back.Add((id, to));
                else Visit(to);
            }
            onWay.Remove(id);
            order.Add(id);
        }
    }

    private List<PlacedNode> Route(FlowLink link)
    {
        PlacedNode from = placed[link.From], to = placed[link.To];
        List<PlacedNode> path = [from];
        int step = Math.Sign(to.Layer - from.Layer);
        for (int layer = from.Layer + step; step != 0 && layer != to.Layer; layer += step) path.Add(new(null, 1, 1) { Layer = layer });
        path.Add(to);
        for (int i = 1; i < path.Count; i++) segments.Add((path[i - 1], path[i]));
        return path;
    }

    // Each layer in the order of its neighbours' middle, there and back a few times.
    private void Order(List<List<PlacedNode>> layers)
    {
        for (int sweep = 0; sweep < 6; sweep++)
        {
            foreach (List<PlacedNode> layer in sweep % 2 == 0 ? layers : Enumerable.Reverse(layers))
            {
                Dictionary<PlacedNode, int> place = layers.SelectMany(l => l.Select((n, i) => (n, i))).ToDictionary(p => p.n, p => p.i);
                PlacedNode[] ordered = [.. layer.OrderBy(n => Neighbours(n, sweep % 2 == 0 ? -1 : 1).Select(m => (double)place[m]).DefaultIfEmpty(place[n]).Average())];
                layer.Clear();
                layer.AddRange(ordered);
            }
        }
    }

    private IEnumerable<PlacedNode> Neighbours(PlacedNode node, int side) =>
        segments.Where(s => s.From == node || s.To == node).Select(s => s.From == node ? s.To : s.From).Where(n => n.Layer == node.Layer + side);

    private void Place(List<List<PlacedNode>> layers, bool isAcross, bool isReversed, double longestLabel)
    {
        double gap = isAcross ? Math.Max(LayerGap, longestLabel + 30) : LayerGap;
        double Across(PlacedNode n) => isAcross ? n.Height : n.Width;
        double widest = layers.Max(l => l.Sum(Across) + (NodeGap * (l.Count - 1)));
        double along = 0;
        foreach (List<PlacedNode> layer in layers)
        {
            double depth = layer.Max(n => isAcross ? n.Width : n.Height);
            double at = (widest - layer.Sum(Across) - (NodeGap * (layer.Count - 1))) / 2;
            foreach (PlacedNode node in layer)
            {
                (node.X, node.Y) = isAcross ? (along + (depth / 2), at + (Across(node) / 2)) : (at + (Across(node) / 2), along + (depth / 2));
                at += Across(node) + NodeGap;
            }
            along += depth + gap;
        }
        along -= gap;
        (Width, Height) = isAcross ? (along, widest) : (widest, along);
        if (!isReversed) return;
        foreach (PlacedNode node in layers.SelectMany(l => l))
        {
            if (isAcross) node.X = Width - node.X;
            else node.Y = Height - node.Y;
        }
    }
}
