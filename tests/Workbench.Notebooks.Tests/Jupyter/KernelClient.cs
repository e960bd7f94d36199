using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;
using Workbench.Notebooks.Jupyter;

namespace Workbench.Notebooks.Tests.Jupyter;

/// <summary>A message as a client sees it.</summary>
internal sealed record KernelMessage(string Type, string ParentId, JsonObject Content, JsonObject Metadata)
{
    public string? this[string name] => Content[name]?.ToString();

    public string Data(string mimeType = "text/plain") => (string?)Content["data"]?[mimeType] ?? "";
}

/// <summary>A Jupyter client written from the protocol's text, sharing no code with the kernel. Not for several threads. Waits fail after three minutes instead of hanging.</summary>
internal sealed class KernelClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DealerSocket shell = new(), control = new(), stdin = new();
    private readonly SubscriberSocket iopub = new();
    private readonly RequestSocket heartbeat = new();
    private readonly byte[] key;
    private readonly string session = Guid.NewGuid().ToString();

    /// <summary>Connects and waits for the kernel's welcome, after which nothing is missed.</summary>
    public KernelClient(ConnectionInfo connection)
    {
        key = Encoding.UTF8.GetBytes(connection.Key);
        byte[] identity = Encoding.ASCII.GetBytes(session);
        foreach (DealerSocket socket in (DealerSocket[])[shell, control, stdin]) socket.Options.Identity = identity;
        iopub.Options.ReceiveHighWatermark = 0;
        Connect(shell, connection.ShellPort);
        Connect(control, connection.ControlPort);
        Connect(stdin, connection.StdinPort);
        Connect(iopub, connection.IOPubPort);
        Connect(heartbeat, connection.HeartbeatPort);
        iopub.SubscribeToAnyTopic();
        while (Next().Type != "iopub_welcome") { }

        void Connect(NetMQSocket socket, int port) => socket.Connect(string.Create(CultureInfo.InvariantCulture, $"tcp://{connection.Ip}:{port}"));
    }

    /// <summary>Sends a request and gives its id.</summary>
    public string Send(string type, JsonObject? content = null, bool onControl = false, JsonObject? metadata = null)
    {
        string id = Guid.NewGuid().ToString();
        (onControl ? control : shell).SendMultipartBytes(Frames(type, id, content, metadata));
        return id;
    }

    public string SendCode(string code, bool silent = false, bool? storeHistory = null, bool allowStdin = false, bool stopOnError = true, JsonObject? expressions = null, JsonObject? metadata = null) =>
        Send("execute_request", new()
        {
            ["code"] = code, ["silent"] = silent, ["store_history"] = storeHistory ?? !silent, ["user_expressions"] = expressions ?? [], ["allow_stdin"] = allowStdin, ["stop_on_error"] = stopOnError,
        }, metadata: metadata);

    /// <summary>Runs a cell to its end.</summary>
    public (KernelMessage Reply, IReadOnlyList<KernelMessage> Outputs) Run(string code)
    {
        string id = SendCode(code);
        return (Reply(), Outputs(id));
    }

    /// <summary>Sends a request and gives its reply.</summary>
    public KernelMessage Ask(string type, JsonObject? content = null, bool onControl = false)
    {
        Send(type, content, onControl);
        return Reply(onControl);
    }

    /// <summary>The next reply.</summary>
    public KernelMessage Reply(bool onControl = false) => Receive(onControl ? control : shell, onControl ? "control" : "shell");

    /// <summary>The next broadcast.</summary>
    public KernelMessage Next() => Receive(iopub, "iopub");

    /// <summary>What is told of one request until the kernel is idle again, without the two statuses and the echo of the code.</summary>
    public IReadOnlyList<KernelMessage> Outputs(string id) => [.. Broadcasts(id).Where(m => m.Type is not ("status" or "execute_input"))];

    /// <summary>All that is told of one request until the kernel is idle again.</summary>
    public IReadOnlyList<KernelMessage> Broadcasts(string id)
    {
        List<KernelMessage> told = [];
        while (told is not [.., { Type: "status" } last] || last["execution_state"] != "idle")
            if (Next() is { } message && message.ParentId == id) told.Add(message);
        return told;
    }

    /// <summary>Waits for text of a cell on its standard output.</summary>
    public void WaitForText(string id, string text)
    {
        StringBuilder seen = new();
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
            if (Next() is { Type: "stream" } message && message.ParentId == id) seen.Append(message["text"]);
    }

    /// <summary>The next question to the user.</summary>
    public KernelMessage Question() => Receive(stdin, "stdin");

    public void Answer(string line) => stdin.SendMultipartBytes(Frames("input_reply", Guid.NewGuid().ToString(), new() { ["value"] = line }, null));

    /// <summary>Sends something; does the same come back?</summary>
    public bool Beats(TimeSpan? patience = null)
    {
        heartbeat.SendFrame("ping");
        return heartbeat.TryReceiveFrameString(patience ?? Patience, out string? echo) && echo == "ping";
    }

    /// <summary>Sends frames as they are over the shell channel.</summary>
    public void SendRaw(params IEnumerable<byte[]> frames) => shell.SendMultipartBytes(frames);

    /// <summary>The frames of a message, rightly signed.</summary>
    public byte[][] Frames(string type, string id, JsonObject? content, JsonObject? metadata)
    {
        JsonObject header = new() { ["msg_id"] = id, ["msg_type"] = type, ["session"] = session, ["username"] = "tester", ["date"] = "2026-01-01T00:00:00Z", ["version"] = "5.4" };
        return Signed(header.ToJsonString(), "{}", (metadata ?? []).ToJsonString(), (content ?? []).ToJsonString());
    }

    public byte[][] Signed(params string[] parts)
    {
        byte[][] json = [.. parts.Select(Encoding.UTF8.GetBytes)];
        return ["<IDS|MSG>"u8.ToArray(), Signature(json), .. json];
    }

    public void Dispose()
    {
        foreach (NetMQSocket socket in (NetMQSocket[])[shell, control, stdin, iopub, heartbeat]) socket.Dispose();
    }

    private byte[] Signature(byte[][] json) => key.Length == 0 ? [] : Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(key, json.SelectMany(j => j).ToArray())));

    private KernelMessage Receive(NetMQSocket socket, string channel)
    {
        List<byte[]> frames = [];
        if (!socket.TryReceiveMultipartBytes(Patience, ref frames)) throw new TimeoutException($"Nothing came on {channel} within three minutes.");
        int at = frames.FindIndex(f => f.AsSpan().SequenceEqual("<IDS|MSG>"u8));
        byte[][] json = [.. frames.Skip(at + 2).Take(4)];
        if (!Signature(json).AsSpan().SequenceEqual(frames[at + 1])) throw new InvalidDataException($"A message on {channel} is wrongly signed.");
        JsonObject[] parts = [.. json.Select(j => JsonNode.Parse(j)!.AsObject())];
        return new((string)parts[0]["msg_type"]!, (string?)parts[1]["msg_id"] ?? "", parts[3], parts[2]);
    }
}
