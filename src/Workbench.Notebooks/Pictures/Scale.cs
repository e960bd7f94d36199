namespace Workbench.Notebooks.Pictures;

/// <summary>Maps axis coordinates between <paramref name="Low"/> and <paramref name="High"/> to pixels between <paramref name="Start"/> and <paramref name="End"/>. A reversed axis has Low above High.</summary>
internal readonly record struct Scale(double Low, double High, double Start, double End)
{
    public double Length => Math.Abs(End - Start);

    public double Least => Math.Min(Low, High);

    public double Greatest => Math.Max(Low, High);

    /// <summary>Pixels of a coordinate. Not a number stays one; a coordinate far outside stays within 10^12 pixels.</summary>
    public double ToPixel(double coordinate)
    {
        // Halves, so that a range over most of the doubles does not overflow.
        double share = (coordinate / 2 - Low / 2) / (High / 2 - Low / 2);
        return Math.Clamp(Start + share * (End - Start), -1e12, 1e12);
    }

    public bool Contains(double coordinate) => coordinate >= Least && coordinate <= Greatest;
}
