using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Sessions;

/// <summary>
/// Exceptions no caller sees: those of async void methods, which would end the process, and those of tasks nobody awaited. Both are written to a cell's standard error.
/// </summary>
internal sealed class StrayExceptions : SynchronizationContext
{
    private static readonly WeakReference<CellScope?> Latest = new(null);

    private readonly CellScope scope;

    static StrayExceptions() => TaskScheduler.UnobservedTaskException += static (_, e) =>
    {
        // The collector finds these at some later time; the latest cell is the best guess.
        if (!Latest.TryGetTarget(out CellScope? latest) || latest is null) return;
        e.SetObserved();
        Report(latest, "A task nobody awaited failed", e.Exception.InnerException ?? e.Exception);
    };

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

    private static void Report(CellScope scope, string what, Exception e) => scope.Output.Write(StreamName.Stderr, $"{what}: {e.GetType().FullName}: {e.Message}\n");

    private sealed class Restore(SynchronizationContext? before) : IDisposable
    {
        public void Dispose() => SetSynchronizationContext(before);
    }
}
