using Workbench.Display;
using Workbench.Races.Output;
using Workbench.Races.Search;

namespace Workbench.Races.Display;

/// <summary>A counterexample: drawn, and as numbered steps.</summary>
internal sealed class CounterexampleFormatter
{
    private readonly MimeFormatter[] formatters =
    [
        new(MimeFormatter.Html, value => value is Counterexample found ? $"<div>{SequenceDrawing.Of(found)}</div>" : null),
        new(MimeFormatter.Plain, value => value is Counterexample found ? string.Join('\n', RaceText.Lines(found)) : null),
    ];

    /// <summary>The formatters, as notebook engines ask for them by convention.</summary>
    public IEnumerable<object> CreateTypeFormatters() => formatters;
}
