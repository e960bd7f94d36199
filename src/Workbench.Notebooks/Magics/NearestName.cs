namespace Workbench.Notebooks.Magics;

/// <summary>The name most like a misspelt one.</summary>
internal static class NearestName
{
    /// <summary>The nearest by single-character edits, at most a third of its length away; null if none is near.</summary>
    public static string? Of(string wrong, IEnumerable<string> known) => known.Select(k => (Name: k, Edits: Distance(wrong, k)))
        .Where(k => k.Edits <= Math.Max(1, k.Name.Length / 3)).OrderBy(k => k.Edits).Select(k => k.Name).FirstOrDefault();

    // Two neighbours that changed places are one edit.
    private static int Distance(string a, string b)
    {
        (a, b) = (a.ToUpperInvariant(), b.ToUpperInvariant());
        int[] earlier = [], above = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int[] row = new int[b.Length + 1];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(above[j] + 1, row[j - 1] + 1), above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], earlier[j - 2] + 1);
            }
            (earlier, above) = (above, row);
        }
        return above[b.Length];
    }
}
