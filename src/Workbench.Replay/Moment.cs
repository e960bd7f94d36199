namespace Workbench.Replay;

/// <summary>A moment of a trace as people name it: a time since the first event, or the text of a mark. What reads as a duration is a time; "mark:" before it makes it a text.</summary>
/// <param name="Mark">The mark's text; null for a time.</param>
/// <param name="Ns">Time since the trace's first event, ns; 0 for a mark.</param>
public readonly record struct Moment(string? Mark, long Ns)
{
    private const string MarkPrefix = "mark:";

    /// <summary>Reads what was written; null for nothing.</summary>
    public static Moment? Of(string? text) => text switch
    {
        null => null,
        _ when text.StartsWith(MarkPrefix, StringComparison.Ordinal) => new(text[MarkPrefix.Length..], 0),
        _ when Duration.TryParse(text, out long ns) && ns >= 0 => new(null, ns),
        _ => new(text, 0),
    };
}
