using System.Globalization;
using System.Net;
using Workbench.Analysis;
using Workbench.Notebooks.Display;

namespace Workbench.Cli;

/// <summary>How far a long replay in a cell of a kernel is: one line with a bar below the cell, gone when the cell ends. Until then the cell's replays report here and stop when it is interrupted.</summary>
internal sealed class KernelProgress : IProgress<RunProgress>, IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1), Redraw = TimeSpan.FromMilliseconds(250);

    private readonly CellScope cell;
    private readonly TimeProvider time;
    private readonly RunScope scope;
    private readonly Lock gate = new();
    private long? began;
    private long drawnAt;
    private string? shownAs;
    private bool hasEnded;

    /// <summary>Enters the cell's <see cref="RunScope"/>; disposing leaves it.</summary>
    public KernelProgress(CellScope cell, TimeProvider time)
    {
        (this.cell, this.time) = (cell, time);
        scope = RunScope.Enter(this, cell.Cancellation);
    }

    /// <summary>A replay is so far: shown once the cell's replays have taken a second, and then four times a second at most.</summary>
    public void Report(RunProgress value)
    {
        lock (gate)
        {
            // What an interrupted cell left running says no more.
            if (hasEnded) return;
            long now = time.GetTimestamp();
            began ??= now;
            if (shownAs is null ? time.GetElapsedTime(began.Value, now) < Quiet : time.GetElapsedTime(drawnAt, now) < Redraw) return;
            drawnAt = now;
            if (shownAs is not null)
            {
                cell.Output.Update(Show(value), shownAs);
                return;
            }
            shownAs = cell.NextDisplayId();
            cell.Output.Display(Show(value), shownAs);
        }
    }

    /// <summary>Empties the line and leaves the scope.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (!hasEnded && shownAs is not null) cell.Output.Update(MimeBundle.Text("").With(MimeBundle.Html, ""), shownAs);
            hasEnded = true;
        }
        scope.Dispose();
    }

    private static MimeBundle Show(RunProgress value)
    {
        bool isKnown = value.Total > 0;
        string text = string.Create(CultureInfo.InvariantCulture, $"{value.Label}: {value.Done:n0}{(isKnown ? string.Create(CultureInfo.InvariantCulture, $" of {value.Total:n0}") : "")} {value.Unit}")
            + (isKnown ? string.Create(CultureInfo.InvariantCulture, $" ({Math.Floor(100.0 * value.Done / value.Total):f0} %)") : "");
        string bar = isKnown ? string.Create(CultureInfo.InvariantCulture, $"<progress value=\"{value.Done}\" max=\"{value.Total}\"></progress> ") : "";
        return MimeBundle.Text(text).With(MimeBundle.Html, $"<div>{bar}{WebUtility.HtmlEncode(text)}</div>");
    }
}
