using System.Text;

namespace Workbench.Notebooks.Documents;

/// <summary>Writes files whole or not at all: a new file beside the old one takes its name at the end.</summary>
public static class AtomicFile
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Puts a text (UTF-8) in place of what was at the path. A link stays a link to the file; who may read and write the file stays as it was.</summary>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, Encoding.GetBytes(text));

    /// <summary>Puts bytes in place of what was at the path, as <see cref="WriteAllText"/> does.</summary>
    internal static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);
        if (new FileInfo(target).LinkTarget is not null) target = File.ResolveLinkTarget(target, returnFinalTarget: true)?.FullName ?? target;
        if (Directory.Exists(target)) throw new IOException($"{path} is a folder; name a file.");
        string folder = Path.GetDirectoryName(target) ?? ".";
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder {folder} to write {Path.GetFileName(target)} to; make it first.");
        string beside = Path.Combine(folder, $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}");
        try
        {
            using (FileStream file = new(beside, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            if (!OperatingSystem.IsWindows() && File.Exists(target)) File.SetUnixFileMode(beside, File.GetUnixFileMode(target));
            File.Move(beside, target, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
