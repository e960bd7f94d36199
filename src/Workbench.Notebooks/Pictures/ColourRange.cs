namespace Workbench.Notebooks.Pictures;

/// <summary>Values to colours: a colour scale over the range of a heat map, set by the trace or by the colour axis it shares.</summary>
internal sealed class ColourRange
{
    public ColourRange(Figure figure, Settings trace, IEnumerable<double> values)
    {
        Settings source = trace.Text("coloraxis") is { } shared ? figure.Layout[shared] : trace;
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double value in values.Where(double.IsFinite)) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high) (low, high) = (0, 1);
        string letter = trace.Text("coloraxis") is null ? "z" : "c";
        Low = source.Number(letter + "min") ?? low;
        High = source.Number(letter + "max") ?? high;
        if (source.Number(letter + "mid") is double middle)
        {
            double reach = Math.Max(High - middle, middle - Low);
            (Low, High) = (middle - reach, middle + reach);
        }
        bool reversed = source.Flag("reversescale") == true;
        Scale = ColourScale.Read(source.Node("colorscale"), reversed) ?? ColourScale.Read(figure.Layout["colorscale"].Node("sequential"), reversed) ?? ColourScale.RdBu(reversed);
        HasBar = source.Flag("showscale") != false;
        Bar = source["colorbar"];
        Figure = figure;
    }

    public Figure Figure { get; }

    public double Low { get; }

    public double High { get; }

    public ColourScale Scale { get; }

    public bool HasBar { get; }

    /// <summary>Settings of the colour bar.</summary>
    public Settings Bar { get; }

    public Colour At(double value) => Scale.At(High > Low ? (value / 2 - Low / 2) / (High / 2 - Low / 2) : 0.5);
}
