using System.Runtime.ExceptionServices;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Sessions;

/// <summary>
/// Exceptions no caller sees: those of async void methods and of bare threads, which would end the process, and those of tasks nobody awaited. They are written to a cell's
/// standard error; one of a thread makes the cell of a run fail.
/// </summary>
internal sealed class StrayExceptions : SynchronizationContext
{
    private static readonly WeakReference<CellScope?> Latest = new(null);

    private readonly CellScope scope;

    static StrayExceptions()
    {
        TaskScheduler.UnobservedTaskException += static (_, e) =>
        {
            // The collector finds these at some later time; the latest cell is the best guess.
            if (!Latest.TryGetTarget(out CellScope? latest) || latest is null) return;
            e.SetObserved();
            Report(latest, "A task nobody awaited failed", e.Exception.InnerException ?? e.Exception);
        };
        try
        {
            ExceptionHandling.SetUnhandledExceptionHandler(EndsThread);
        }
        catch (InvalidOperationException)
        {
            // The host has a handler of its own, and there can be only one: its rules hold.
        }
    }

    private StrayExceptions(CellScope scope) => this.scope = scope;

    /// <summary>Catches them on this thread, and where its cell goes on, until the result is disposed.</summary>
    public static IDisposable Watch(CellScope scope)
    {
        Latest.SetTarget(scope);
        SynchronizationContext? before = Current;
        SetSynchronizationContext(new StrayExceptions(scope));
        return new Restore(before);
    }

    /// <inheritdoc />
    public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(_ => Run(d, state));

    /// <inheritdoc />
    public override void Send(SendOrPostCallback d, object? state) => Run(d, state);

    /// <inheritdoc />
    public override SynchronizationContext CreateCopy() => this;

    private void Run(SendOrPostCallback work, object? state)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            work(state);
        }
#pragma warning disable CA1031 // Nobody else is there to catch it, and the process would end.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Report(scope, "An async void method failed", e);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    // What the host's own threads throw stays the host's. A timer's callback has lost its flow when this is asked; its frames tell.
    private static bool EndsThread(Exception e)
    {
        CellScope? scope = CellScope.Current;
        if (scope is null && CellErrors.IsOfCell(e)) Latest.TryGetTarget(out scope);
        if (scope is null) return false;
        if (scope.Output is IFailingOutput output && CellErrors.Of(e).Error is { } error)
        {
            string message = "A thread of the cell failed: " + error.Message;
            output.Fail(error with { Message = message, Traceback = [$"{error.Name}: {message}", .. error.Traceback.Skip(1)] });
        }
        else Report(scope, "A thread of the cell failed", e);
        return true;
    }

    private static void Report(CellScope scope, string what, Exception e) => scope.Output.Write(StreamName.Stderr, $"{what}: {e.GetType().FullName}: {e.Message}\n");

    private sealed class Restore(SynchronizationContext? before) : IDisposable
    {
        public void Dispose() => SetSynchronizationContext(before);
    }
}
