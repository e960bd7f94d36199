using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Workbench.Replay.Sweeps;

namespace Workbench.Cli;

/// <summary>How far a sweep is, how fast, and how long it still takes: one line on a terminal, a line now and then in a log.</summary>
internal sealed class SweepProgressLine : IDisposable
{
    private const double QuietSeconds = 0.7;
    private const double RedrawSeconds = 0.2;
    private const double LogSeconds = 60;
    /// <summary>What was slow or fast a minute ago says little about what is left.</summary>
    private const double SmoothingSeconds = 20;

    private readonly bool isTerminal = !Console.IsErrorRedirected;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private double saidAt, measuredAt, rate;
    private long measuredEvents;
    private bool isDrawn;

    public void Report(SweepProgress progress)
    {
        double now = Stopwatch.GetElapsedTime(began).TotalSeconds, passed = now - measuredAt;
        if (passed < RedrawSeconds) return;
        double current = (progress.Events - measuredEvents) / passed;
        rate = measuredAt == 0 ? current : rate + ((current - rate) * (1 - Math.Exp(-passed / SmoothingSeconds)));
        (measuredAt, measuredEvents) = (now, progress.Events);
        if (now < QuietSeconds || (!isTerminal && now - saidAt < LogSeconds)) return;
        saidAt = now;
        string line = Line(progress, rate);
        if (!isTerminal)
        {
            Console.Error.WriteLine("workbench: " + line);
            return;
        }
        isDrawn = true;
        // Three columns stay free, so that a terminal's ^C does not wrap.
        int width = Math.Max(20, console.Profile.Width - 3);
        Console.Error.Write('\r' + line[..Math.Min(line.Length, width)].PadRight(width));
    }

    /// <summary>The line: cells, events, events per second, time left.</summary>
    internal static string Line(SweepProgress p, double rate)
    {
        string events = string.Create(CultureInfo.InvariantCulture, $"cell {p.Cells:n0} of {p.AllCells:n0}, {p.Events / 1e6:n0} of {p.AllEvents / 1e6:n0} M events ({100.0 * p.Events / Math.Max(1, p.AllEvents):f0} %), {rate / 1e6:f1} M/s");
        return rate <= 0 || p.Events > p.AllEvents ? events : string.Create(CultureInfo.InvariantCulture, $"{events}, {Left((p.AllEvents - p.Events) / rate)} left");
    }

    private static string Left(double seconds) => seconds > 359_999 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:f0} days")
        : string.Create(CultureInfo.InvariantCulture, $"{(long)seconds / 3600}:{(long)seconds / 60 % 60:d2}:{(long)seconds % 60:d2}");

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (!isDrawn) return;
        isDrawn = false;
        Console.Error.Write('\r' + new string(' ', Math.Max(20, console.Profile.Width - 3)) + '\r');
    }
}
