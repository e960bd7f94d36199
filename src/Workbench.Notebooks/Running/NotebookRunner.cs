using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>Runs a document in a session of its own, top to bottom. What the cells do is in the report; nothing is thrown for it.</summary>
public static class NotebookRunner
{
    /// <summary>A cell with this tag may fail, and the run goes on. As in nbclient.</summary>
    public const string MayFailTag = "raises-exception";

    /// <summary>A cell with this tag is not run and keeps the outputs it has. As in nbclient.</summary>
    public const string SkipTag = "skip-execution";

    /// <summary>Runs every code cell until one fails, the token is cancelled, or the end. A parameter the notebook does not take is an <see cref="ArgumentException"/>, before anything runs.</summary>
    public static async Task<RunReport> RunAsync(NotebookDocument document, RunOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        options ??= new();
        int before = document.Cells.Count;
        document = NotebookParameters.Inject(document, options.Parameters);
        int injected = document.Cells.Count > before ? document.Cells.ToList().FindIndex(c => c.HasTag(NotebookParameters.InjectedTag)) : -1;
        using NotebookSession session = new(options.Session);
        RunState state = new(document, injected);
        // Environment.Exit unwinds nothing: this handler is all that still runs.
        void EndWithProcess(object? sender, EventArgs e)
        {
            if (!cancellation.IsCancellationRequested && state.EndWithProcess() is { } report) options.OnProcessEnd?.Invoke(report);
        }
        AppDomain.CurrentDomain.ProcessExit += EndWithProcess;
        try
        {
            int done = 0;
            for (int i = 0; i < state.Runs.Length && !cancellation.IsCancellationRequested; i++)
            {
                if (state.Runs[i].Status == CellRunStatus.Skipped) continue;
                options.OnStep?.Invoke(new(done, state.Total, state.Runs[i].Id, state.Runs[i].Title));
                RunOutputs.CellOutputs output = state.Begin(i);
                (CellRun run, NotebookCell cell) = await RunCellAsync(session, document, state.Runs[i], state.CellOf(i), output, ++done, options, cancellation).ConfigureAwait(false);
                state.End(i, run, cell);
                bool failed = run.Status == CellRunStatus.Failed || state.HasFailedThread;
                if (run.Status is CellRunStatus.TimedOut or CellRunStatus.Interrupted || (failed && !options.AllowErrors)) break;
            }
            options.OnStep?.Invoke(new(done, state.Total, "", ""));
            return state.Report(cancellation.IsCancellationRequested);
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= EndWithProcess;
        }
    }

    private static async Task<(CellRun Run, NotebookCell Cell)> RunCellAsync(
        NotebookSession session, NotebookDocument document, CellRun run, NotebookCell cell, RunOutputs.CellOutputs output, int count, RunOptions options, CancellationToken cancellation)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        long began = Stopwatch.GetTimestamp();
        CellOutcome outcome;
        bool isLate;
        using (CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
        {
            if (options.Timeout is { } timeout) limit.CancelAfter(timeout);
            outcome = await session.RunAsync(cell.Source, CellLanguages.OfMetadata(cell) ?? CellLanguages.OfNotebook(document), output, limit.Token).ConfigureAwait(false);
            isLate = outcome.Status == CellStatus.Interrupted && !cancellation.IsCancellationRequested;
        }
        run = run with { Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds };
        if (outcome.Result is { } result) output.AddResult(result, count);
        CellError? error = isLate ? TimeOut(run, options.Timeout ?? default) : outcome.Error;
        if (error is not null) output.AddError(error);
        run = run with
        {
            Error = error, ErrorLine = error is null ? null : ErrorPlace.LineOf(error),
            Status = outcome.Status switch
            {
                CellStatus.Ok => CellRunStatus.Ok,
                CellStatus.Interrupted => isLate ? CellRunStatus.TimedOut : CellRunStatus.Interrupted,
                _ => cell.HasTag(MayFailTag) ? CellRunStatus.ExpectedError : CellRunStatus.Failed,
            },
        };
        cell = cell with { ExecutionCount = count };
        return (run, options.Timings ? WithTimes(cell, startedAt, TimeProvider.System.GetUtcNow()) : cell);
    }

    private static CellError TimeOut(CellRun run, TimeSpan timeout)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"Cell {run.Number} did not end within {timeout.TotalSeconds:0.###} s. Allow it more time with --timeout, or make it look at the token 'Interrupted'.");
        return new("Timeout", message, [message]);
    }

    private static NotebookCell WithTimes(NotebookCell cell, DateTimeOffset began, DateTimeOffset ended)
    {
        JsonObject metadata = (JsonObject)cell.Metadata.DeepClone();
        metadata["execution"] = new JsonObject { ["iopub.execute_input"] = Iso(began), ["shell.execute_reply"] = Iso(ended) };
        return cell with { Metadata = metadata };
    }

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
