namespace Workbench.Notebooks.Export;

/// <summary>What files a figure is exported to.</summary>
public sealed record FigureFormats
{
    /// <summary>Whether SVG is written.</summary>
    public bool Svg { get; init; } = true;

    /// <summary>Whether PNG is written.</summary>
    public bool Png { get; init; }

    /// <summary>Width of the picture in CSS pixels, 100 to 10000; the figure's own when null. The height keeps the figure's proportions.</summary>
    public int? WidthPx { get; init; }

    /// <summary>PNG pixels for one CSS pixel, 0.1 to 10.</summary>
    public double Scale { get; init; } = 2;

    /// <summary>Widths of PDF pages in millimetres, 10 to 2000 each; the picture is scaled to the page. With more than one, the file's name carries the width.</summary>
    public IReadOnlyList<double> PdfWidthsMm { get; init; } = [];

    /// <summary>How long one run of the browser may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Everything that is wrong with the settings; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        if (!Svg && !Png && PdfWidthsMm.Count == 0) problems.Add("No format is asked for: choose SVG, PNG or a PDF width.");
        if (WidthPx is < 100 or > 10_000) problems.Add(FormattableString.Invariant($"WidthPx is {WidthPx}; 100 to 10000 are allowed."));
        if (!(Scale is >= 0.1 and <= 10)) problems.Add(FormattableString.Invariant($"Scale is {Scale}; 0.1 to 10 are allowed."));
        foreach (double width in PdfWidthsMm)
            if (!(width is >= 10 and <= 2000)) problems.Add(FormattableString.Invariant($"A PDF width is {width} mm; 10 to 2000 are allowed."));
        return problems;
    }
}
