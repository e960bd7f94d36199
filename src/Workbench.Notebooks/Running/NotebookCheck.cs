using System.Globalization;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>What can be said of a notebook without running it.</summary>
public static class NotebookCheck
{
    /// <summary>Everything that is wrong, each with its cell: ids, languages, magics, the parameters cell. The session tells which languages and magics there are.</summary>
    public static IReadOnlyList<string> Problems(NotebookDocument document, NotebookSession session)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(session);
        List<string> problems = [];
        Dictionary<string, int> ids = [];
        int parameters = 0;
        for (int i = 0; i < document.Cells.Count; i++)
        {
            NotebookCell cell = document.Cells[i];
            string place = string.Create(CultureInfo.InvariantCulture, $"cell {i + 1} ({cell.Id})");
            if (!CellIds.IsValid(cell.Id)) problems.Add($"{place}: an id is 1 to 64 letters, digits, - and _.");
            if (!ids.TryAdd(cell.Id, i + 1)) problems.Add(string.Create(CultureInfo.InvariantCulture, $"{place}: cell {ids[cell.Id]} has the same id."));
            if (cell.Kind != NotebookCellKind.Code) continue;
            problems.AddRange(ProblemsOfCode(document, cell, session).Select(p => $"{place}: {p}"));
            if (!cell.HasTag(NotebookParameters.Tag)) continue;
            if (parameters > 0) problems.Add(string.Create(CultureInfo.InvariantCulture, $"{place}: cell {parameters} is tagged '{NotebookParameters.Tag}' too; only the first one counts."));
            else if (NotebookParameters.Declared(document) is { Count: 0 }) problems.Add($"{place} is tagged '{NotebookParameters.Tag}' and assigns nothing.");
            parameters = i + 1;
        }
        return problems;
    }

    private static IEnumerable<string> ProblemsOfCode(NotebookDocument document, NotebookCell cell, NotebookSession session)
    {
        string language = CellLanguages.OfMetadata(cell) ?? CellLanguages.OfNotebook(document);
        foreach (CellPart part in CellSplitter.Split(cell.Source, language, name => session.Find(name) is not null))
        {
            if (part is CodePart code && session.Find(code.Language) is null)
                yield return $"there is no language '{code.Language}'; there is {string.Join(", ", session.Languages.Select(l => l.Name))}.";
            else if (part is MagicPart magic && !session.Magics.Any(m => m.Name.Equals(magic.Name, StringComparison.OrdinalIgnoreCase)))
                yield return string.Create(CultureInfo.InvariantCulture, $"line {magic.FirstLine}: there is no magic #!{magic.Name}; '#!lsmagic' lists those there are.");
        }
    }
}
