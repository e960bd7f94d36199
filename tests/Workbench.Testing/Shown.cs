using System.Collections;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using Xunit;

namespace Workbench.Testing;

/// <summary>
/// A value as notebooks show it, found as they find it: by an attribute's name and the names of a few members. Every rule that holds for all
/// displays is checked on the way.
/// </summary>
public static class Shown
{
    private const int MostBytes = 15_000;
    private const int Columns = 80;
    private static readonly XNamespace Drawing = "http://www.w3.org/2000/svg";

    /// <summary>The HTML of a value: an XML element, without scripts and style sheets, and small.</summary>
    public static string Html(object value)
    {
        string html = Format(value, "text/html");
        XElement root = XDocument.Parse($"<all>{html}</all>", LoadOptions.PreserveWhitespace).Root!;
        Assert.DoesNotContain(root.Descendants(), e => e.Name.LocalName is "script" or "style" or "link");
        Assert.DoesNotContain(root.Descendants().Where(e => e.Name.Namespace != Drawing).Attributes(), a => a.Name.LocalName is not ("style" or "title"));
        // A drawing has places and colours too, but nothing that acts or points elsewhere.
        Assert.DoesNotContain(root.Descendants().Where(e => e.Name.Namespace == Drawing).Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || a.Name.LocalName is "href" or "class" or "id");
        int bytes = Encoding.UTF8.GetByteCount(html);
        Assert.True(bytes < MostBytes, $"{bytes} bytes of HTML; fewer than {MostBytes} are allowed.");
        return html;
    }

    /// <summary>The plain text of a value: at most 80 columns, and no empty line at its end.</summary>
    public static string Text(object value)
    {
        string text = Format(value, "text/plain");
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= Columns, $"{line.Length} columns: {line}"));
        Assert.False(text.EndsWith('\n'), "The text ends with an empty line.");
        return text;
    }

    /// <summary>Compares both forms with the files Display/Approved/<paramref name="name"/> of a test project.</summary>
    public static void IsApproved(object value, string project, string name)
    {
        Approved.Text(Repository.PathOf("tests", project, "Display", "Approved", name + ".html"), Html(value) + "\n");
        Approved.Text(Repository.PathOf("tests", project, "Display", "Approved", name + ".txt"), Text(value) + "\n");
    }

    private static string Format(object value, string mimeType)
    {
        Attribute attribute = Assert.Single(value.GetType().GetCustomAttributes(inherit: true).Cast<Attribute>(), a => a.GetType().Name == "TypeFormatterSourceAttribute");
        Assert.Contains(mimeType, (IEnumerable<string>)Property(attribute, "PreferredMimeTypes"));
        object source = Activator.CreateInstance((Type)Property(attribute, "FormatterSourceType"))!;
        foreach (object formatter in (IEnumerable)source.GetType().GetMethod("CreateTypeFormatters")!.Invoke(source, null)!)
        {
            if ((string)Property(formatter, "MimeType") != mimeType) continue;
            StringWriter writer = new();
            Assert.True((bool)formatter.GetType().GetMethod("Format")!.Invoke(formatter, BindingFlags.DoNotWrapExceptions, null, [value, writer], null)!);
            return writer.ToString();
        }
        throw new ArgumentException($"{value.GetType().Name} has no formatter for {mimeType}.", nameof(mimeType));
    }

    private static object Property(object of, string name) => of.GetType().GetProperty(name)!.GetValue(of)!;
}
