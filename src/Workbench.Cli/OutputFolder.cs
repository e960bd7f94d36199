namespace Workbench.Cli;

/// <summary>Folders of files that a command is to write: made if need be, refused before anything runs where they cannot be.</summary>
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
}
