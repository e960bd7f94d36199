namespace Workbench.Notebooks.Display;

/// <summary>The cell that the current flow of control belongs to. Flows into tasks and threads that the cell starts, so their late output is still the cell's.</summary>
public sealed class CellScope
{
    private static readonly AsyncLocal<CellScope?> Ambient = new();

    private readonly Func<string> nextDisplayId;

    /// <summary>A scope for one run of one cell; display ids come from the session, so that they differ between cells.</summary>
    public CellScope(ICellOutput output, Func<string> nextDisplayId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(nextDisplayId);
        Output = output;
        Cancellation = cancellation;
        this.nextDisplayId = nextDisplayId;
    }

    /// <summary>The cell of the current flow of control; null outside cells.</summary>
    public static CellScope? Current => Ambient.Value;

    /// <summary>Where outputs go.</summary>
    public ICellOutput Output { get; }

    /// <summary>Cancelled when the user interrupts the cell or its time is over.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>An id for the next value shown.</summary>
    public string NextDisplayId() => nextDisplayId();

    /// <summary>Makes this the current cell until the result is disposed.</summary>
    public IDisposable Enter()
    {
        CellScope? outer = Ambient.Value;
        Ambient.Value = this;
        return new Leave(outer);
    }

    private sealed class Leave(CellScope? outer) : IDisposable
    {
        public void Dispose() => Ambient.Value = outer;
    }
}
