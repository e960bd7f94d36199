using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests.Clients;

/// <summary>Copies of the notebooks of this repository, in a folder below it: recordings are found by name from there. The folder goes away with the test.</summary>
internal sealed class ShippedNotebooks : IDisposable
{
    private const string RawLogs = "../data/raw";

    public ShippedNotebooks()
    {
        Directory.CreateDirectory(Folder);
        foreach (string name in Names)
            File.WriteAllText(PathOf(name + ".ipynb"), File.ReadAllText(Repository.PathOf("notebooks", name + ".ipynb")).Replace(RawLogs, Repository.PathOf("data", "raw").Replace('\\', '/'), StringComparison.Ordinal));
    }

    /// <summary>01-first-replay and so on, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Directory.GetFiles(Repository.PathOf("notebooks"), "*.ipynb").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    public string Folder { get; } = Repository.PathOf("artifacts", "notebook-clients", Guid.NewGuid().ToString("N"));

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Every notebook has written the table it must give, byte for byte.</summary>
    public void AssertTables()
    {
        Assert.Equal(Directory.GetFiles(Repository.PathOf("notebooks", "expected"), "*.csv").Length, Names.Count);
        foreach (string name in Names) AssertTable(name);
    }

    /// <summary>This notebook has written the table it must give, byte for byte.</summary>
    public void AssertTable(string name)
    {
        string written = Path.Combine(Folder, "results", name + ".csv");
        Assert.True(File.Exists(written), $"{name} wrote no table");
        Assert.Equal(File.ReadAllText(Repository.PathOf("notebooks", "expected", name + ".csv")), File.ReadAllText(written));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
