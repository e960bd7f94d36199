using Workbench.Replay.Checkpoints;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Checkpoints;

/// <summary>The file of a checkpoint.</summary>
public sealed class CheckpointFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Saved(out Checkpoint checkpoint)
    {
        using Replayer replayer = Replayer.Begin(InIova with { Iotlb = "1x1" }, Trace().At(1000).Write(0).At(2000).Write(0).Build(), cancellation: TestContext.Current.CancellationToken);
        replayer.Play(untilEvent: 3);
        checkpoint = Checkpoint.Of(replayer);
        string path = Path.Combine(folder, "a.checkpoint");
        checkpoint.Save(path, "t.dmat", "00ff", "workbench 1");
        return path;
    }

    private static string Refusal(string path) => Assert.Throws<TraceFormatException>(() => Checkpoint.Load(path)).Message;

    [Fact]
    public void It_says_what_it_is_of()
    {
        CheckpointInfo info = Checkpoint.Load(Saved(out Checkpoint checkpoint)).Info;
        Assert.Equal(checkpoint.Info with { Trace = "t.dmat", TraceSha256 = "00ff", Tool = "workbench 1" }, info);
        Assert.Equal((3, 1000, true, 4), (info.Position, info.TimeNs, info.Tracks, info.TraceEvents));
    }

    [Fact]
    public void Damage_of_any_byte_is_noticed()
    {
        string path = Saved(out _), damaged = Path.Combine(folder, "damaged.checkpoint");
        byte[] file = File.ReadAllBytes(path);
        Assert.InRange(file.Length, 100, 50_000);
        for (int i = 0; i < file.Length; i++)
        {
            file[i] ^= 0x10;
            File.WriteAllBytes(damaged, file);
            Assert.Contains("damaged.checkpoint", Refusal(damaged), StringComparison.Ordinal);
            file[i] ^= 0x10;
        }
    }

    [Fact]
    public void A_file_cut_short_or_too_long_is_refused()
    {
        string path = Saved(out _), cut = Path.Combine(folder, "cut.checkpoint");
        byte[] file = File.ReadAllBytes(path);
        for (int length = 0; length < file.Length; length += length < 64 ? 1 : 97)
        {
            File.WriteAllBytes(cut, file[..length]);
            Refusal(cut);
        }
        File.WriteAllBytes(cut, [.. file, 0]);
        Assert.Contains($"it has {file.Length + 1} bytes", Refusal(cut), StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_file_is_refused()
    {
        string path = Path.Combine(folder, "foreign");
        File.WriteAllText(path, "DMATRACE and so on, which is a trace");
        Assert.Contains("is no checkpoint", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_build_is_refused()
    {
        Saved(out Checkpoint checkpoint);
        string path = Path.Combine(folder, "other.checkpoint");
        CheckpointFile.Write(path, checkpoint.Info with { Build = "0123", Tool = "workbench 0" }, [1, 2, 3]);
        Assert.Contains("written by another build (workbench 0)", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_that_is_none_is_refused()
    {
        Saved(out Checkpoint checkpoint);
        string path = Path.Combine(folder, "none.checkpoint");
        foreach (byte[] none in (byte[][])[[], [1, 2, 3], [.. Enumerable.Repeat((byte)255, 64)], new byte[64]])
        {
            CheckpointFile.Write(path, checkpoint.Info, none);
            Checkpoint loaded = Checkpoint.Load(path);
            Assert.Throws<TraceFormatException>(() => loaded.Resume(Trace().At(1000).Write(0).At(2000).Write(0).Build(), cancellation: TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void An_older_file_is_replaced_only_by_a_whole_one()
    {
        string path = Saved(out Checkpoint checkpoint);
        byte[] before = File.ReadAllBytes(path);
        checkpoint.Save(path, "t.dmat", "00ff", "workbench 1");
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(["a.checkpoint"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }
}
