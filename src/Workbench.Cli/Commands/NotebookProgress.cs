using System.Globalization;
using Spectre.Console;
using Workbench.Analysis;
using Workbench.Notebooks.Running;

namespace Workbench.Cli.Commands;

/// <summary>One line on stderr while a notebook runs: a bar of cells done, the cell's title, and how far a long replay in it is. Only on a terminal.</summary>
internal sealed class NotebookProgress : IProgress<RunProgress>, IDisposable
{
    private const int BarColumns = 20;
    private const double RedrawSeconds = 0.1;

    // Taken before a session stands in for the console, so that nothing drawn from inside a cell becomes its output.
    private readonly TextWriter error = Console.Error;
    private readonly bool shows = !Console.IsErrorRedirected;
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Lock gate = new();
    private RunStep step;
    private long drawnAt;
    private bool isDrawn;

    /// <summary>A cell begins, or the last one has ended.</summary>
    public void OnStep(RunStep next)
    {
        lock (gate)
        {
            step = next;
            Draw("");
        }
    }

    /// <summary>A replay inside the cell is so far.</summary>
    public void Report(RunProgress value)
    {
        lock (gate)
        {
            if (!shows || TimeProvider.System.GetElapsedTime(drawnAt).TotalSeconds < RedrawSeconds) return;
            string far = value.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * value.Done / value.Total:f0} %") : value.Done.ToString("n0", CultureInfo.InvariantCulture);
            Draw($": {value.Label} {far}");
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDrawn) error.Write('\r' + new string(' ', Width) + '\r');
            isDrawn = false;
        }
    }

    /// <summary>The line without its padding.</summary>
    internal static string Line(RunStep step, string detail)
    {
        int full = step.Total == 0 ? 0 : (int)((long)BarColumns * step.Done / step.Total);
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('-', BarColumns - full)}] {step.Done}/{step.Total} {step.Title}{detail}");
    }

    // Three columns stay free, so that a terminal's ^C does not wrap.
    private int Width => Math.Max(20, console.Profile.Width - 3);

    private void Draw(string detail)
    {
        if (!shows) return;
        (isDrawn, drawnAt) = (true, TimeProvider.System.GetTimestamp());
        string line = Line(step, detail);
        error.Write('\r' + line[..Math.Min(line.Length, Width)].PadRight(Width));
    }
}
