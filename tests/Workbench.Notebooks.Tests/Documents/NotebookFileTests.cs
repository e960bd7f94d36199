using Workbench.Notebooks.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Documents;

public sealed class NotebookFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    [Theory]
    [InlineData("n.ipynb")]
    [InlineData("n.dib")]
    [InlineData("n.CSX")]
    public void The_extension_names_the_format(string name)
    {
        NotebookFile.Write(At(name), Samples.Notebook(Samples.Code("1 + 1")));
        Assert.Equal("1 + 1", Assert.Single(NotebookFile.Read(At(name)).Cells).Source);
        Assert.Equal([name], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Fact]
    public void What_cannot_be_read_is_refused_by_name()
    {
        File.WriteAllText(At("n.txt"), "");
        Assert.Contains("n.txt is no notebook by its name", Assert.Throws<NotebookFormatException>(() => NotebookFile.Read(At("n.txt"))).Message, StringComparison.Ordinal);
        Assert.Contains("There is no notebook", Assert.Throws<NotebookFormatException>(() => NotebookFile.Read(At("none.ipynb"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<NotebookFormatException>(() => NotebookFile.Read(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        File.WriteAllText(At("n.dib"), "old");
        Assert.Throws<NotebookFormatException>(() => NotebookFile.Write(At("n.dib"), Samples.Notebook(Samples.Code("1\n#!sql\n2"))));
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.WriteAllText(At("no/n.ipynb"), "x"));
        Directory.CreateDirectory(At("d"));
        Assert.Throws<IOException>(() => AtomicFile.WriteAllText(At("d"), "x"));
        Assert.Equal("old", File.ReadAllText(At("n.dib")));
        Assert.Equal(["d", "n.dib"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_link_stays_a_link_and_permissions_stay()
    {
        File.WriteAllText(At("real.ipynb"), "old");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(At("real.ipynb"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(At("link.ipynb"), "real.ipynb");
        AtomicFile.WriteAllText(At("link.ipynb"), "ü");
        Assert.Equal("real.ipynb", new FileInfo(At("link.ipynb")).LinkTarget);
        Assert.Equal([0xC3, 0xBC], File.ReadAllBytes(At("real.ipynb")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(At("real.ipynb")));
    }
}
