namespace Workbench.Analysis;

/// <summary>
/// Who listens to the replays of this flow of execution, and who may stop them: a notebook enters a scope for each cell, so that cells need not
/// pass progress and cancellation around.
/// </summary>
public sealed class RunScope : IDisposable
{
    private const int ReportsInARun = 100;

    private static readonly AsyncLocal<RunScope?> Ambient = new();

    private readonly RunScope? outer;
    private readonly IProgress<RunProgress>? progress;

    private RunScope(RunScope? outer, IProgress<RunProgress>? progress, CancellationToken cancellation) => (this.outer, this.progress, Cancellation) = (outer, progress, cancellation);

    /// <summary>Stops every replay in the scope with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The scope that was entered last in this flow of execution; null outside of all.</summary>
    public static RunScope? Current => Ambient.Value;

    /// <summary>Enters a scope; disposing it returns to the one before.</summary>
    /// <param name="progress">Told about every replay, at most a hundred times in each and once at its end.</param>
    /// <param name="cancellation">Stops replays; without effect on what is not a replay.</param>
    public static RunScope Enter(IProgress<RunProgress>? progress = null, CancellationToken cancellation = default)
    {
        RunScope entered = new(Ambient.Value, progress, cancellation);
        Ambient.Value = entered;
        return entered;
    }

    /// <summary>Leaves the scope.</summary>
    public void Dispose()
    {
        if (Ambient.Value == this) Ambient.Value = outer;
    }

    /// <summary>What a run of so many steps reports to: nothing more often than for each hundredth of it.</summary>
    internal static Action<long> Reporter(string label, long total, string unit = "events")
    {
        if (Current?.progress is not { } progress) return static _ => { };
        long step = Math.Max(1, total / ReportsInARun), next = 0;
        return done =>
        {
            if (done < next && done != total) return;
            next = done + step;
            progress.Report(new(label, done, total, unit));
        };
    }
}
