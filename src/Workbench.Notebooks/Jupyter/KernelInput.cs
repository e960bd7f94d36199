namespace Workbench.Notebooks.Jupyter;

/// <summary>Questions to the user over the stdin channel, one at a time.</summary>
internal sealed class KernelInput(KernelWire wire) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim oneQuestion = new(1);
    private TaskCompletionSource<string>? answer;
    private byte[] asked = [];

    /// <summary>Asks the sender of a request for a line and waits for it.</summary>
    public string Ask(JupyterMessage request, string prompt, bool isPassword, CancellationToken cancellation)
    {
        oneQuestion.Wait(cancellation);
        try
        {
            Task<string> line;
            lock (gate)
            {
                answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
                asked = request.Identities is [byte[] first, ..] ? first : [];
                line = answer.Task;
            }
            wire.Send(KernelChannel.Stdin, request, "input_request", new() { ["prompt"] = prompt, ["password"] = isPassword });
            return line.WaitAsync(cancellation).GetAwaiter().GetResult();
        }
        finally
        {
            lock (gate) answer = null;
            oneQuestion.Release();
        }
    }

    /// <summary>An answer has come. One that nobody waits for, or from a client that was not asked, is ignored.</summary>
    public void Answer(JupyterMessage reply)
    {
        string line = reply.Text("value");
        lock (gate)
        {
            if (reply.Identities is [byte[] first, ..] && first.AsSpan().SequenceEqual(asked)) answer?.TrySetResult(line);
        }
    }

    public void Dispose() => oneQuestion.Dispose();
}
