namespace Workbench.Display;

/// <summary>
/// Says who shows a type in a notebook. Notebook engines (.NET Interactive, Interactive.Formatting, our own) look for an attribute of this name and
/// call what it names by convention, so that no reference to any of them is needed.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>A type with a parameterless constructor and CreateTypeFormatters().</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;
    /// <summary>What it can show, the best first.</summary>
    public string[] PreferredMimeTypes { get; init; } = [MimeFormatter.Html, MimeFormatter.Plain];
}
