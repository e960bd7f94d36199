using System.Globalization;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>How far a run is: its cells with their outputs. A report can be made of it at any moment, also by the thread that sees the process end.</summary>
internal sealed class RunState
{
    private readonly NotebookDocument document;
    private readonly RunOutputs outputs = new();
    private readonly int[] places;
    private readonly NotebookCell[] cells;
    private readonly RunOutputs.CellOutputs?[] written;
    private volatile int running = -1;

    /// <summary>A run of which nothing has run; the place of the cell that was put in for the parameters, or -1.</summary>
    public RunState(NotebookDocument document, int injected)
    {
        this.document = document;
        (places, Runs) = Plan(document, injected);
        cells = [.. document.Cells.Select(c => c.Kind == NotebookCellKind.Code && !c.HasTag(NotebookRunner.SkipTag) ? c with { Outputs = [], ExecutionCount = null } : c)];
        written = new RunOutputs.CellOutputs?[Runs.Length];
        Total = Runs.Count(r => r.Status == CellRunStatus.NotRun);
    }

    /// <summary>The code cells, in order.</summary>
    public CellRun[] Runs { get; }

    /// <summary>How many of them are to run.</summary>
    public int Total { get; }

    /// <summary>Did a thread that a cell started end by an exception?</summary>
    public bool HasFailedThread => Array.Exists(written, w => w?.Failure is not null);

    /// <summary>A code cell as it stands in the document.</summary>
    public NotebookCell CellOf(int run) => cells[places[run]];

    /// <summary>A code cell begins; where it shows what it shows.</summary>
    public RunOutputs.CellOutputs Begin(int run)
    {
        RunOutputs.CellOutputs output = outputs.Begin();
        written[run] = output;
        running = run;
        return output;
    }

    /// <summary>It has ended.</summary>
    public void End(int run, CellRun ended, NotebookCell cell)
    {
        running = -1;
        (Runs[run], cells[places[run]]) = (ended, cell);
    }

    /// <summary>The report of a run whose process ends inside a cell; null if no cell runs.</summary>
    public RunReport? EndWithProcess()
    {
        int run = running;
        if (run < 0 || written[run] is not { } output) return null;
        string cell = Runs[run].Number == 0 ? "The cell of parameters" : string.Create(CultureInfo.InvariantCulture, $"Cell {Runs[run].Number}");
        string message = $"{cell} ended the process (Environment.Exit). Cells after it were not run; end a cell by 'return' or an exception.";
        CellError error = new("ProcessEnded", message, [message]);
        output.AddError(error);
        End(run, Runs[run] with { Status = CellRunStatus.Failed, Error = error }, CellOf(run));
        return Report(isInterrupted: false);
    }

    /// <summary>What came of the run so far.</summary>
    public RunReport Report(bool isInterrupted)
    {
        // Read now: a late cell may have replaced what an earlier one showed, and a thread of an earlier one may have failed.
        NotebookCell[] shown = [.. cells];
        CellRun[] runs = [.. Runs];
        for (int i = 0; i < runs.Length; i++)
        {
            if (written[i] is not { } output) continue;
            shown[places[i]] = shown[places[i]] with { Outputs = output.ToJson() };
            if (output.Failure is { } failure && runs[i].Error is null) runs[i] = runs[i] with { Status = CellRunStatus.Failed, Error = failure, ErrorLine = ErrorPlace.LineOf(failure) };
        }
        return new()
        {
            Document = document with { Cells = shown }, IsInterrupted = isInterrupted,
            Cells = [.. runs.Select((r, i) => r with { Outputs = shown[places[i]].Outputs.Count })],
        };
    }

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
                Status = cell.HasTag(NotebookRunner.SkipTag) ? CellRunStatus.Skipped : CellRunStatus.NotRun,
            });
        }
        return ([.. places], [.. runs]);
    }
}
