namespace Workbench.Display;

/// <summary>One representation of a type; its members are found by name.</summary>
internal sealed class MimeFormatter(string mimeType, Func<object, string?> format)
{
    public const string Html = "text/html";
    public const string Plain = "text/plain";

    /// <summary>What <see cref="Format"/> writes.</summary>
    public string MimeType { get; } = mimeType;

    /// <summary>Writes the value; false if it is of another type.</summary>
    public bool Format(object value, TextWriter writer)
    {
        if (format(value) is not { } text) return false;
        writer.Write(text);
        return true;
    }
}
