using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Workbench.Cli;

/// <summary>One line on stderr with share, rate and time left; only on a terminal, and only once a run takes long enough to ask.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const double QuietSeconds = 0.7;
    private const double RedrawSeconds = 0.2;

    private readonly string unit;
    private readonly string label;
    private readonly long total;
    private readonly bool shows = !Console.IsErrorRedirected;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private double drawnAt;
    private bool drawn;

    /// <summary>Starts counting; a total below zero is unknown. The label says what is counted for, where a command does several things.</summary>
    public ProgressLine(string unit, long total, string? label = null) => (this.unit, this.total, this.label) = (unit, total, label is null ? "" : label + ": ");

    /// <summary>What was reported last.</summary>
    public long Done { get; private set; }

    public void Report(long done)
    {
        Done = done;
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (!shows || seconds < QuietSeconds || (drawn && seconds - drawnAt < RedrawSeconds)) return;
        (drawn, drawnAt) = (true, seconds);
        double rate = done / seconds;
        string left = total > 0 && rate > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {total:n0} ({100.0 * done / total:f0} %), {TimeSpan.FromSeconds(Math.Max(0, (total - done) / rate)):m\\:ss} left") : "";
        string line = string.Create(CultureInfo.InvariantCulture, $"{label}{done:n0}{left}, {(rate < 1e4 ? string.Create(CultureInfo.InvariantCulture, $"{rate:f1}") : string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:f1} M"))} {unit}/s");
        // Three columns stay free, so that a terminal's ^C does not wrap.
        int width = Math.Max(20, console.Profile.Width - 3);
        Console.Error.Write('\r' + line[..Math.Min(line.Length, width)].PadRight(width));
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (!drawn) return;
        drawn = false;
        Console.Error.Write('\r' + new string(' ', Math.Max(20, console.Profile.Width - 3)) + '\r');
    }
}
