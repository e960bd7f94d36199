using Workbench.Notebooks.Jupyter;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Tests.Jupyter;

/// <summary>A kernel in this process with one client, for one test.</summary>
internal sealed class RunningKernel : IDisposable
{
    private readonly NotebookSession session = new(new() { References = [typeof(RunningKernel).Assembly] });
    private readonly Task run;

    public RunningKernel(string key = "secret")
    {
        Kernel = new(session, new() { Key = key }, Log);
        run = Kernel.RunAsync(CancellationToken.None);
        Client = new(Kernel.Connection);
    }

    public StringWriter Log { get; } = new();

    public JupyterKernel Kernel { get; }

    public KernelClient Client { get; }

    /// <summary>Waits for the kernel's end, which a client asked for.</summary>
    public bool Ends() => run.Wait(TimeSpan.FromMinutes(3));

    /// <summary>Waits until so many requests lie in the kernel's queue.</summary>
    public void WaitForQueue(int count)
    {
        if (!SpinWait.SpinUntil(() => Kernel.Waiting == count, TimeSpan.FromMinutes(3))) throw new TimeoutException($"{Kernel.Waiting} requests wait instead of {count}.");
    }

    public void Dispose()
    {
        // One test's warm-up must not run beside the next test.
        Kernel.WarmedUp.Wait();
        Client.Dispose();
        Kernel.Dispose();
        session.Dispose();
    }
}

/// <summary>Doors that tests open for cells, by name.</summary>
public static class Gates
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, ManualResetEventSlim> All = new(), Reached = new();

    /// <summary>Called by a cell.</summary>
    public static void Pass(string name)
    {
        Reached.GetOrAdd(name, _ => new()).Set();
        All.GetOrAdd(name, _ => new()).Wait(TimeSpan.FromMinutes(3));
    }

    /// <summary>Called by a test: waits for the cell.</summary>
    public static void WaitForCell(string name)
    {
        if (!Reached.GetOrAdd(name, _ => new()).Wait(TimeSpan.FromMinutes(3))) throw new TimeoutException($"No cell came to gate {name}.");
    }

    /// <summary>Called by a test.</summary>
    public static void Open(string name) => All.GetOrAdd(name, _ => new()).Set();
}
