using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Messages to frames and back: identities, delimiter, signature, header, parent header, metadata, content. Jupyter messaging, "The Wire Protocol".</summary>
internal sealed class MessageCodec
{
    public const string ProtocolVersion = "5.4";

    private const int JsonParts = 4;
    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };
    // A repeated member would be noticed only when it is used.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 256 };

    private readonly byte[] key;
    private readonly string user = Environment.UserName;
    private long lastId;

    public MessageCodec(string key) => this.key = Encoding.UTF8.GetBytes(key);

    /// <summary>The id of this run of the kernel, part of every message id.</summary>
    public string Session { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The frames of a message, signed.</summary>
    /// <param name="identities">Where it goes, or the topic of a broadcast.</param>
    /// <param name="type">Its type.</param>
    /// <param name="parent">The header of the request it follows from, as JSON; null: it follows from none.</param>
    /// <param name="content">Its content.</param>
    /// <param name="metadata">Its metadata; null: none.</param>
    public byte[][] Encode(ReadOnlySpan<byte[]> identities, string type, byte[]? parent, JsonObject content, JsonObject? metadata = null)
    {
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["msg_id"] = string.Create(CultureInfo.InvariantCulture, $"{Session}_{Interlocked.Increment(ref lastId)}"),
            ["session"] = Session,
            ["username"] = user,
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        }, Compact);
        byte[][] json = [header, parent ?? EmptyObject, metadata is null ? EmptyObject : JsonSerializer.SerializeToUtf8Bytes(metadata, Compact), JsonSerializer.SerializeToUtf8Bytes(content, Compact)];
        return [.. identities, Delimiter, Sign(json), .. json];
    }

    /// <summary>The message of frames, or null and what is wrong with them.</summary>
    public JupyterMessage? Decode(IReadOnlyList<byte[]> frames, out string problem)
    {
        int at = 0;
        while (at < frames.Count && !frames[at].AsSpan().SequenceEqual(Delimiter)) at++;
        if (at + 1 + JsonParts >= frames.Count)
        {
            problem = at == frames.Count ? "no delimiter <IDS|MSG>" : "too few frames after the delimiter";
            return null;
        }
        byte[][] json = [.. frames.Skip(at + 2).Take(JsonParts)];
        if (key.Length > 0 && !CryptographicOperations.FixedTimeEquals(Sign(json), frames[at + 1]))
        {
            problem = "wrong signature";
            return null;
        }
        try
        {
            JsonObject header = Parse(json[0], "header");
            problem = "";
            return new()
            {
                Identities = [.. frames.Take(at)],
                HeaderJson = json[0],
                Header = header,
                ParentHeader = Parse(json[1], "parent header"),
                Metadata = Parse(json[2], "metadata"),
                Content = Parse(json[3], "content"),
                Type = Text(header, "msg_type"),
                Id = Text(header, "msg_id"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problem = e.Message;
            return null;
        }
    }

    private byte[] Sign(byte[][] json)
    {
        if (key.Length == 0) return [];
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (byte[] part in json) hash.AppendData(part);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static JsonObject Parse(byte[] json, string part) => JsonNode.Parse(json, null, Strict) as JsonObject ?? throw new JsonException($"the {part} is no JSON object");

    private static string Text(JsonObject header, string name) =>
        header[name] is JsonValue value && value.TryGetValue(out string? text) ? text : throw new JsonException($"the header's {name} is no string");
}
