namespace Workbench.Notebooks.Documents;

/// <summary>Notebooks on disk, by extension: .ipynb, .dib, and .csx or .cs as scripts of marked cells.</summary>
public static class NotebookFile
{
    /// <summary>Reads a notebook of any known format.</summary>
    public static NotebookDocument Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) throw new NotebookFormatException($"{path} is a folder; name a notebook in it.");
        if (!File.Exists(path)) throw new NotebookFormatException($"There is no notebook {path}.");
        string name = Path.GetFileName(path);
        return Extension(path) switch
        {
            ".ipynb" => Ipynb.Read(File.ReadAllBytes(path), name),
            ".dib" => Dib.Read(File.ReadAllText(path), name),
            ".csx" or ".cs" => CellScript.Read(File.ReadAllText(path)),
            _ => throw new NotebookFormatException($"{name} is no notebook by its name; .ipynb, .dib and .csx are read."),
        };
    }

    /// <summary>Writes a notebook whole or not at all, in the format of the extension: .ipynb, .dib (which holds no outputs) or .csx.</summary>
    public static void Write(string path, NotebookDocument document)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.WriteAllText(path, Extension(path) switch
        {
            ".ipynb" => Ipynb.Write(document),
            ".dib" => Dib.Write(document),
            ".csx" or ".cs" => CellScript.Write(document),
            _ => throw new NotebookFormatException($"{Path.GetFileName(path)}: notebooks are written as .ipynb, .dib or .csx."),
        });
    }

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();
}
