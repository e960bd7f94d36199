namespace Workbench.Traces.Native;

/// <summary>Opens and creates .dmat files by path.</summary>
public static class DmatFile
{
    /// <summary>Starts a file that appears under its name only when <see cref="DmatWriter.Complete"/> has written it whole; until then it is "path.partial" in the same folder.</summary>
    /// <param name="path">The final name; an older file is replaced.</param>
    /// <param name="level">zstd level, 1 (fastest) to 19.</param>
    public static DmatWriter Create(string path, int level = 3)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PartialFile file = new(path);
        try
        {
            return new(file.Stream, level, leaveOpen: false, DmatLayout.MaxBlockEvents, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="skipBad">Skip and count damaged blocks instead of throwing, and do without a footer.</param>
    public static DmatReader Open(string path, bool skipBad = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) throw new TraceFormatException($"{path} is a folder; name a .dmat file in it.");
        if (!File.Exists(path)) throw new TraceFormatException($"{path}: there is no such file. Make a trace with 'workbench trace import' or 'trace generate'; data/traces holds recorded ones.");
        return DmatReader.Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1), path, skipBad);
    }
}
