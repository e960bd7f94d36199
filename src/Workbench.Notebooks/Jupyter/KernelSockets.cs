using System.Globalization;
using NetMQ;
using NetMQ.Sockets;

namespace Workbench.Notebooks.Jupyter;

/// <summary>The channels that carry messages.</summary>
internal enum KernelChannel
{
    Shell,
    Control,
    Stdin,
    IOPub,
}

/// <summary>
/// The five sockets. A thread of its own reads and writes them all, as none may be used by two; it never runs handlers, so heartbeat and control live while a cell runs.
/// </summary>
internal sealed class KernelSockets : IDisposable
{
    private const int AtOnce = 64;
    private const byte Subscribe = 1;
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly RouterSocket shell = new(), control = new(), stdin = new(), heartbeat = new();
    private readonly XPublisherSocket iopub = new();
    private readonly NetMQQueue<Outgoing> outgoing = new();
    private readonly NetMQPoller poller;
    private readonly Thread thread;
    private bool isClosed;

    /// <summary>Opens the sockets; nothing is read until <see cref="Start"/>. A port in use is an <see cref="IOException"/>.</summary>
    public KernelSockets(ConnectionInfo connection)
    {
        foreach (NetMQSocket socket in (NetMQSocket[])[shell, control, stdin, heartbeat, iopub])
        {
            socket.Options.Linger = Linger;
            // Nothing is dropped: a slow client costs memory, not output.
            socket.Options.SendHighWatermark = 0;
            socket.Options.ReceiveHighWatermark = 0;
        }
        iopub.Options.XPubVerbose = true;
        poller = [shell, control, stdin, heartbeat, iopub, outgoing];
        thread = new(poller.Run) { IsBackground = true, Name = "Jupyter sockets" };
        try
        {
            Connection = connection with
            {
                ShellPort = Bind(shell, connection, connection.ShellPort),
                ControlPort = Bind(control, connection, connection.ControlPort),
                StdinPort = Bind(stdin, connection, connection.StdinPort),
                IOPubPort = Bind(iopub, connection, connection.IOPubPort),
                HeartbeatPort = Bind(heartbeat, connection, connection.HeartbeatPort),
            };
        }
        catch
        {
            CloseSockets();
            throw;
        }
    }

    /// <summary>Frames came over a channel; called on the sockets' thread, must not block and must not throw.</summary>
    public required Action<KernelChannel, IReadOnlyList<byte[]>> Received { get; init; }

    /// <summary>Where the sockets listen, with the ports chosen.</summary>
    public ConnectionInfo Connection { get; }

    /// <summary>Begins to read and to write.</summary>
    public void Start()
    {
        shell.ReceiveReady += (_, e) => Read(e.Socket, KernelChannel.Shell);
        control.ReceiveReady += (_, e) => Read(e.Socket, KernelChannel.Control);
        stdin.ReceiveReady += (_, e) => Read(e.Socket, KernelChannel.Stdin);
        iopub.ReceiveReady += (_, e) => Read(e.Socket, KernelChannel.IOPub);
        heartbeat.ReceiveReady += (_, e) => e.Socket.TrySendMultipartBytes(e.Socket.ReceiveMultipartBytes());
        outgoing.ReceiveReady += (_, _) => Write();
        thread.Start();
    }

    /// <summary>Sends frames; messages of all threads and channels leave in the order of these calls.</summary>
    public void Send(KernelChannel channel, byte[][] frames) => outgoing.Enqueue(new(channel, frames, null));

    /// <summary>Completes when everything sent before has left the queue.</summary>
    public Task FlushAsync()
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        outgoing.Enqueue(new(KernelChannel.IOPub, [], done));
        return done.Task;
    }

    /// <summary>Is this frame of the publishing socket someone's subscription, and to what?</summary>
    public static bool IsSubscription(IReadOnlyList<byte[]> frames, out byte[] topic)
    {
        bool isOne = frames is [[Subscribe, ..]];
        topic = isOne ? frames[0][1..] : [];
        return isOne;
    }

    /// <summary>Closes the sockets; what was sent goes on its way for up to two seconds.</summary>
    public void Dispose()
    {
        // The kernel closes them when it ends, its owner when it is given up; both may happen at once.
        if (Interlocked.Exchange(ref isClosed, true)) return;
        if (thread.IsAlive)
        {
            poller.Stop();
            thread.Join();
        }
        // Whoever waits for what nobody sends any more goes on.
        while (outgoing.TryDequeue(out Outgoing left, TimeSpan.Zero)) left.Done?.SetResult();
        CloseSockets();
    }

    private void CloseSockets()
    {
        poller.Dispose();
        outgoing.Dispose();
        foreach (NetMQSocket socket in (NetMQSocket[])[shell, control, stdin, heartbeat, iopub]) socket.Dispose();
    }

    private void Read(NetMQSocket socket, KernelChannel channel)
    {
        List<byte[]> frames = [];
        for (int i = 0; i < AtOnce && socket.TryReceiveMultipartBytes(ref frames); i++)
        {
            Received(channel, frames);
            frames = [];
        }
    }

    private void Write()
    {
        for (int i = 0; i < AtOnce && outgoing.TryDequeue(out Outgoing message, TimeSpan.Zero); i++)
        {
            if (message.Done is { } done) done.SetResult();
            else Socket(message.Channel).TrySendMultipartBytes(message.Frames);
        }
    }

    private NetMQSocket Socket(KernelChannel channel) => channel switch
    {
        KernelChannel.Shell => shell,
        KernelChannel.Control => control,
        KernelChannel.Stdin => stdin,
        _ => iopub,
    };

    private static int Bind(NetMQSocket socket, ConnectionInfo connection, int port)
    {
        if (port == 0) return socket.BindRandomPort($"tcp://{connection.Ip}");
        string address = string.Create(CultureInfo.InvariantCulture, $"tcp://{connection.Ip}:{port}");
        try
        {
            socket.Bind(address);
        }
        catch (NetMQException e)
        {
            throw new IOException($"Cannot listen at {address}: {e.Message}. Another program may use the port; restart the kernel to get another one.", e);
        }
        return port;
    }

    private readonly record struct Outgoing(KernelChannel Channel, byte[][] Frames, TaskCompletionSource? Done);
}
