namespace Workbench.Races.Protocols;

/// <summary>A line of a protocol.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Text">Without comment and indentation.</param>
public sealed record ProtocolLine(int Number, string Text)
{
    internal string[] Words { get; } = Text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
}
