using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>A bar trace; where its bars stand and begin is set by the <see cref="BarStacks"/> of its subplot.</summary>
internal sealed class BarMarks : IMarks
{
    private readonly Settings settings;
    private readonly string colour;
    private readonly PerPoint colours, texts;
    private readonly ErrorBars? errors;
    private readonly double opacity, textSize;
    private readonly string textColour;

    public BarMarks(Figure figure, Settings settings, Axis x, Axis y, int index)
    {
        (this.settings, X, Y, Index) = (settings, x, y, index);
        IsHorizontal = settings.Text("orientation") is { } o ? o == "h" : settings.List("x") is not null && settings.List("y") is not null && y.Kind == AxisKind.Category && x.Kind != AxisKind.Category;
        JsonArray? along = settings.List(IsHorizontal ? "y" : "x"), across = settings.List(IsHorizontal ? "x" : "y");
        int count = Math.Min(along?.Count ?? int.MaxValue, across?.Count ?? int.MaxValue);
        if (count == int.MaxValue) count = 0;
        Positions = [.. Enumerable.Range(0, count).Select(i => along is null ? i : Position.Coordinate(along[i]))];
        Sizes = [.. Enumerable.Range(0, count).Select(i => across is null ? double.NaN : Settings.NumberOf(across[i]) is double v && double.IsFinite(v) ? v : double.NaN)];
        (Bottoms, Tops) = (new double[count], new double[count]);
        (Lefts, Rights) = (new double[count], new double[count]);
        Settings marker = settings["marker"];
        colours = new(marker.Node("color"));
        colour = figure.Colour(index);
        texts = new(settings.Node("text"));
        errors = ErrorBars.Read(settings[IsHorizontal ? "error_x" : "error_y"]);
        opacity = (settings.Number("opacity") ?? 1) * (marker.Number("opacity") ?? 1);
        textSize = settings["textfont"].Number("size") ?? figure.FontSize;
        textColour = settings["textfont"].Text("color") ?? figure.FontColour;
    }

    public Axis X { get; }

    public Axis Y { get; }

    public int Layer => 1;

    public int Index { get; }

    public bool IsHorizontal { get; }

    /// <summary>The axis the bars stand on.</summary>
    public Axis Position => IsHorizontal ? Y : X;

    /// <summary>The axis the bars' length is read from.</summary>
    public Axis Size => IsHorizontal ? X : Y;

    public Settings Settings => settings;

    public double[] Positions { get; }

    public double[] Sizes { get; }

    /// <summary>Where each bar begins and ends, in data units of the size axis.</summary>
    public double[] Bottoms { get; }

    public double[] Tops { get; }

    /// <summary>Both sides of each bar, in coordinates of the position axis.</summary>
    public double[] Lefts { get; }

    public double[] Rights { get; }

    /// <summary>Distance of neighbouring bars; half of it is kept free at both ends of the axis.</summary>
    public double Step { get; set; } = 1;

    public string ColourOf(int index) => colours.Text(index) is { } own && Colour.Parse(own) is not null ? own : colour;

    public void Extend()
    {
        Position.Extent.Include([.. Lefts, .. Rights, .. Positions.Select(p => p - Step / 2), .. Positions.Select(p => p + Step / 2)], padded: false);
        Size.Extent.IncludeZero();
        Size.Extent.Include(Tops.Concat(Bottoms).Select(Size.FromNumber), padded: true);
        if (errors is null) return;
        for (int i = 0; i < Tops.Length; i++)
        {
            (double low, double high) = errors.Ends(i, Tops[i]);
            Size.Extent.Include([Size.FromNumber(low), Size.FromNumber(high)], padded: true);
        }
    }

    public void Draw(SvgWriter svg, PlotArea area)
    {
        svg.Open("g", [("class", "trace"), ("opacity", opacity < 1 ? SvgWriter.Number(opacity) : null)]);
        PlotArea wide = area.Grown(4);
        string? pattern = Pattern.Define(svg, settings, ColourOf(0), Index);
        Settings outline = settings["marker"]["line"];
        for (int i = 0; i < Positions.Length; i++)
        {
            if (Box(i) is not { } box) continue;
            double left = Math.Max(box.Left, wide.Left), right = Math.Min(box.Right, wide.Right), top = Math.Max(box.Top, wide.Top), bottom = Math.Min(box.Bottom, wide.Bottom);
            if (right < left || bottom < top) continue;
            svg.CountMark();
            svg.Rectangle(left, top, right - left, bottom - top, Pattern.Background(settings, ColourOf(i)), outline.Text("color") ?? "#444", outline.Number("width") ?? 0);
            if (pattern is not null) svg.Element("rect", ("x", SvgWriter.Number(left)), ("y", SvgWriter.Number(top)), ("width", SvgWriter.Number(right - left)), ("height", SvgWriter.Number(bottom - top)), ("fill", $"url(#{pattern})"));
        }
        Texts(svg, area);
        svg.Close();
    }

