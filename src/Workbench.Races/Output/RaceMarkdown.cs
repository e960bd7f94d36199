using System.Text;
using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Output;

/// <summary>Verdicts and counterexamples as Markdown, as forges and mailing lists take it.</summary>
public static class RaceMarkdown
{
    /// <summary>A table, by family.</summary>
    public static string Of(RaceTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        StringBuilder text = new();
        foreach (FamilyGrid family in FamilyGrid.Of(table))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append("### ").Append(family.Name).Append("\n\n| protocol | what it does |");
            foreach (HardwareRules hardware in family.Hardware) text.Append(' ').Append(hardware.Name).Append(" |");
            text.Append("\n|---|---|").Insert(text.Length, "---|", family.Hardware.Count).Append('\n');
            foreach ((Protocols.RaceProtocol protocol, IReadOnlyList<RaceVerdict?> verdicts) in family.Rows)
            {
                text.Append("| ").Append(Escape(protocol.Name)).Append(" | ").Append(Escape(protocol.Title)).Append(" |");
                foreach (RaceVerdict? verdict in verdicts) text.Append(' ').Append(verdict is null ? RaceText.NotMeant : Escape(RaceText.Cell(verdict))).Append(" |");
                text.Append('\n');
            }
        }
        return text.Append('\n').Append(Escape(RaceText.Legend)).Append('\n').ToString();
    }

    /// <summary>A verdict with its counterexamples as lists and as Mermaid diagrams.</summary>
    public static string Of(RaceVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        StringBuilder text = new();
        text.Append("### ").Append(Escape($"{verdict.Protocol.Name} on {verdict.Hardware.Name}")).Append("\n\n").Append(Escape(RaceText.Sentence(verdict))).Append('\n');
        foreach (Counterexample broken in verdict.Broken)
        {
            text.Append('\n');
            for (int i = 0; i < broken.Steps.Count; i++) text.Append(i + 1).Append(". **").Append(RaceText.NameOf(broken.Steps[i].Actor)).Append("** ").Append(Escape(broken.Steps[i].Text)).Append('\n');
            text.Append("\nSo ").Append(Escape(RaceText.Meaning(broken.Property))).Append(".\n\n```mermaid\n").Append(MermaidDiagram.Of(broken)).Append("```\n");
        }
        if (verdict.RestsOn.Count == 0) return text.ToString();
        text.Append("\nIt rests on:\n\n");
        foreach (HardwareRule rule in verdict.RestsOn) text.Append("- ").Append(Escape($"{rule.Text} ({RaceText.NameOf(rule.Standing)}: {rule.Source})")).Append('\n');
        return text.ToString();
    }

    private static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char c in text.ReplaceLineEndings(" "))
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#') escaped.Append('\\');
            escaped.Append(c);
        }
        return escaped.ToString();
    }
}
