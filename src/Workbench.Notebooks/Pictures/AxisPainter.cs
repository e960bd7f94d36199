namespace Workbench.Notebooks.Pictures;

/// <summary>Draws one axis: grid, line, ticks, labels and title, and says how much room it needs outside the plot.</summary>
internal sealed class AxisPainter
{
    private const double LabelGap = 3, TitleGap = 6;

    private readonly Axis axis;
    private readonly Figure figure;
    private readonly RichText? title;
    private readonly string titleColour;
    private readonly bool visible;
    private List<RichText> labels = [];

    public AxisPainter(Figure figure, Axis axis)
    {
        (this.figure, this.axis) = (figure, axis);
        visible = axis.Settings.Flag("visible") != false;
        Settings font = axis.Settings["title"]["font"];
        titleColour = font.Text("color") ?? figure.FontColour;
        if (visible && axis.Settings.Title() is { Length: > 0 } text) title = RichText.Fitting(text, font.Number("size") ?? figure.FontSize * 1.2, (axis.IsX ? figure.Width : figure.Height) - 10);
        IsFarSide = axis.Settings.Text("side") is "top" or "right";
    }

    public Axis Axis => axis;

    /// <summary>At the top or the right.</summary>
    public bool IsFarSide { get; }

    /// <summary>Degrees the labels are turned by, clockwise.</summary>
    public double Angle { get; private set; }

    /// <summary>Prepares the labels for the axis as laid out; call it after each <see cref="Axis.Lay"/>.</summary>
    public void Measure()
    {
        bool shown = visible && axis.Settings.Flag("showticklabels") != false;
        labels = [.. axis.Ticks.Select(t => RichText.Of(shown ? t.Label : "", t.IsDigit ? axis.TickFontSize * 0.75 : axis.TickFontSize))];
        if (axis.Kind == AxisKind.Log) DropCrowdedLabels();
        Angle = axis.Settings.Number("tickangle") ?? 0;
        if (!axis.IsX || axis.Settings.Number("tickangle") is not null || labels.Count < 2) return;
        double gap = double.PositiveInfinity;
        for (int i = 1; i < labels.Count; i++)
        {
            double apart = Math.Abs(axis.Scale.ToPixel(axis.Ticks[i].At) - axis.Scale.ToPixel(axis.Ticks[i - 1].At));
            if (apart < (labels[i].Width + labels[i - 1].Width) / 2 + 4) Angle = Math.Max(Angle, 30);
            gap = Math.Min(gap, apart);
        }
        if (Angle == 30 && gap < TextMetrics.LineHeight(axis.TickFontSize) * 2) Angle = 90;
    }

    /// <summary>Pixels from the axis line to the outer edge of the labels.</summary>
    private double LabelRoom
    {
        get
        {
            if (!visible) return 0;
            double turn = Math.Abs(Angle) * Math.PI / 180, sine = Math.Sin(turn), cosine = Math.Abs(Math.Cos(turn));
            double needed = labels.Count == 0 ? 0 : labels.Max(l => axis.IsX ? l.Width * sine + l.Height * cosine : l.Width * cosine + l.Height * sine);
            return TickLength + (needed > 0 ? needed + LabelGap : 0);
        }
    }

    /// <summary>Pixels from the axis line to the outer edge of everything.</summary>
    public double Room => LabelRoom + (title is null ? 0 : title.Height + Standoff + 2);

