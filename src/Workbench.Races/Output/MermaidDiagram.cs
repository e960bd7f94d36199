using System.Text;
using Workbench.Races.Search;

namespace Workbench.Races.Output;

/// <summary>A counterexample as a Mermaid sequence diagram.</summary>
public static class MermaidDiagram
{
    // What Mermaid reads as the end of a statement, as a comment, or as an entity of its own.
    private const string Special = "#;\"<>{}%&\\`*_~";

    /// <summary>The diagram's text, lines ended by \n.</summary>
    public static string Of(Counterexample counterexample)
    {
        ArgumentNullException.ThrowIfNull(counterexample);
        StringBuilder text = new("sequenceDiagram\n    autonumber\n");
        foreach (string name in SequenceArrow.Names) text.Append("    participant ").Append(name).Append('\n');
        foreach (CounterexampleStep step in counterexample.Steps)
        {
            SequenceArrow arrow = SequenceArrow.Of(step);
            text.Append("    ").Append(SequenceArrow.Names[(int)arrow.From]).Append("->>").Append(SequenceArrow.Names[(int)arrow.To]).Append(": ").Append(Escape(step.Text)).Append('\n');
        }
        text.Append("    Note over ").Append(SequenceArrow.Names[0]).Append(',').Append(SequenceArrow.Names[^1]).Append(": ").Append(Escape("So " + RaceText.Meaning(counterexample.Property))).Append(".\n");
        return text.ToString();
    }

    /// <summary>Text that stands in a message as it is, whatever it holds; Mermaid's entities are decimal numbers.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder escaped = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value < ' ' || rune.Value == 0x7F) escaped.Append(' ');
            else if (rune.IsAscii && Special.Contains((char)rune.Value, StringComparison.Ordinal)) escaped.Append('#').Append(rune.Value).Append(';');
            else escaped.Append(rune);
        }
        // A lone "end" closes a block of Mermaid.
        return escaped.ToString().Trim() is "end" ? "#101;nd" : escaped.ToString();
    }
}
