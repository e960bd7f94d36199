using System.Text.Json.Nodes;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Documents;

namespace Workbench.Notebooks.Running;

/// <summary>Parameters by papermill's convention: a cell tagged "parameters" holds the defaults, one tagged "injected-parameters" after it the values of a run.</summary>
public static class NotebookParameters
{
    /// <summary>The tag of the cell with the defaults.</summary>
    public const string Tag = "parameters";

    /// <summary>The tag of the cell with the values of a run.</summary>
    public const string InjectedTag = "injected-parameters";

    private const string FSharp = "fsharp";

    /// <summary>The parameters that the first cell tagged so assigns; null if no cell is.</summary>
    public static IReadOnlyList<ParameterDeclaration>? Declared(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document.Cells.FirstOrDefault(IsDefaults) is not { } cell) return null;
        string language = LanguageOf(document, cell);
        IEnumerable<string> codes = CellSplitter.Split(cell.Source, language, name => CellLanguages.Find(name) is not null).OfType<CodePart>().Where(p => (CellLanguages.Find(p.Language) ?? p.Language) == language).Select(p => p.Code);
        return [.. codes.SelectMany(code => language == FSharp ? FSharpParameters.Read(code) : CSharpParameters.Read(code))];
    }

    /// <summary>The notebook with a cell that sets these values, in place of one that an earlier run put there. A name the parameters cell does not assign is refused.</summary>
    public static NotebookDocument Inject(NotebookDocument document, IReadOnlyList<ParameterValue> values)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0) return document;
        List<NotebookCell> cells = [.. document.Cells];
        IReadOnlyList<ParameterDeclaration>? declared = Declared(document);
        int defaults = cells.FindIndex(IsDefaults);
        string language = defaults >= 0 ? LanguageOf(document, cells[defaults]) : CellLanguages.OfNotebook(document);
        if (language is not (CellLanguages.Default or FSharp)) throw new ArgumentException($"Parameters cannot be set in {language}; the parameters cell must be in C# or F#.");
        List<string> lines = ["// Parameters"];
        foreach (ParameterValue value in values)
        {
            ParameterDeclaration? one = declared?.LastOrDefault(d => d.Name == value.Name);
            if (declared is not null && one is null)
                throw new ArgumentException($"There is no parameter '{value.Name}'; the parameters cell (cell {defaults + 1}) assigns {(declared.Count == 0 ? "nothing" : string.Join(", ", declared.Select(d => d.Name).Distinct()))}.");
            lines.Add(language == FSharp ? ParameterCode.FSharp(value, one) : ParameterCode.CSharp(value, one));
        }
        if (defaults >= 0 && CellLanguages.OfMetadata(cells[defaults]) is null && CellLanguages.OfMagic(cells[defaults].Source) is { } magic) lines.Insert(0, "#!" + magic);
        int injected = cells.FindIndex(c => c.HasTag(InjectedTag));
        NotebookCell cell = new()
        {
            Id = injected >= 0 ? cells[injected].Id : cells.Exists(c => c.Id == InjectedTag) ? "" : InjectedTag,
            Kind = NotebookCellKind.Code, Source = string.Join('\n', lines), Metadata = MetadataOf(defaults >= 0 ? cells[defaults] : null),
        };
        if (injected >= 0) cells[injected] = cell;
        else cells.Insert(defaults + 1, cell);
        return document with { Cells = CellIds.Fill(cells) };
    }

    /// <summary>A value as the notebook takes it: what was typed as 7 is the text "7" where the parameters cell has a text.</summary>
    public static JsonNode? ValueOf(NotebookDocument document, ParameterValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return ParameterCode.Fitting(value, Declared(document)?.LastOrDefault(d => d.Name == value.Name));
    }

    private static bool IsDefaults(NotebookCell cell) => cell.Kind == NotebookCellKind.Code && cell.HasTag(Tag);

    private static string LanguageOf(NotebookDocument document, NotebookCell cell) => CellLanguages.Of(document, cell);

    private static JsonObject MetadataOf(NotebookCell? defaults)
    {
        JsonObject metadata = new() { ["tags"] = new JsonArray(InjectedTag) };
        foreach (string key in (string[])["polyglot_notebook", "dotnet_interactive"])
            if (defaults?.Metadata[key] is { } language) metadata[key] = language.DeepClone();
        return metadata;
    }
}
