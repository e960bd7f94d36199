namespace Workbench.Notebooks.Pictures;

/// <summary>What a trace draws inside the plot area.</summary>
internal interface IMarks
{
    Axis X { get; }

    Axis Y { get; }

    /// <summary>Plotly's order from back to front: heat maps, bars, lines.</summary>
    int Layer { get; }

    /// <summary>Tells the axes what they must show.</summary>
    void Extend();

    /// <summary>Draws inside an area that is clipped already.</summary>
    void Draw(SvgWriter svg, PlotArea area);
}
