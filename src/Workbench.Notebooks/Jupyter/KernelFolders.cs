namespace Workbench.Notebooks.Jupyter;

/// <summary>The three ways in which Jupyter lays out its folders.</summary>
public enum KernelPlatform
{
    /// <summary>Linux and what is like it: the XDG folders.</summary>
    Linux,
    /// <summary>macOS: ~/Library.</summary>
    MacOS,
    /// <summary>Windows: %APPDATA%.</summary>
    Windows,
}

/// <summary>Where Jupyter looks for kernelspecs. Pure: what it depends on is given. Jupyter documentation, "Common Directories and File Locations".</summary>
/// <param name="platform">The layout.</param>
/// <param name="environment">Reads an environment variable; null where it is not set.</param>
/// <param name="home">The user's home folder.</param>
public sealed class KernelFolders(KernelPlatform platform, Func<string, string?> environment, string home)
{
    /// <summary>The folders of the machine and user this runs on.</summary>
    public static KernelFolders OfThisMachine { get; } = new(
        OperatingSystem.IsWindows() ? KernelPlatform.Windows : OperatingSystem.IsMacOS() ? KernelPlatform.MacOS : KernelPlatform.Linux,
        Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The user's own kernelspecs.</summary>
    public string User => Join(DataFolder(), "kernels");

    /// <summary>The kernelspecs of the Python environment that is active; null if none is.</summary>
    public string? ActiveEnvironment => (Set("VIRTUAL_ENV") ?? Set("CONDA_PREFIX")) is { } prefix ? Below(prefix) : null;

    /// <summary>The kernelspecs below an installation prefix.</summary>
    public string Below(string prefix) => Join(prefix, "share", "jupyter", "kernels");

    /// <summary>All folders that are looked through, first wins.</summary>
    public IReadOnlyList<string> Searched()
    {
        char separator = platform == KernelPlatform.Windows ? ';' : ':';
        IEnumerable<string> path = (Set("JUPYTER_PATH") ?? "").Split(separator, StringSplitOptions.RemoveEmptyEntries).Select(p => Join(p, "kernels"));
        IEnumerable<string> system = platform == KernelPlatform.Windows
            ? [Join(Set("PROGRAMDATA") ?? @"C:\ProgramData", "jupyter", "kernels")]
            : [Below("/usr/local"), Below("/usr")];
        return [.. path.Append(User).Concat(ActiveEnvironment is { } active ? [active] : []).Concat(system).Distinct()];
    }

    private string DataFolder()
    {
        if (Set("JUPYTER_DATA_DIR") is { } set) return set;
        return platform switch
        {
            KernelPlatform.MacOS => Join(home, "Library", "Jupyter"),
            KernelPlatform.Windows => Join(Set("APPDATA") ?? Join(home, "AppData", "Roaming"), "jupyter"),
            _ => Join(Set("XDG_DATA_HOME") ?? Join(home, ".local", "share"), "jupyter"),
        };
    }

    private string? Set(string variable) => environment(variable) is { Length: > 0 } value ? value : null;

    private string Join(params ReadOnlySpan<string> parts) => string.Join(platform == KernelPlatform.Windows ? '\\' : '/', parts);
}