    /// <summary>How far labels of an x axis stick out beyond its left and right ends, in pixels.</summary>
    public (double Left, double Right) Overhang()
    {
        double left = 0, right = 0;
        if (!axis.IsX) return (0, 0);
        (double from, double to) = (Math.Min(axis.Scale.Start, axis.Scale.End), Math.Max(axis.Scale.Start, axis.Scale.End));
        double turn = Math.Abs(Angle) * Math.PI / 180;
        for (int i = 0; i < labels.Count; i++)
        {
            double at = axis.Scale.ToPixel(axis.Ticks[i].At);
            double before = Angle == 0 ? labels[i].Width / 2 : Angle < 0 ? labels[i].Width * Math.Cos(turn) : labels[i].Height / 2;
            double after = Angle == 0 ? labels[i].Width / 2 : Angle > 0 ? labels[i].Width * Math.Cos(turn) : labels[i].Height / 2;
            (left, right) = (Math.Max(left, from - (at - before)), Math.Max(right, at + after - to));
        }
        return (left, right);
    }

    /// <summary>Grid lines and the line at zero, below the marks.</summary>
    public void DrawGrid(SvgWriter svg, PlotArea area)
    {
        if (!visible) return;
        Settings settings = axis.Settings;
        double width = settings.Number("gridwidth") ?? 1;
        string colour = settings.Text("gridcolor") ?? "#eee";
        bool zeroLine = settings.Flag("zeroline") != false && axis.Kind == AxisKind.Linear && axis.Scale.Contains(0);
        if (settings.Flag("showgrid") ?? axis.Kind != AxisKind.Category)
        {
            foreach (Tick tick in axis.Ticks)
                if (!(zeroLine && tick.At == 0)) Across(svg, area, tick.At, colour, width, settings.Text("griddash"));
        }
        if (settings["minor"].Flag("showgrid") == true && axis.Kind == AxisKind.Log)
        {
            foreach (double at in Minor()) Across(svg, area, at, settings["minor"].Text("gridcolor") ?? colour, settings["minor"].Number("gridwidth") ?? 0.5, settings["minor"].Text("griddash"));
        }
        if (zeroLine) Across(svg, area, 0, settings.Text("zerolinecolor") ?? "#444", settings.Number("zerolinewidth") ?? 1);
    }

    /// <summary>Line, ticks, labels and title; <paramref name="line"/> is the pixel of the axis line on the other direction.</summary>
    public void Draw(SvgWriter svg, PlotArea area, double line)
    {
        if (!visible) return;
        Settings settings = axis.Settings;
        double outward = IsFarSide == axis.IsX ? -1 : 1;
        // Outward is towards smaller x on the left and larger y at the bottom.
        if (!axis.IsX) outward = IsFarSide ? 1 : -1;
        if (settings.Flag("showline") ?? settings.Node("linecolor") is not null && settings.Node("linewidth") is not null)
        {
            double width = settings.Number("linewidth") ?? 1;
            string colour = settings.Text("linecolor") ?? "#444";
            Along(svg, area, line, colour, width);
            if (settings.Flag("mirror") == true || settings.Text("mirror") is "ticks" or "all" or "allticks") Along(svg, area, axis.IsX ? IsFarSide ? area.Bottom : area.Top : IsFarSide ? area.Left : area.Right, colour, width);
        }
        if (settings.Text("ticks") is "outside" or "inside")
        {
            double length = (settings.Number("ticklen") ?? 5) * (settings.Text("ticks") == "inside" ? -1 : 1);
            foreach (Tick tick in axis.Ticks) TickMark(svg, tick.At, line, outward * length);
            if (settings["minor"].Text("ticks") is "outside" or "inside" && axis.Kind == AxisKind.Log)
                foreach (double at in Minor()) TickMark(svg, at, line, outward * (settings["minor"].Number("ticklen") ?? length * 0.6));
        }
        string labelColour = settings["tickfont"].Text("color") ?? figure.FontColour;
        for (int i = 0; i < labels.Count; i++) Label(svg, labels[i], axis.Scale.ToPixel(axis.Ticks[i].At), line, outward, labelColour);
        if (title is null) return;
        // In the middle of its axis, or as near to it as the picture's edges allow.
        double half = title.Width / 2 + 4, whole = axis.IsX ? figure.Width : figure.Height;
        double middle = Math.Clamp((axis.Scale.Start + axis.Scale.End) / 2, Math.Min(half, whole / 2), Math.Max(whole - half, whole / 2)), away = line + outward * (LabelRoom + Standoff);
        if (axis.IsX) title.Draw(svg, middle, outward > 0 ? away : away - title.Height, "middle", titleColour);
        else if (outward < 0) title.Draw(svg, away, middle - title.Height, "middle", titleColour, -90, (away, middle));
        else title.Draw(svg, away, middle - title.Height, "middle", titleColour, 90, (away, middle));
    }

