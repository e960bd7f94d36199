using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Documents;

/// <summary>Ids of cells that were stored without one: the same file gives the same ids again.</summary>
internal static partial class CellIds
{
    /// <summary>May this be an id? nbformat 4.5: 1 to 64 letters, digits, - and _.</summary>
    public static bool IsValid(string id) => Allowed().IsMatch(id);

    /// <summary>The cells with an id for each whose id is empty, from its position and text; ids in the file stay as they are.</summary>
    public static IReadOnlyList<NotebookCell> Fill(IReadOnlyList<NotebookCell> cells)
    {
        HashSet<string> taken = [.. cells.Select(c => c.Id)];
        return [.. cells.Select((cell, i) => cell.Id.Length > 0 ? cell : cell with { Id = Derive(i, cell, taken) })];
    }

    private static string Derive(int position, NotebookCell cell, HashSet<string> taken)
    {
        for (int attempt = 0; ; attempt++)
        {
            string content = string.Create(CultureInfo.InvariantCulture, $"{position}\n{attempt}\n{cell.Kind}\n{cell.Source}");
            string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)).AsSpan(0, 4));
            if (taken.Add(id)) return id;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex Allowed();
}
