namespace Workbench.Notebooks.Languages.Markup.Mermaid;

/// <summary>Draws a flowchart that has been laid out.</summary>
internal static class FlowPainter
{
    private const double Margin = 16;

    public static DiagramPicture Draw(FlowChart chart)
    {
        FlowLayout layout = new(chart);
        // A link to its own node needs room on the right.
        bool hasLoop = chart.Links.Exists(l => l.From == l.To);
        DiagramPicture picture = new(layout.Width + (2 * Margin) + (hasLoop ? 40 : 0), layout.Height + (2 * Margin));
        List<Action> labels = [.. layout.Routes.Select(r => Link(picture, r.Link, r.Path))];
        // No line may cross a label.
        foreach (Action label in labels) label();
        foreach (PlacedNode node in layout.Nodes) Node(picture, node);
        return picture;
    }

    // Draws the line; gives what draws its label.
    private static Action Link(DiagramPicture picture, FlowLink link, IReadOnlyList<PlacedNode> path)
    {
        (double X, double Y)[] points = [.. path.Select(n => (n.X + Margin, n.Y + Margin))];
        if (path[0] == path[^1])
        {
            double right = points[0].X + (path[0].Width / 2), y = points[0].Y;
            points = [(right, y - 8), (right + 28, y - 8), (right + 28, y + 8), (right, y + 8)];
        }
        else
        {
            points[0] = Edge(path[0], points[0], points[1]);
            points[^1] = Edge(path[^1], points[^1], points[^2]);
        }
        picture.Path(points, link.Stroke == "dotted", link.Stroke == "thick" ? 3 : 1.5, link.HasArrow);
        int half = points.Length / 2;
        return () => picture.Label((points[half - 1].X + points[half].X) / 2, (points[half - 1].Y + points[half].Y) / 2, link.Label);
    }

    private static void Node(DiagramPicture picture, PlacedNode placed)
    {
        if (placed.Node is not { } node) return;
        double x = placed.X + Margin, y = placed.Y + Margin, w = placed.Width, h = placed.Height;
        if (node.Shape == NodeShape.Diamond) picture.Polygon([(x, y - (h / 2)), (x + (w / 2), y), (x, y + (h / 2)), (x - (w / 2), y)]);
        else picture.Box(x - (w / 2), y - (h / 2), w, h, node.Shape switch { NodeShape.Rounded => 8, NodeShape.Rectangle => 0, _ => h / 2 });
        picture.Text(x, y, node.Text);
    }

    // Where the line from a node's centre towards a point leaves its outline.
    private static (double X, double Y) Edge(PlacedNode node, (double X, double Y) centre, (double X, double Y) towards)
    {
        double dx = towards.X - centre.X, dy = towards.Y - centre.Y;
        if (dx == 0 && dy == 0) return centre;
        double across = Math.Abs(dx) / (node.Width / 2), down = Math.Abs(dy) / (node.Height / 2);
        double reach = node.Node?.Shape switch { NodeShape.Diamond => across + down, NodeShape.Circle => Math.Sqrt((across * across) + (down * down)), _ => Math.Max(across, down) };
        return (centre.X + (dx / reach), centre.Y + (dy / reach));
    }
}
