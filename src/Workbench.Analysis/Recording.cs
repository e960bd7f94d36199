using System.Security.Cryptography;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Analysis;

/// <summary>
/// A DMA trace to work with: open one by name, generate or import one, then look at its events, replay it, compare models and policies.
/// Nothing is held open between calls, so there is nothing to dispose; several replays may run at once.
/// </summary>
public sealed partial class Recording
{
    private readonly Func<Stream> open;
    private readonly Lazy<string> sha256;
    private readonly Lazy<RecordingInfo> info;

    private Recording(string fileName, Func<Stream> open)
    {
        (FileName, Name, this.open) = (fileName, Path.GetFileNameWithoutExtension(fileName), open);
        using DmatReader reader = Reader();
        (Provenance, EventCount, FirstTimeNs, LastTimeNs) = (reader.Provenance, reader.EventCount, reader.FirstTimeNs, reader.LastTimeNs);
        sha256 = new(Hash);
        info = new(ReadInfo);
    }

    /// <summary>The short name, without folder and extension.</summary>
    public string Name { get; }
    /// <summary>The file's name, as results carry it.</summary>
    public string FileName { get; }
    /// <summary>What the recording says of itself.</summary>
    public string Title => Provenance.Title;
    /// <summary>Where it comes from, and what was done to it.</summary>
    public TraceProvenance Provenance { get; }
    /// <summary>Events in all.</summary>
    public long EventCount { get; }
    /// <summary>Time of the first event, ns; 0 in an empty trace.</summary>
    public long FirstTimeNs { get; }
    /// <summary>Time of the last event, ns; 0 in an empty trace.</summary>
    public long LastTimeNs { get; }
    /// <summary>sha256 of the .dmat bytes, lower-case hex.</summary>
    public string Sha256 => sha256.Value;
    /// <summary>What `workbench trace info` shows; one pass over the events, made once.</summary>
    public RecordingInfo Info => info.Value;

    /// <summary>Names of the recordings in data/traces of the current folder or of one above it.</summary>
    public static IReadOnlyList<string> Names => TraceFolder.All(Directory.GetCurrentDirectory());

    /// <summary>Opens a recording: the path of a .dmat file, or a bare name such as "intel-vfio-nested", which is looked for in data/traces of the current folder and of those above it.</summary>
    public static Recording Open(string path)
    {
        string file = TraceFolder.Find(path, Directory.GetCurrentDirectory());
        return new(Path.GetFileName(file), () => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1));
    }

    /// <summary>A recording from the bytes of a .dmat file.</summary>
    internal static Recording OfBytes(string fileName, byte[] dmat) => new(fileName, () => new MemoryStream(dmat, writable: false));

    /// <summary>Writes the recording as a .dmat file.</summary>
    public void Save(string path)
    {
        using PartialFile file = new(path);
        using (Stream from = open()) from.CopyTo(file.Stream);
        file.Commit();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Title} ({Words.Count(EventCount, "event")}, {Words.ShowTime((double)LastTimeNs - FirstTimeNs)})";

    internal DmatReader Reader() => DmatReader.Open(open(), FileName);

    private string Hash()
    {
        using Stream stream = open();
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private RecordingInfo ReadInfo()
    {
        using DmatReader reader = Reader();
        using Stream stream = open();
        return new() { Name = Name, Title = Title, FileBytes = stream.Length, Sha256 = Sha256, Summary = TraceSummary.Of(reader), Provenance = Provenance };
    }
}
