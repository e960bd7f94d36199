using System.Runtime.InteropServices;

namespace Workbench.Cli;

/// <summary>Ctrl-C while a command runs: the first asks it to stop, further ones change nothing, and a command that does not stop in time is ended.</summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource source = new();
    private readonly Lock gate = new();
    private readonly PosixSignalRegistration[] registrations;
    private readonly Timer deadline;
    private readonly TimeSpan grace;
    private bool isSaid, isDisposed;

    /// <summary>Listens from now on. A command that never looks at the token is ended at once; one that Ctrl-C does not end listens to it itself.</summary>
    public Interruption(bool commandLooks, bool endsByCtrlC = true)
    {
        grace = commandLooks ? Grace : TimeSpan.Zero;
        deadline = new(_ => End());
        PosixSignal[] signals = endsByCtrlC ? [PosixSignal.SIGINT, PosixSignal.SIGTERM] : [PosixSignal.SIGTERM];
        registrations = [.. signals.Select(s => PosixSignalRegistration.Create(s, Handle))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Says once what became of the command.</summary>
    public void Say(string message)
    {
        lock (gate)
        {
            if (isSaid) return;
            isSaid = true;
            Console.Error.WriteLine("workbench: " + message);
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations) registration.Dispose();
        // A handler that runs already finds out here.
        lock (gate)
        {
            isDisposed = true;
            deadline.Dispose();
            source.Dispose();
        }
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (gate)
        {
            if (isDisposed || source.IsCancellationRequested) return;
            deadline.Change(grace, Timeout.InfiniteTimeSpan);
            source.Cancel();
        }
    }

    private void End()
    {
        Say("interrupted.");
        Environment.Exit(CommandLine.Interrupted);
    }
}

/// <summary>A command stopped because it was interrupted; the message says what it had done.</summary>
internal sealed class InterruptedException(string message) : OperationCanceledException(message);
