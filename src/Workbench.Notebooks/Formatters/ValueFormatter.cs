using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Formatters;

/// <summary>Values to MIME bundles.</summary>
public static class ValueFormatter
{
    private const string PlainWrapper = "<div class=\"dni-plaintext\"><pre>", PlainWrapperEnd = "</pre></div>", StyleStart = "<style>", StyleEnd = "</style>";

    // In place of the style block that Interactive.Formatting writes after every value.
    private const string TreeStyle = "<style>.dni-treeview{white-space:nowrap}.dni-treeview td,.dni-treeview th{text-align:start;vertical-align:top}.dni-treeview pre,.dni-plaintext pre{margin:0}details.dni-treeview{padding-left:1em}.dni-code-hint{font-style:italic}</style>";

    static ValueFormatter() => HouseFormatters.Register();

    /// <summary>Every representation a value has, plain text always among them. A formatter that fails leaves a text that says so in place of its representation.</summary>
    public static MimeBundle Format(object? value)
    {
        if (value is null) return MimeBundle.Text("null");
        MimeBundle bundle = MimeBundle.Empty;
        foreach (string mimeType in Formatter.GetPreferredMimeTypesFor(value.GetType()))
        {
            if (IsText(value, mimeType)) continue;
            string? text = Try(value, mimeType, out string? failure);
            if (text is null) return MimeBundle.Text(failure ?? "");
            if (mimeType == MimeBundle.Html) text = WithoutWrapper(text);
            if (text is null) continue;
            bundle = bundle.With(mimeType, Node(mimeType, text));
        }
        if (bundle.ContainsKey(MimeBundle.PlainText)) return bundle;
        return bundle.With(MimeBundle.PlainText, Try(value, MimeBundle.PlainText, out string? reason) ?? reason ?? "");
    }

    /// <summary>One representation of a value, and plain text: a string is taken to be of that type already.</summary>
    public static MimeBundle Format(object? value, string mimeType)
    {
        ArgumentException.ThrowIfNullOrEmpty(mimeType);
        string? text = value as string ?? Try(value, mimeType, out string? failure) ?? failure;
        text ??= "";
        if (mimeType == MimeBundle.Html && value is not string) text = WithoutWrapper(text) ?? text;
        return MimeBundle.Empty.With(mimeType, Node(mimeType, text)).With(MimeBundle.PlainText, text);
    }

    private static string? Try(object? value, string mimeType, out string? failure)
    {
        failure = null;
        try
        {
            return mimeType == MimeBundle.PlainText && value is not null && ListText.Applies(value) ? ListText.Of(value) : value.ToDisplayString(mimeType);
        }
#pragma warning disable CA1031 // Whatever a user's formatter or property throws: the cell has its value, and says that it cannot be shown.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Exception cause = e is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e;
            failure = $"A value of type {value?.GetType()} cannot be shown as {mimeType}: {cause.GetType().Name}: {cause.Message}";
            return null;
        }
    }

    // A list of simple things is read as text; markup would make a tree of it.
    private static bool IsText(object value, string mimeType)
    {
        if (mimeType != MimeBundle.Html) return false;
        try
        {
            return ListText.Applies(value) && ListText.IsWhole(value);
        }
#pragma warning disable CA1031 // A sequence throws whatever its author likes; it does so again where its text is made, and is told there.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return true;
        }
    }

    private static JsonNode Node(string mimeType, string text)
    {
        if (!mimeType.EndsWith("json", StringComparison.Ordinal)) return mimeType == MimeBundle.Html ? text.Replace("\r\n", "\n", StringComparison.Ordinal) : text;
        try
        {
            return JsonNode.Parse(text) ?? "";
        }
        catch (JsonException)
        {
            return text;
        }
    }

    // Interactive.Formatting's markup without its repeated style; null when it is nothing but plain text in a box.
    private static string? WithoutWrapper(string html)
    {
        int style = html.LastIndexOf(StyleStart, StringComparison.Ordinal);
        if (style < 0 || !html.EndsWith(StyleEnd, StringComparison.Ordinal) || html.IndexOf(".dni-code-hint", style, StringComparison.Ordinal) < 0) return html;
        html = html[..style];
        if (html.StartsWith(PlainWrapper, StringComparison.Ordinal) && html.IndexOf(PlainWrapperEnd, StringComparison.Ordinal) == html.Length - PlainWrapperEnd.Length) return null;
        return html.Contains("dni-", StringComparison.Ordinal) ? html + TreeStyle : html;
    }
}
