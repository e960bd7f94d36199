namespace Workbench.Races.Protocols;

/// <summary>A protocol's text that cannot be read: says where, what was found, what is allowed.</summary>
public sealed class RaceFormatException(string name, int line, string problem) : FormatException($"Protocol '{name}' line {line}: {problem}")
{
    /// <summary>Line of the text, from 1.</summary>
    public int Line { get; } = line;
}
