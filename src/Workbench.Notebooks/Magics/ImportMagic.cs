using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Magics;

/// <summary>#!import</summary>
internal sealed class ImportMagic : IMagic
{
    // The files a flow of control is importing: one that imports itself would never end.
    private static readonly AsyncLocal<string[]?> Importing = new();

    public string Name => "import";

    public string Help => "run the code cells of a notebook or script (.ipynb .dib .cs .csx .fsx) as if they stood here";

    public MagicSyntax Syntax { get; } = new("file", true);

    public async Task RunAsync(MagicCall call)
    {
        string path = Path.GetFullPath(Path.Combine(call.Session.Options.Folder, call.Arguments.Positional ?? ""));
        string[] outer = Importing.Value ?? [];
        if (outer.Contains(path)) throw call.Error($"'{path}' imports itself.");
        Importing.Value = [.. outer, path];
        foreach ((string language, string code, string place) in Cells(path, call))
        {
            try
            {
                LanguageResult result = await call.Session.RunPartsAsync(code, language, call.Scope, call.AtEnd).ConfigureAwait(false);
                if (result.HasValue) Display.NotebookDisplay.display(result.Value);
            }
            catch (CellException e)
            {
                throw new CellException(e.Kind, $"Line {call.Part.FirstLine}: in {place}: {e.Message}", e.Details, e);
            }
        }
        Importing.Value = outer;
    }

    private static IEnumerable<(string Language, string Code, string Place)> Cells(string path, MagicCall call)
    {
        string name = Path.GetFileName(path), extension = Path.GetExtension(path).ToUpperInvariant();
        if (!File.Exists(path)) throw call.Error($"there is no file '{path}'. Paths begin at the notebook's folder.");
        if (extension is ".CS" or ".CSX") return [("csharp", File.ReadAllText(path), name)];
        if (extension is ".FS" or ".FSX") return [("fsharp", File.ReadAllText(path), name)];
        if (extension is not (".IPYNB" or ".DIB")) throw call.Error($"#!import reads .ipynb, .dib, .cs, .csx and .fsx, and '{name}' is none of these.");
        try
        {
            NotebookDocument document = NotebookFile.Read(path);
            return document.Cells.Select((cell, i) => (Cell: cell, Place: $"{name}, cell {i + 1}")).Where(c => c.Cell.Kind == NotebookCellKind.Code)
                .Select(c => (CellLanguages.OfMetadata(c.Cell) ?? CellLanguages.OfNotebook(document), c.Cell.Source, c.Place));
        }
        catch (NotebookFormatException e)
        {
            throw call.Error(e.Message);
        }
    }
}
