using System.Xml.Linq;
using Microsoft.DotNet.Interactive.Formatting;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests.Display;

/// <summary>A value as a notebook shows it, by the formatting library that notebooks use; every rule that holds for all displays is checked on the way.</summary>
internal static class Shown
{
    private const int MostBytes = 15_000;

    public static string Html(object value)
    {
        string html = value.ToDisplayString("text/html");
        XElement root = XDocument.Parse($"<all>{html}</all>").Root!;
        Assert.StartsWith("<div style=", html, StringComparison.Ordinal);
        Assert.DoesNotContain(root.DescendantsAndSelf(), e => e.Name.LocalName is "script" or "style" or "link");
        Assert.DoesNotContain(root.Descendants().Attributes(), a => a.Name.LocalName is not ("style" or "title"));
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(html) < MostBytes, $"{html.Length} characters of HTML; {MostBytes} bytes are allowed.");
        return html;
    }

    public static string Text(object value)
    {
        string text = value.ToDisplayString("text/plain");
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 80, $"{line.Length} columns: {line}"));
        Assert.False(text.EndsWith('\n'), "a text ends with its last line");
        return text;
    }

    /// <summary>Both forms are the approved ones.</summary>
    public static void IsApproved(object value, string name)
    {
        Assert.Contains("text/html", Formatter.GetPreferredMimeTypesFor(value.GetType()));
        Approved.Text(Repository.PathOf("tests", "Workbench.Replay.Tests", "Display", "Approved", name + ".html"), Html(value) + "\n");
        Approved.Text(Repository.PathOf("tests", "Workbench.Replay.Tests", "Display", "Approved", name + ".txt"), Text(value) + "\n");
    }
}