    // Between powers of ten there is not always room: the powers come first, then 2 and 5, then the others.
    private void DropCrowdedLabels()
    {
        List<(double From, double To)> taken = [];
        foreach (int i in Enumerable.Range(0, labels.Count).OrderBy(i => Rank(axis.Ticks[i].At)))
        {
            double at = axis.Scale.ToPixel(axis.Ticks[i].At), half = axis.IsX ? labels[i].Width / 2 + 2 : axis.TickFontSize * 0.5;
            if (taken.Exists(t => at - half < t.To && at + half > t.From)) labels[i] = RichText.Of("", axis.TickFontSize);
            else taken.Add((at - half, at + half));
        }

        static int Rank(double exponent) => Math.Round(Math.Pow(10, exponent - Math.Floor(exponent + 1e-9))) switch { 1 or 10 => 0, 2 or 5 => 1, _ => 2 };
    }

    private double TickLength => axis.Settings.Text("ticks") == "outside" ? axis.Settings.Number("ticklen") ?? 5 : 0;

    private double Standoff => Math.Min(20, axis.Settings["title"].Number("standoff") ?? TitleGap);

    private void Label(SvgWriter svg, RichText label, double at, double line, double outward, string colour)
    {
        double gap = TickLength + LabelGap;
        if (axis.IsX)
        {
            double y = line + outward * gap;
            if (Angle == 0) label.Draw(svg, at, outward > 0 ? y : y - label.Height, "middle", colour);
            else label.Draw(svg, at, y - label.Height / 2, Angle > 0 == outward > 0 ? "start" : "end", colour, Angle, (at, y));
        }
        else label.Draw(svg, line + outward * gap, at - label.Height / 2, outward < 0 ? "end" : "start", colour, Angle, (line + outward * gap, at));
    }

    private void TickMark(SvgWriter svg, double at, double line, double length)
    {
        double pixel = axis.Scale.ToPixel(at);
        (string colour, double width) = (axis.Settings.Text("tickcolor") ?? "#444", axis.Settings.Number("tickwidth") ?? 1);
        if (axis.IsX) svg.Line(pixel, line, pixel, line + length, colour, width);
        else svg.Line(line, pixel, line + length, pixel, colour, width);
    }

    private void Across(SvgWriter svg, PlotArea area, double at, string colour, double width, string? dash = null)
    {
        double pixel = axis.Scale.ToPixel(at);
        if (axis.IsX) svg.Line(pixel, area.Top, pixel, area.Bottom, colour, width, dash);
        else svg.Line(area.Left, pixel, area.Right, pixel, colour, width, dash);
    }

    private void Along(SvgWriter svg, PlotArea area, double line, string colour, double width)
    {
        if (axis.IsX) svg.Line(area.Left - width / 2, line, area.Right + width / 2, line, colour, width);
        else svg.Line(line, area.Top - width / 2, line, area.Bottom + width / 2, colour, width);
    }

    private IEnumerable<double> Minor()
    {
        foreach (double power in Ticks.Multiples(Math.Floor(axis.Scale.Least), axis.Scale.Greatest, 1))
            for (int digit = 2; digit <= 9; digit++)
                if (power + Math.Log10(digit) is double at && axis.Scale.Contains(at) && axis.Ticks.All(t => Math.Abs(t.At - at) > 1e-9)) yield return at;
    }
}
