using Xunit;

namespace Workbench.Testing;

/// <summary>Compares a text with an approved file. Fails on a difference; renews the file only when WORKBENCH_APPROVE is 1.</summary>
public static class Approved
{
    /// <summary>Compares <paramref name="actual"/> with the file at <paramref name="path"/>.</summary>
    public static void Text(string path, string actual)
    {
        actual = actual.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("WORKBENCH_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }
        string approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        Assert.True(approved == actual, $"{Path.GetRelativePath(Repository.Root, path)} differs at {FirstDifference(approved, actual)}. If the change is meant, run the tests once with WORKBENCH_APPROVE=1 and commit the file.");
    }

    private static string FirstDifference(string approved, string actual)
    {
        string[] a = approved.Split('\n'), b = actual.Split('\n');
        int i = 0;
        while (i < a.Length && i < b.Length && a[i] == b[i]) i++;
        return $"line {i + 1}: approved '{(i < a.Length ? a[i] : "<end>")}', now '{(i < b.Length ? b[i] : "<end>")}'";
    }
}
