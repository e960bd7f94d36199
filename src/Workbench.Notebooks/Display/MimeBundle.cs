using System.Collections;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Display;

/// <summary>One value in several representations, by MIME type in order of preference: text as a JSON string, types that end in json as what they hold.</summary>
#pragma warning disable CA1710 // "MIME bundle" is the protocol's own word.
public sealed class MimeBundle : IReadOnlyDictionary<string, JsonNode>
#pragma warning restore CA1710
{
    /// <summary>The MIME type every bundle should have: consoles and paper show nothing else.</summary>
    public const string PlainText = "text/plain";

    /// <summary>The MIME type of markup.</summary>
    public const string Html = "text/html";

    private readonly List<KeyValuePair<string, JsonNode>> parts;

    private MimeBundle(List<KeyValuePair<string, JsonNode>> parts) => this.parts = parts;

    /// <summary>A bundle of nothing.</summary>
    public static MimeBundle Empty { get; } = new([]);

    /// <summary>A bundle of plain text alone.</summary>
    public static MimeBundle Text(string text) => Empty.With(PlainText, text);

    /// <inheritdoc />
    public int Count => parts.Count;

    /// <inheritdoc />
    public IEnumerable<string> Keys => parts.Select(p => p.Key);

    /// <inheritdoc />
    public IEnumerable<JsonNode> Values => parts.Select(p => p.Value);

    /// <inheritdoc />
    public JsonNode this[string key] => TryGetValue(key, out JsonNode? value) ? value : throw new KeyNotFoundException($"The bundle has no '{key}'; it has: {string.Join(", ", Keys)}.");

    /// <summary>This bundle with one more representation, or another in place of the one of that type.</summary>
    public MimeBundle With(string mimeType, JsonNode value)
    {
        ArgumentException.ThrowIfNullOrEmpty(mimeType);
        ArgumentNullException.ThrowIfNull(value);
        List<KeyValuePair<string, JsonNode>> copy = [.. parts.Where(p => p.Key != mimeType), new(mimeType, value)];
        return new(copy);
    }

    /// <summary>The text of a representation, or null if there is none of that type or it is not text.</summary>
    public string? TextOf(string mimeType) => TryGetValue(mimeType, out JsonNode? value) && value is JsonValue text && text.TryGetValue(out string? s) ? s : null;

    /// <inheritdoc />
    public bool ContainsKey(string key) => parts.Exists(p => p.Key == key);

    /// <inheritdoc />
    public bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out JsonNode value)
    {
        value = parts.Find(p => p.Key == key).Value;
        return value is not null;
    }

    /// <summary>The bundle as the `data` member of a Jupyter message or a stored output.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = [];
        foreach ((string mimeType, JsonNode value) in parts) json[mimeType] = value.DeepClone();
        return json;
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, JsonNode>> GetEnumerator() => parts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
