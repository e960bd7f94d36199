namespace Workbench.Traces.Native;

/// <summary>A file that carries its final name only once it is whole: until then it is called as before with ".partial" added.</summary>
public sealed class PartialFile : IDisposable
{
    private readonly string path;
    private bool committed;

    /// <summary>Creates the unfinished file beside its final place.</summary>
    public PartialFile(string path)
    {
        this.path = Path.GetFullPath(path);
        if (Path.GetDirectoryName(this.path) is { } folder) Directory.CreateDirectory(folder);
        Stream = new FileStream(PartialPath, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.SequentialScan);
    }

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    private string PartialPath => path + ".partial";

    /// <summary>Puts the file on the disk and gives it its name, replacing an older one.</summary>
    public void Commit()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(PartialPath, path, overwrite: true);
        committed = true;
    }

    /// <summary>Deletes the file unless it was committed.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (!committed) File.Delete(PartialPath);
    }
}
