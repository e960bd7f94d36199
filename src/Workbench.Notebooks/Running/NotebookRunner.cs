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
        RunOutputs outputs = new();
        (int[] places, CellRun[] runs) = Plan(document, injected);
        NotebookCell[] cells = [.. document.Cells.Select(c => c.Kind == NotebookCellKind.Code && !c.HasTag(SkipTag) ? c with { Outputs = [], ExecutionCount = null } : c)];
        RunOutputs.CellOutputs?[] written = new RunOutputs.CellOutputs?[cells.Length];
        int total = runs.Count(r => r.Status == CellRunStatus.NotRun), done = 0;
        for (int i = 0; i < runs.Length && !cancellation.IsCancellationRequested; i++)
        {
            if (runs[i].Status == CellRunStatus.Skipped) continue;
            options.OnStep?.Invoke(new(done, total, runs[i].Id, runs[i].Title));
            RunOutputs.CellOutputs output = outputs.Begin();
            written[places[i]] = output;
            (runs[i], cells[places[i]]) = await RunCellAsync(session, document, runs[i], cells[places[i]], output, ++done, options, cancellation).ConfigureAwait(false);
            if (runs[i].Status is CellRunStatus.TimedOut or CellRunStatus.Interrupted || (runs[i].Status == CellRunStatus.Failed && !options.AllowErrors)) break;
        }
        options.OnStep?.Invoke(new(done, total, "", ""));
        // Read at the end: a late cell may have replaced what an earlier one showed.
        for (int i = 0; i < cells.Length; i++)
            if (written[i] is { } shown) cells[i] = cells[i] with { Outputs = shown.ToJson() };
        return new()
        {
            Document = document with { Cells = cells }, IsInterrupted = cancellation.IsCancellationRequested,
            Cells = [.. runs.Select((r, i) => r with { Outputs = cells[places[i]].Outputs.Count })],
        };
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

    // The code cells: where they are in the document, and how they are numbered, which is as in the document before parameters were put in.
    private static (int[] Places, CellRun[] Runs) Plan(NotebookDocument document, int injected)
    {
        List<int> places = [];
        List<CellRun> runs = [];
        string heading = "";
        for (int i = 0; i < document.Cells.Count; i++)
        {
            NotebookCell cell = document.Cells[i];
            if (cell.Kind == NotebookCellKind.Markdown) heading = cell.Title;
            if (cell.Kind != NotebookCellKind.Code) continue;
            places.Add(i);
            runs.Add(new()
            {
                Number = injected < 0 || i < injected ? i + 1 : i == injected ? 0 : i,
                Id = cell.Id, Title = cell.Source.TrimStart().StartsWith("//", StringComparison.Ordinal) || heading.Length == 0 ? cell.Title : heading,
                Status = cell.HasTag(SkipTag) ? CellRunStatus.Skipped : CellRunStatus.NotRun,
            });
        }
        return ([.. places], [.. runs]);
    }
}
