using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Where a kernel and its clients meet, and the key they sign with: the content of a connection file. Port 0 lets the kernel choose.</summary>
public sealed record ConnectionInfo
{
    /// <summary>Only "tcp" is supported.</summary>
    [JsonPropertyName("transport")]
    public string Transport { get; init; } = "tcp";

    /// <summary>The address to listen at.</summary>
    [JsonPropertyName("ip")]
    public string Ip { get; init; } = "127.0.0.1";

    /// <summary>Requests to run and to help with code.</summary>
    [JsonPropertyName("shell_port")]
    public int ShellPort { get; init; }

    /// <summary>What the kernel tells everyone.</summary>
    [JsonPropertyName("iopub_port")]
    public int IOPubPort { get; init; }

    /// <summary>Questions of the kernel to the user.</summary>
    [JsonPropertyName("stdin_port")]
    public int StdinPort { get; init; }

    /// <summary>Requests that do not wait for a running cell.</summary>
    [JsonPropertyName("control_port")]
    public int ControlPort { get; init; }

    /// <summary>Whatever comes is sent back.</summary>
    [JsonPropertyName("hb_port")]
    public int HeartbeatPort { get; init; }

    /// <summary>The key of signatures; empty: messages are not signed.</summary>
    [JsonPropertyName("key")]
    public string Key { get; init; } = "";

    /// <summary>Only "hmac-sha256" is supported.</summary>
    [JsonPropertyName("signature_scheme")]
    public string SignatureScheme { get; init; } = "hmac-sha256";

    /// <summary>Reads a connection file. What is wrong with it is an <see cref="InvalidDataException"/> that says what and where.</summary>
    public static ConnectionInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string text = File.ReadAllText(path);
        try
        {
            ConnectionInfo info = JsonNode.Parse(text) is JsonObject json ? json.Deserialize<ConnectionInfo>()! : throw new InvalidDataException($"{path}: a JSON object is needed.");
            return info.Validate() is { } problem ? throw new InvalidDataException($"{path}: {problem}") : info;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not a connection file: {e.Message}", e);
        }
    }

    /// <summary>The text of a connection file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>What a kernel cannot do with this, or null.</summary>
    public string? Validate()
    {
        if (Transport != "tcp") return $"transport '{Transport}' is not supported; use 'tcp'.";
        if (SignatureScheme != "hmac-sha256") return $"signature_scheme '{SignatureScheme}' is not supported; use 'hmac-sha256'.";
        foreach ((string name, int port) in (ReadOnlySpan<(string, int)>)[("shell_port", ShellPort), ("iopub_port", IOPubPort), ("stdin_port", StdinPort), ("control_port", ControlPort), ("hb_port", HeartbeatPort)])
            if (port is < 0 or > ushort.MaxValue) return string.Create(CultureInfo.InvariantCulture, $"{name} {port} is no port; 0 to 65535 are.");
        return null;
    }
}
