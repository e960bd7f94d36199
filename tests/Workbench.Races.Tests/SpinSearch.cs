using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Workbench.Testing;
using Xunit;

namespace Workbench.Races.Tests;

/// <summary>What Spin found in one of the models of the folder Promela.</summary>
/// <param name="Errors">0, or 1: a search ends with the first.</param>
/// <param name="IsPageLost">Was the error a page that differs from its copy at the end, and not a model that is stuck?</param>
/// <param name="States">Different states met.</param>
/// <param name="Report">What the search printed.</param>
internal sealed partial record SpinSearch(int Errors, bool IsPageLost, long States, string Report)
{
    private const string DeepestPath = "-m1000000";
    /// <summary>What a search says when it left something out.</summary>
    private static readonly string[] Truncations = ["max search depth too small", "Search not completed", "out of memory"];

    /// <summary>Searches every state of a model with some of its macros defined; the test is skipped where Spin or gcc is missing (under CI=true it fails).</summary>
    public static async Task<SpinSearch> RunAsync(string model, string macros, CancellationToken cancel)
    {
        string path = Repository.PathOf("tests", "Workbench.Races.Tests", "Promela", model + ".pml");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("workbench-spin-");
        try
        {
            await BuildAsync(folder.FullName, "spin", ["-a", .. macros.Split(' ', StringSplitOptions.RemoveEmptyEntries), path], cancel);
            // Spin's own code has warnings of which nothing can be learned here. Most searches are shorter than a second, and -O2 takes longer to compile than they do.
            await BuildAsync(folder.FullName, "gcc", ["-O1", "-w", "-DSAFETY", "-o", "pan", "pan.c"], cancel);
            string report = (await StartAsync(folder.FullName, Path.Combine(folder.FullName, "pan"), [DeepestPath], cancel)).Output;
            return Read(report);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Takes the verdict from a report; one of a search that left something out is refused.</summary>
    public static SpinSearch Read(string report)
    {
        Match errors = ErrorsLine().Match(report), states = StatesLine().Match(report);
        if (!errors.Success || !states.Success) throw new FormatException($"A search's report has a line with 'errors: N' and one with 'states, stored'; this has not:\n{report}");
        int found = int.Parse(errors.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        // A search that stops at an error is incomplete and says so; what it found stands.
        if (found == 0 && Truncations.FirstOrDefault(t => report.Contains(t, StringComparison.OrdinalIgnoreCase)) is string truncation)
            throw new FormatException($"The search was not exhaustive ('{truncation}'), so that no error means nothing:\n{report}");
        return new(found, report.Contains("assertion violated", StringComparison.Ordinal), long.Parse(states.Groups[1].ValueSpan, CultureInfo.InvariantCulture), report);
    }

    private static async Task BuildAsync(string folder, string program, string[] arguments, CancellationToken cancel)
    {
        (int exit, string output) = await StartAsync(folder, program, arguments, cancel);
        Assert.True(exit == 0, $"{program} {string.Join(' ', arguments)} ended with {exit}:\n{output}");
    }

    private static async Task<(int Exit, string Output)> StartAsync(string folder, string program, string[] arguments, CancellationToken cancel)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process? process = TryStart(start);
        if (process is null)
        {
            string missing = $"{program} is not installed; install the Debian packages that .ci/run names.";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", missing);
            Assert.Skip(missing);
        }
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancel), error = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private static Process? TryStart(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"errors: (\d+)")]
    private static partial Regex ErrorsLine();

    [GeneratedRegex(@"(\d+) states, stored")]
    private static partial Regex StatesLine();
}
