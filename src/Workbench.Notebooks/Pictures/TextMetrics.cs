namespace Workbench.Notebooks.Pictures;

/// <summary>Estimated widths of text in pixels. The table is that of DejaVu Sans, the widest font of the stack, so that a label fits whichever font is found.</summary>
internal static class TextMetrics
{
    // Advance widths of U+0020 to U+007E in thousandths of the font size.
    private static readonly ushort[] Advances =
    [
        317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 336, 336, 837, 837, 837, 530,
        1000, 684, 686, 698, 770, 631, 575, 774, 751, 294, 294, 655, 557, 862, 748, 787, 603, 787, 694, 634, 610, 731, 684, 988, 685, 610, 685, 390, 336, 390, 837, 500,
        500, 612, 634, 549, 634, 615, 352, 634, 633, 277, 277, 579, 277, 974, 633, 611, 634, 634, 411, 520, 392, 633, 591, 817, 591, 591, 524, 636, 336, 636, 837,
    ];

    /// <summary>Height of one line of text in pixels, for a font size in pixels.</summary>
    public static double LineHeight(double size) => size * 1.3;

    public static double Width(string text, double size)
    {
        double thousandths = 0;
        foreach (char c in text)
            thousandths += c is >= ' ' and <= '~' ? Advances[c - ' '] : char.IsLowSurrogate(c) || char.IsControl(c) ? 0 : c >= 0x2e80 ? 1000 : c is '−' or '×' or '≤' or '≥' or '…' ? 900 : 640;
        return thousandths * size / 1000;
    }
}
