using System.Text.Json.Nodes;
using System.Threading.Channels;
using NetMQ;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Jupyter;

/// <summary>
/// A Jupyter kernel: a <see cref="NotebookSession"/> behind the messaging protocol 5.4. Requests of the shell channel are served one after the other, those of the control channel beside
/// them, so a running cell can be interrupted.
/// </summary>
public sealed class JupyterKernel : IDisposable
{
    private const string Language = "csharp";

    private readonly NotebookSession session;
    private readonly TextWriter log;
    private readonly MessageCodec codec;
    private readonly KernelSockets sockets;
    private readonly KernelWire wire;
    private readonly KernelInput input;
    private readonly CodeQuestions questions;
    private readonly CellHistory history = new();
    private readonly CellExecutor executor;
    private readonly Channel<JupyterMessage> shell = Channel.CreateUnbounded<JupyterMessage>(), control = Channel.CreateUnbounded<JupyterMessage>();
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private CancellationTokenSource? running;
    private long received;

    /// <summary>Opens the sockets of a connection. A port in use is an <see cref="IOException"/>; an unsupported connection an <see cref="ArgumentException"/>.</summary>
    /// <param name="session">What runs the cells; not disposed here.</param>
    /// <param name="connection">Where to listen.</param>
    /// <param name="log">Where dropped messages and failures of handlers are told; null: nowhere.</param>
    public JupyterKernel(NotebookSession session, ConnectionInfo connection, TextWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Validate() is { } problem) throw new ArgumentException(problem, nameof(connection));
        this.session = session;
        this.log = TextWriter.Synchronized(log ?? TextWriter.Null);
        codec = new(connection.Key);
        sockets = new(connection) { Received = Receive };
        wire = new(sockets, codec);
        input = new(wire);
        questions = new(session, Language);
        executor = new(session, wire, input, questions, history) { Received = () => Interlocked.Read(ref received) };
    }

    /// <summary>Where the kernel listens, with the ports it chose.</summary>
    public ConnectionInfo Connection => sockets.Connection;

    /// <summary>Requests of the shell channel that have come but are not begun.</summary>
    internal int Waiting => shell.Reader.Count;

    /// <summary>Completes when the first cell would find the runtime warm.</summary>
    internal Task WarmedUp { get; private set; } = Task.CompletedTask;

    /// <summary>Serves requests until a client asks for shutdown or the token is cancelled; then the last messages are sent and the sockets closed.</summary>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        using CancellationTokenRegistration registration = cancellation.Register(Stop);
        sockets.Start();
        wire.Publish(null, "status", new() { ["execution_state"] = "starting" });
        WarmedUp = Task.Run(WarmUpAsync, CancellationToken.None);
        await Task.WhenAll(ServeAsync(shell.Reader, KernelChannel.Shell), ServeAsync(control.Reader, KernelChannel.Control)).ConfigureAwait(false);
        await wire.FlushAsync().ConfigureAwait(false);
        wire.Dispose();
        sockets.Dispose();
    }

    /// <summary>Interrupts the request that is being served, if there is one.</summary>
    public void Interrupt()
    {
        // What the cell does about it must not hold up the channel that asked.
        lock (gate) _ = running?.CancelAsync();
    }

    /// <summary>Waits until everything that was sent has left the process, or two seconds: the last thing before a process with a kernel ends.</summary>
    public static void CloseTransport() => NetMQConfig.Cleanup(block: true);

    /// <summary>Frees the sockets if <see cref="RunAsync"/> has not done so.</summary>
    public void Dispose()
    {
        Stop();
        wire.Dispose();
        sockets.Dispose();
        input.Dispose();
        stop.Dispose();
    }

    private void Stop()
    {
        shell.Writer.TryComplete();
        control.Writer.TryComplete();
        lock (gate)
        {
            if (!stop.IsCancellationRequested) _ = stop.CancelAsync();
            _ = running?.CancelAsync();
        }
    }

    // A trivial cell makes the runtime compile what every cell needs. One that comes meanwhile waits for what it would have to do itself.
    private async Task WarmUpAsync()
    {
        try
        {
            await session.RunAsync("1 + 1", Language, new SilentOutput(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The kernel was shut down before it was warm.
        }
    }

    // On the sockets' thread.
    private void Receive(KernelChannel channel, IReadOnlyList<byte[]> frames)
    {
        try
        {
            if (channel == KernelChannel.IOPub)
            {
                if (KernelSockets.IsSubscription(frames, out byte[] topic)) wire.Welcome(topic);
                return;
            }
            if (codec.Decode(frames, out string problem) is not { } message)
            {
                log.WriteLine($"kernel: a message on {channel} was dropped: {problem}");
                return;
            }
            if (channel == KernelChannel.Stdin) input.Answer(message);
            else if (channel == KernelChannel.Control) control.Writer.TryWrite(message);
            else
            {
                message.Sequence = Interlocked.Increment(ref received);
                shell.Writer.TryWrite(message);
            }
        }
#pragma warning disable CA1031 // Whatever a message holds, the thread that reads the sockets lives.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.WriteLine($"kernel: a message on {channel} was dropped: {e.Message}");
        }
    }

    private async Task ServeAsync(ChannelReader<JupyterMessage> requests, KernelChannel channel)
    {
        await Task.Yield();
        try
        {
            await foreach (JupyterMessage request in requests.ReadAllAsync(stop.Token).ConfigureAwait(false))
            {
                if (stop.IsCancellationRequested) return;
                await ServeAsync(request, channel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Shut down: what still waits gets no answer.
        }
    }

    private async Task ServeAsync(JupyterMessage request, KernelChannel channel)
    {
        // Not disposed: what a cell left running may still ask it.
        CancellationTokenSource interrupt = new();
        if (channel == KernelChannel.Shell)
        {
            lock (gate)
            {
                running = interrupt;
                // A shutdown may have come between this request and the one before.
                if (stop.IsCancellationRequested) _ = interrupt.CancelAsync();
            }
        }
        wire.Publish(request, "status", new() { ["execution_state"] = "busy" });
        try
        {
            await AnswerAsync(request, channel, interrupt.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A request that fails is answered with an error; the kernel lives.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.WriteLine($"kernel: {request.Type} failed: {(e is ProtocolException ? e.Message : e)}");
            wire.Send(channel, request, ReplyTo(request), Error(e));
        }
        finally
        {
            if (channel == KernelChannel.Shell) lock (gate) running = null;
            wire.Publish(request, "status", new() { ["execution_state"] = "idle" });
        }
        if (request.Type == "shutdown_request") Stop();
    }

    private async Task AnswerAsync(JupyterMessage request, KernelChannel channel, CancellationToken interrupt)
    {
        JsonObject? content = null;
        switch (request.Type)
        {
            case "execute_request":
                await executor.ExecuteAsync(request, interrupt).ConfigureAwait(false);
                break;
            case "kernel_info_request":
                content = KernelInfo.Reply();
                break;
            case "complete_request":
                content = await questions.CompleteAsync(request, interrupt).ConfigureAwait(false);
                break;
            case "inspect_request":
                content = await questions.InspectAsync(request, interrupt).ConfigureAwait(false);
                break;
            case "is_complete_request":
                content = questions.IsComplete(request);
                break;
            case "history_request":
                content = history.Reply(request);
                break;
            case "connect_request":
                content = Ports();
                break;
            case "comm_info_request":
                content = new() { ["status"] = "ok", ["comms"] = new JsonObject() };
                break;
            case "comm_open":
                // No target is known here; the protocol asks for the comm to be closed at once.
                wire.Publish(request, "comm_close", new() { ["comm_id"] = request.Text("comm_id"), ["data"] = new JsonObject() });
                break;
            case "comm_msg" or "comm_close":
                break;
            case "interrupt_request":
                Interrupt();
                content = new() { ["status"] = "ok" };
                break;
            case "shutdown_request":
                content = new() { ["status"] = "ok", ["restart"] = request.Flag("restart", false) };
                wire.Publish(request, "shutdown_reply", (JsonObject)content.DeepClone());
                break;
            default:
                throw new ProtocolException($"This kernel does not know '{request.Type}'.");
        }
        if (content is not null) wire.Send(channel, request, ReplyTo(request), content);
    }

    private JsonObject Ports() => new()
    {
        ["status"] = "ok",
        ["shell_port"] = Connection.ShellPort,
        ["iopub_port"] = Connection.IOPubPort,
        ["stdin_port"] = Connection.StdinPort,
        ["hb_port"] = Connection.HeartbeatPort,
        ["control_port"] = Connection.ControlPort,
    };

    private static JsonObject Error(Exception e) => new() { ["status"] = "error", ["ename"] = e.GetType().Name, ["evalue"] = e.Message, ["traceback"] = new JsonArray(e.Message) };

    private static string ReplyTo(JupyterMessage request) => request.Type.EndsWith("_request", StringComparison.Ordinal) ? request.Type[..^"request".Length] + "reply" : request.Type + "_reply";
}
