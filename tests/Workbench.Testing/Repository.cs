namespace Workbench.Testing;

/// <summary>Where things are in the checkout a test runs from.</summary>
public static class Repository
{
    /// <summary>The folder that holds Workbench.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path below the root.</summary>
    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>The folder of the raw recordings (environment variable WORKBENCH_RECORDINGS), or null where they are not at hand.</summary>
    public static string? Recordings { get; } = Environment.GetEnvironmentVariable("WORKBENCH_RECORDINGS") is { Length: > 0 } set ? Path.GetFullPath(set, Root) : null;

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Workbench.sln"))) return at.FullName;
        throw new InvalidOperationException($"No Workbench.sln above {AppContext.BaseDirectory}: tests run from a checkout.");
    }
}
