using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>A Plotly figure drawn as one SVG text, without a browser: the same figure gives the same bytes on every machine. A figure that cannot be drawn rightly gives a reason instead.</summary>
public sealed record StillPicture
{
    private StillPicture(string? svg, string? refusal, int width, int height, int markCount) =>
        (Svg, Refusal, Width, Height, MarkCount) = (svg, refusal, width, height, markCount);

    /// <summary>The picture as SVG text, or null when it was not drawn.</summary>
    public string? Svg { get; }

    /// <summary>What of the figure cannot be drawn, or null when it was drawn.</summary>
    public string? Refusal { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Points, lines, bars and cells that lie in the picture; 0 means a blank plot.</summary>
    public int MarkCount { get; }

    /// <summary>Whether there is a picture.</summary>
    [MemberNotNullWhen(true, nameof(Svg))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsDrawn => Svg is not null;

    /// <summary>Draws a figure: an object with <c>data</c> and <c>layout</c> as plotly.js takes it.</summary>
    public static StillPicture Of(JsonObject figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        Figure read = new(figure);
        if (Drawable.Refusal(read) is { } reason) return CannotDraw(reason);
        (string? svg, int marks, string? refusal) = new Painter(read).Draw();
        return svg is null ? CannotDraw(refusal ?? "this figure") : new(svg, null, (int)Math.Round(read.Width), (int)Math.Round(read.Height), marks);
    }

    private static StillPicture CannotDraw(string reason) => new(null, $"A still picture cannot show {reason}.", 0, 0, 0);
}
