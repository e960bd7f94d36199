using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public sealed class DmatFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dmat-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_has_its_name_only_once_it_is_complete()
    {
        string path = Path.Combine(folder, "a.dmat");
        using (DmatWriter writer = DmatFile.Create(path))
        {
            writer.Append(Dmat.Reads(10));
            Assert.False(File.Exists(path));
            Assert.True(File.Exists(path + ".partial"));
            writer.Complete(Dmat.Provenance);
            Assert.True(File.Exists(path));
        }
        Assert.False(File.Exists(path + ".partial"));
        using DmatReader reader = DmatFile.Open(path);
        Assert.Equal(Dmat.Reads(10), Dmat.ReadAll(reader));
        Assert.Equal(Dmat.Provenance.ToJson(), reader.Provenance.ToJson());
    }

    [Fact]
    public void An_abandoned_file_is_deleted_and_an_older_one_stays()
    {
        string path = Path.Combine(folder, "a.dmat");
        File.WriteAllText(path, "older");
        using (DmatWriter writer = DmatFile.Create(path)) writer.Append(Dmat.Reads(10));
        Assert.Equal(["a.dmat"], Directory.GetFiles(folder).Select(Path.GetFileName));
        Assert.Equal("older", File.ReadAllText(path));
    }

    [Fact]
    public void A_completed_writer_takes_nothing_more()
    {
        using DmatWriter writer = new(new MemoryStream());
        writer.Complete(new());
        Assert.Throws<InvalidOperationException>(() => writer.Append(Dmat.Reads(1)));
        Assert.Throws<InvalidOperationException>(() => writer.Complete(new()));
    }
}
