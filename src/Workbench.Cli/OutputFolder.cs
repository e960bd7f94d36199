namespace Workbench.Cli;

/// <summary>Where a command is to write: folders are made if need be, and refused before anything runs where they cannot be.</summary>
internal static class OutputFolder
{
    /// <summary>Refuses a path that leads through a file.</summary>
    public static void Check(string option, string path)
    {
        for (string? above = Path.GetDirectoryName(Path.GetFullPath(path)); above is not null; above = Path.GetDirectoryName(above))
            if (File.Exists(above)) throw new ArgumentException($"{option} {path}: {above} is a file, and nothing can be written below it; name another folder.");
    }

    /// <summary>Makes the folder of a file.</summary>
    public static void MakeFor(string path) => Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");

    /// <summary>Do two paths lead to the same file, links followed?</summary>
    public static bool IsSame(string one, string other) => PathComparer.Equals(Final(one), Final(other));

    private static StringComparer PathComparer => OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    private static string Final(string path)
    {
        string full = Path.GetFullPath(path);
        return File.Exists(full) && File.ResolveLinkTarget(full, returnFinalTarget: true) is { } target ? target.FullName : full;
    }
}