    /// <summary>Error bars, drawn when all bars are: in a stack the next bar would hide them.</summary>
    public void DrawErrors(SvgWriter svg, PlotArea area)
    {
        for (int i = 0; errors is not null && i < Positions.Length; i++)
        {
            (double low, double high) = errors.Ends(i, Tops[i]);
            double centre = Position.Scale.ToPixel((Lefts[i] + Rights[i]) / 2);
            double cap = Math.Min(4, Math.Abs(Position.Scale.ToPixel(Rights[i]) - Position.Scale.ToPixel(Lefts[i])) / 2);
            errors.Draw(svg, Size, Size.FromNumber(low), Size.FromNumber(high), centre, area, "#444", cap);
        }
    }

    /// <summary>Draws the trace's sample in a legend, centred on a height.</summary>
    public void DrawSample(SvgWriter svg, double x, double y, double width)
    {
        Settings outline = settings["marker"]["line"];
        (double left, double size) = (x + width / 2 - 6, 12);
        svg.Rectangle(left, y - 6, size, size, Pattern.Background(settings, ColourOf(0)), outline.Text("color") ?? "#444", outline.Number("width") ?? 0);
        if (Pattern.Shape(settings) is not null) svg.Element("rect", ("x", SvgWriter.Number(left)), ("y", SvgWriter.Number(y - 6)), ("width", SvgWriter.Number(size)), ("height", SvgWriter.Number(size)), ("fill", $"url(#{Pattern.Id(Index)})"));
    }

    private (double Left, double Top, double Right, double Bottom)? Box(int i)
    {
        double a = Position.Scale.ToPixel(Lefts[i]), b = Position.Scale.ToPixel(Rights[i]);
        double low = Size.Scale.ToPixel(Size.FromNumber(Bottoms[i])), high = Size.Scale.ToPixel(Size.FromNumber(Tops[i]));
        // On a logarithmic axis zero lies below everything: such a bar begins at the axis.
        if (double.IsNaN(low)) low = Size.Scale.Low <= Size.Scale.High ? Size.Scale.Start : Size.Scale.End;
        if (double.IsNaN(a) || double.IsNaN(b) || double.IsNaN(high)) return null;
        return IsHorizontal
            ? (Math.Min(low, high), Math.Min(a, b), Math.Max(low, high), Math.Max(a, b))
            : (Math.Min(a, b), Math.Min(low, high), Math.Max(a, b), Math.Max(low, high));
    }

    private void Texts(SvgWriter svg, PlotArea area)
    {
        string? position = new PerPoint(settings.Node("textposition")).Text(0);
        if (!texts.IsSet || position == "none") return;
        for (int i = 0; i < Positions.Length; i++)
        {
            if (texts.Text(i) is not { Length: > 0 } text || Box(i) is not { } box) continue;
            RichText rich = RichText.Of(text, textSize);
            (double x, double y) = ((box.Left + box.Right) / 2, (box.Top + box.Bottom) / 2);
            if (!area.Contains(x, y)) continue;
            bool fits = rich.Width + 4 <= box.Right - box.Left && rich.Height + 2 <= box.Bottom - box.Top;
            svg.CountMark();
            if (position == "inside" || (position is null or "auto" && fits))
            {
                string contrast = (Colour.Parse(ColourOf(i)) ?? Colour.Black).Lightness > 0.55 ? "#444" : "#fff";
                string ink = settings["textfont"].Text("color") ?? settings["insidetextfont"].Text("color") ?? contrast;
                // At the bar's end, where Plotly writes it.
                bool negative = Sizes[i] < 0;
                if (IsHorizontal) rich.Draw(svg, negative ? box.Left + 3 : box.Right - 3, y - rich.Height / 2, negative ? "start" : "end", ink);
                else rich.Draw(svg, x, negative ? box.Bottom - rich.Height - 1 : box.Top + 1, "middle", ink);
            }
            else if (IsHorizontal)
            {
                bool positive = !(Sizes[i] < 0);
                rich.Draw(svg, positive ? box.Right + 3 : box.Left - 3, y - rich.Height / 2, positive ? "start" : "end", textColour);
            }
            else rich.Draw(svg, x, Sizes[i] < 0 ? box.Bottom + 1 : box.Top - rich.Height - 1, "middle", textColour);
        }
    }
}
