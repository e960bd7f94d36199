using System.Text;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Jupyter;

/// <summary>
/// Sends messages of every kind in order. Text of streams is gathered for a moment, so that a cell that writes a lot in small pieces does not drown its clients; any other message
/// takes the gathered text out before itself.
/// </summary>
internal sealed class KernelWire : IDisposable
{
    private const int MostGathered = 64 * 1024;
    private const int GatherMs = 25;

    private readonly Lock gate = new();
    private readonly KernelSockets sockets;
    private readonly MessageCodec codec;
    private readonly StringBuilder gathered = new();
    private readonly Timer timer;
    private JupyterMessage? parent;
    private string stream = "";
    private bool isDisposed;

    public KernelWire(KernelSockets sockets, MessageCodec codec)
    {
        (this.sockets, this.codec) = (sockets, codec);
        timer = new(_ => { lock (gate) Release(isEnd: false); });
    }

    /// <summary>Text on a stream of a request's cell.</summary>
    public void Write(JupyterMessage request, string name, string text)
    {
        lock (gate)
        {
            if (isDisposed) return;
            if (parent != request || stream != name)
            {
                Release(isEnd: true);
                (parent, stream) = (request, name);
            }
            if (gathered.Length == 0) timer.Change(GatherMs, Timeout.Infinite);
            for (int at = 0; at < text.Length;)
            {
                int count = Math.Min(text.Length - at, MostGathered - gathered.Length);
                gathered.Append(text, at, count);
                at += count;
                if (gathered.Length == MostGathered) Release(isEnd: false);
            }
        }
    }

    /// <summary>Tells everyone something that follows from a request, or from none.</summary>
    public void Publish(JupyterMessage? request, string type, JsonObject content, JsonObject? metadata = null)
    {
        lock (gate)
        {
            Release(isEnd: true);
            Broadcast(request, type, content, metadata);
        }
    }

    /// <summary>Tells the sender of a request something, over a channel.</summary>
    public void Send(KernelChannel channel, JupyterMessage request, string type, JsonObject content, JsonObject? metadata = null)
    {
        lock (gate)
        {
            Release(isEnd: true);
            if (!isDisposed) sockets.Send(channel, codec.Encode(request.Identities, type, request.HeaderJson, content, metadata));
        }
    }

    /// <summary>Welcomes a client that has subscribed to a topic: from now on it hears everything. Jupyter messaging 5.4, "Welcome message".</summary>
    public void Welcome(byte[] topic)
    {
        lock (gate)
        {
            if (!isDisposed) sockets.Send(KernelChannel.IOPub, codec.Encode([topic], "iopub_welcome", null, new() { ["subscription"] = Encoding.UTF8.GetString(topic) }));
        }
    }

    /// <summary>Sends what is gathered and waits until it has left.</summary>
    public Task FlushAsync()
    {
        lock (gate)
        {
            // A closed queue takes nothing and would never say so: NetMQ's sender turns round and round on it.
            if (isDisposed) return Task.CompletedTask;
            Release(isEnd: true);
            return sockets.FlushAsync();
        }
    }

    public void Dispose()
    {
        lock (gate) isDisposed = true;
        timer.Dispose();
    }

    // Half a surrogate pair waits for its other half unless nothing more can be added.
    private void Release(bool isEnd)
    {
        int length = gathered.Length;
        if (!isEnd && length > 0 && char.IsHighSurrogate(gathered[length - 1])) length--;
        if (length == 0) return;
        string text = gathered.ToString(0, length);
        gathered.Remove(0, length);
        Broadcast(parent, "stream", new() { ["name"] = stream, ["text"] = text });
    }

    private void Broadcast(JupyterMessage? request, string type, JsonObject content, JsonObject? metadata = null)
    {
        if (!isDisposed) sockets.Send(KernelChannel.IOPub, codec.Encode([Encoding.UTF8.GetBytes($"kernel.{codec.Session}.{type}")], type, request?.HeaderJson, content, metadata));
    }
}
