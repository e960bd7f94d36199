using System.ComponentModel;
using System.Diagnostics;

namespace Workbench.Notebooks.Export;

/// <summary>One run of a browser without a window, with a profile of its own that is removed afterwards.</summary>
internal static class ChromiumRun
{
    private const int ShownErrorLines = 12;

    /// <summary>What the browser prints as the page's document when its scripts have ended.</summary>
    public static Task<string> DumpDomAsync(Chromium browser, string page, TimeSpan timeout, CancellationToken cancellation) =>
        RunAsync(browser, ["--virtual-time-budget=60000", "--dump-dom", new Uri(page).AbsoluteUri], timeout, cancellation);

    /// <summary>Prints a page to a PDF file.</summary>
    public static async Task PrintAsync(Chromium browser, string page, string pdf, TimeSpan timeout, CancellationToken cancellation)
    {
        _ = await RunAsync(browser, ["--no-pdf-header-footer", $"--print-to-pdf={pdf}", new Uri(page).AbsoluteUri], timeout, cancellation).ConfigureAwait(false);
        if (!File.Exists(pdf)) throw new ExportException($"{browser.Path} ended without an error but wrote no PDF.");
    }

    private static async Task<string> RunAsync(Chromium browser, string[] arguments, TimeSpan timeout, CancellationToken cancellation)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("workbench-browser-");
        try
        {
            ProcessStartInfo start = new(browser.Path) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true };
            foreach (string argument in (string[])["--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions", "--hide-scrollbars", $"--user-data-dir={profile.FullName}", .. arguments]) start.ArgumentList.Add(argument);
            // Chromium's sandbox refuses the superuser; the pages here are our own.
            if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess) start.ArgumentList.Insert(0, "--no-sandbox");
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(timeout);
            using Process process = Start(browser, start);
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), errors = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                await Task.WhenAll(output, errors).ConfigureAwait(false);
                await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
                cancellation.ThrowIfCancellationRequested();
                throw new ExportException($"{browser.Path} did not end within {timeout.TotalSeconds:0} s and was stopped.");
            }
            if (process.ExitCode == 0) return await output.ConfigureAwait(false);
            string[] lines = (await errors.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            throw new ExportException($"{browser.Path} ended with code {process.ExitCode}. Its last messages:\n{string.Join('\n', lines.TakeLast(ShownErrorLines))}");
        }
        finally
        {
            Remove(profile);
        }
    }

    private static Process Start(Chromium browser, ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new ExportException($"{browser.Path} did not start.");
        }
        catch (Win32Exception e)
        {
            throw new ExportException($"{browser.Path} did not start: {e.Message}");
        }
    }

    // A child that is just ending may still hold a file of the profile: it lies among the temporary files then.
    private static void Remove(DirectoryInfo profile)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            try
            {
                profile.Delete(recursive: true);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Thread.Sleep(50);
            }
        }
    }
}
