using System.Net;
using System.Text;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Magics;

/// <summary>#!who</summary>
internal sealed class WhoMagic : IMagic
{
    public string Name => "who";

    public string Help => "list the names of the variables of all languages";

    public Task RunAsync(MagicCall call)
    {
        foreach (ILanguage language in call.Session.Languages)
        {
            if (language is IVariables { Variables: { Count: > 0 } variables }) call.Scope.Output.Write(StreamName.Stdout, $"{language.Name}: {string.Join(' ', variables.Select(v => v.Name))}\n");
        }
        return Task.CompletedTask;
    }
}

/// <summary>#!whos</summary>
internal sealed class WhosMagic : IMagic
{
    private const int LongestValue = 80;

    public string Name => "whos";

    public string Help => "show the variables of all languages with types and values";

    public Task RunAsync(MagicCall call)
    {
        StringBuilder html = new("<table><thead><tr><th>language</th><th>name</th><th>type</th><th>value</th></tr></thead><tbody>");
        StringBuilder plain = new();
        foreach (ILanguage language in call.Session.Languages)
        {
            foreach (Variable variable in (language as IVariables)?.Variables ?? [])
            {
                string type = TypeName.Of(variable.Type), value = Value(variable.Value);
                html.Append("<tr>").Append(string.Concat(((string[])[language.Name, variable.Name, type, value]).Select(t => $"<td>{WebUtility.HtmlEncode(t)}</td>"))).Append("</tr>");
                plain.Append(language.Name).Append(' ').Append(variable.Name).Append(" : ").Append(type).Append(" = ").Append(value).Append('\n');
            }
        }
        call.Scope.Output.Display(MimeBundle.Empty.With(MimeBundle.Html, html.Append("</tbody></table>").ToString()).With(MimeBundle.PlainText, plain.ToString().TrimEnd()), null);
        return Task.CompletedTask;
    }

    // One line of it: a table of variables is no place for a frame.
    private static string Value(object? value)
    {
        string text = (ValueFormatter.Format(value).TextOf(MimeBundle.PlainText) ?? "").ReplaceLineEndings(" ").Trim();
        return text.Length <= LongestValue ? text : text[..LongestValue] + "…";
    }
}
