namespace Workbench.Notebooks.Magics;

/// <summary>The name most like a misspelt one.</summary>
internal static class NearestName
{
    /// <summary>The nearest by single-character edits, at most a third of its length away; null if none is near.</summary>
    public static string? Of(string wrong, IEnumerable<string> known) => known.Select(k => (Name: k, Edits: Distance(wrong, k)))
        .Where(k => k.Edits <= Math.Max(1, k.Name.Length / 3)).OrderBy(k => k.Edits).Select(k => k.Name).FirstOrDefault();

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }
        return row[b.Length];
    }
}
