using System.Globalization;
using System.Text;

namespace Workbench.Display;

/// <summary>A writer of HTML that is XML too: every element is closed and every text escaped. Styles are inline, since most viewers keep nothing else.</summary>
internal sealed class Markup
{
    private readonly StringBuilder html = new();
    private readonly Stack<string> open = new();

    /// <summary>Begins an element.</summary>
    public Markup Open(string name, string? style = null, string? title = null)
    {
        Begin(name, style, title).Append('>');
        open.Push(name);
        return this;
    }

    /// <summary>Begins an element with attributes of any kind, as drawings need them.</summary>
    public Markup Open(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Begin(name, null, null);
        foreach ((string attribute, string value) in attributes) Attribute(attribute, value);
        html.Append('>');
        open.Push(name);
        return this;
    }

    /// <summary>Ends the element begun last.</summary>
    public Markup Close()
    {
        html.Append("</").Append(open.Pop()).Append('>');
        return this;
    }

    /// <summary>Text, escaped.</summary>
    public Markup Text(string? text)
    {
        Escape(text);
        return this;
    }

    /// <summary>An element with nothing but text in it.</summary>
    public Markup Element(string name, string? text, string? style = null, string? title = null)
    {
        Begin(name, style, title).Append('>');
        Escape(text);
        html.Append("</").Append(name).Append('>');
        return this;
    }

    /// <summary>A new line of the source, so that differences between stored outputs are small.</summary>
    public Markup Line()
    {
        html.Append('\n');
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => html.ToString();

    private StringBuilder Begin(string name, string? style, string? title)
    {
        html.Append('<').Append(name);
        Attribute("style", style);
        Attribute("title", title);
        return html;
    }

    private void Attribute(string name, string? value)
    {
        if (value is null) return;
        html.Append(' ').Append(name).Append("=\"");
        Escape(value);
        html.Append('"');
    }

    private void Escape(string? text)
    {
        // By runes: half of a surrogate pair comes out as U+FFFD. Controls are not even allowed escaped.
        foreach (Rune rune in (text ?? "").EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': html.Append("&lt;"); break;
                case '>': html.Append("&gt;"); break;
                case '&': html.Append("&amp;"); break;
                case '"': html.Append("&quot;"); break;
                case '\'': html.Append("&#39;"); break;
                case < ' ' and not ('\n' or '\t'):
                case 0xFFFE or 0xFFFF: html.Append('\uFFFD'); break;
                default: html.Append(rune); break;
            }
        }
    }

    /// <summary>A number as styles have it.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
