using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Jupyter;

/// <summary>A message as it was received: signature checked, JSON read.</summary>
internal sealed class JupyterMessage
{
    /// <summary>The frames before the delimiter: who sent it, and so where a reply goes.</summary>
    public required byte[][] Identities { get; init; }

    /// <summary>The header as it came: the parent header of all that follows from this message.</summary>
    public required byte[] HeaderJson { get; init; }

    public required JsonObject Header { get; init; }

    public required JsonObject ParentHeader { get; init; }

    public required JsonObject Metadata { get; init; }

    public required JsonObject Content { get; init; }

    public required string Type { get; init; }

    public required string Id { get; init; }

    /// <summary>Its place among the messages of its channel, from 1.</summary>
    public long Sequence { get; set; }

    public string Text(string name, string? fallback = null) => Value(name, fallback, "a string");

    public bool Flag(string name, bool fallback) => Value<bool?>(name, fallback, "true or false")!.Value;

    public int Number(string name, int fallback) => Value<int?>(name, fallback, "a whole number")!.Value;

    private T Value<T>(string name, T? fallback, string kind)
    {
        JsonNode? node = Content[name];
        if (node is null) return fallback ?? throw new ProtocolException($"{Type} lacks '{name}', {kind}.");
        return node is JsonValue value && value.TryGetValue(out T? result) && result is not null ? result : throw new ProtocolException($"{Type}: '{name}' must be {kind}.");
    }
}

/// <summary>A request that says what no request may say; its sender gets the message as an error.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
