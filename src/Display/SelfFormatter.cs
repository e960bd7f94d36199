namespace Workbench.Display;

/// <summary>The source that a self-formatting type names: the same facts as HTML and as plain text.</summary>
internal sealed class SelfFormatter<TValue, TDisplay>
    where TValue : notnull
    where TDisplay : IDisplay<TValue>
{
    private readonly MimeFormatter[] formatters =
    [
        new(MimeFormatter.Html, value => value is TValue own ? Html(own) : null),
        new(MimeFormatter.Plain, value => value is TValue own ? Text(own) : null),
    ];

    /// <summary>The formatters, as notebook engines ask for them by convention.</summary>
    public IEnumerable<object> CreateTypeFormatters() => formatters;

    private static string Html(TValue value)
    {
        HtmlCard card = new();
        TDisplay.Describe(value, card);
        return card.ToString();
    }

    private static string Text(TValue value)
    {
        TextCard card = new();
        TDisplay.Describe(value, card);
        return card.ToString();
    }
}
