namespace Workbench.Notebooks.Export;

/// <summary>A browser of the Chromium family on this machine, run without a window.</summary>
public sealed record Chromium
{
    /// <summary>What to say when no browser was found.</summary>
    public const string NotFound = "No Chromium, Chrome or Edge was found: install one, or name it with the environment variable CHROME_PATH or the option --browser.";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge"];

    private Chromium(string path) => Path = path;

    /// <summary>The program's full path.</summary>
    public string Path { get; }

    /// <summary>The browser given, or that of CHROME_PATH, or the first found on PATH and in the usual places; null when there is none. A given one that does not exist is an error.</summary>
    public static Chromium? Find(string? given = null)
    {
        foreach ((string? path, string origin) in (ReadOnlySpan<(string?, string)>)[(given, "--browser"), (Environment.GetEnvironmentVariable("CHROME_PATH"), "CHROME_PATH")])
        {
            if (string.IsNullOrEmpty(path)) continue;
            if (!File.Exists(path)) throw new ExportException($"{origin} names '{path}', which does not exist. Give the full path of a Chromium, Chrome or Edge program.");
            return new(System.IO.Path.GetFullPath(path));
        }
        return Places().FirstOrDefault(File.Exists) is { } found ? new(found) : null;
    }

    /// <summary>As <see cref="Find"/>, with an error that says what is missing.</summary>
    public static Chromium Require(string? given = null) => Find(given) ?? throw new ExportException(NotFound);

    private static IEnumerable<string> Places()
    {
        string suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in Names)
            foreach (string folder in folders) yield return System.IO.Path.Combine(folder, name + suffix);
        if (OperatingSystem.IsMacOS())
        {
            foreach (string name in (string[])["Google Chrome", "Chromium", "Microsoft Edge"]) yield return $"/Applications/{name}.app/Contents/MacOS/{name}";
        }
        if (!OperatingSystem.IsWindows()) yield break;
        foreach (Environment.SpecialFolder root in (Environment.SpecialFolder[])[Environment.SpecialFolder.ProgramFiles, Environment.SpecialFolder.ProgramFilesX86, Environment.SpecialFolder.LocalApplicationData])
            foreach (string program in (string[])[@"Google\Chrome\Application\chrome.exe", @"Chromium\Application\chrome.exe", @"Microsoft\Edge\Application\msedge.exe"])
                yield return System.IO.Path.Combine(Environment.GetFolderPath(root), program);
    }
}
