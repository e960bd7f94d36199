using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Formatters;

/// <summary>Values to MIME bundles.</summary>
public static class ValueFormatter
{
    /// <summary>Every representation a value has, plain text always among them.</summary>
    public static MimeBundle Format(object? value)
    {
        if (value is null) return MimeBundle.Text("null");
        MimeBundle bundle = MimeBundle.Empty;
        foreach (string mimeType in Formatter.GetPreferredMimeTypesFor(value.GetType())) bundle = bundle.With(mimeType, value.ToDisplayString(mimeType));
        return bundle.ContainsKey(MimeBundle.PlainText) ? bundle : bundle.With(MimeBundle.PlainText, value.ToDisplayString(MimeBundle.PlainText));
    }

    /// <summary>One representation of a value, and plain text: a string is taken to be of that type already.</summary>
    public static MimeBundle Format(object? value, string mimeType)
    {
        ArgumentException.ThrowIfNullOrEmpty(mimeType);
        string text = value as string ?? value.ToDisplayString(mimeType);
        JsonNode node = mimeType.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(text) ?? "" : text;
        return MimeBundle.Empty.With(mimeType, node).With(MimeBundle.PlainText, text);
    }
}
