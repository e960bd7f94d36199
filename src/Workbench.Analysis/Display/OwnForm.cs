using System.Collections;
using System.Reflection;
using Workbench.Display;

namespace Workbench.Analysis.Display;

/// <summary>A value in the form its type gives it, found as notebooks find it: the displays of another assembly are its own business.</summary>
internal static class OwnForm
{
    /// <summary>The value as that MIME type; the type must show itself so.</summary>
    public static string Of(object value, string mimeType)
    {
        Attribute attribute = value.GetType().GetCustomAttributes().First(a => a.GetType().Name == nameof(TypeFormatterSourceAttribute));
        object source = Activator.CreateInstance((Type)Property(attribute, nameof(TypeFormatterSourceAttribute.FormatterSourceType))) ?? throw Missing();
        IEnumerable formatters = (IEnumerable)Call(source, "CreateTypeFormatters");
        object formatter = formatters.Cast<object>().First(f => (string)Property(f, nameof(MimeFormatter.MimeType)) == mimeType);
        StringWriter text = new();
        Call(formatter, nameof(MimeFormatter.Format), value, text);
        return text.ToString();

        object Property(object of, string name) => of.GetType().GetProperty(name)?.GetValue(of) ?? throw Missing();
        object Call(object on, string name, params object[] arguments) => on.GetType().GetMethod(name)?.Invoke(on, BindingFlags.DoNotWrapExceptions, null, arguments, null) ?? throw Missing();
        System.Diagnostics.UnreachableException Missing() => new($"{value.GetType()} does not show itself as {mimeType}.");
    }
}
