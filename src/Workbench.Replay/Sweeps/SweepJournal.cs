using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Workbench.Traces;

namespace Workbench.Replay.Sweeps;

/// <summary>
/// The finished rows of a sweep on disk, so that one that was killed goes on where it was: a line for the sweep and one for each row, with checksums, flushed as soon as the row
/// is there. While it is open no other process can open it; what a killed one wrote last may be torn and is dropped.
/// </summary>
public sealed class SweepJournal : IDisposable
{
    private const string First = "workbench-sweep-1";
    private const int ChecksumChars = 16;

    private static readonly JsonSerializerOptions Compact = new(ReplayJson.Default.Options) { WriteIndented = false };

    private readonly string path;
    private readonly FileStream stream;
    private readonly SortedDictionary<int, SweepRow> rows = [];

    private SweepJournal(string path, FileStream stream) => (this.path, this.stream) = (path, stream);

    /// <summary>The finished rows by their cell.</summary>
    public IReadOnlyDictionary<int, SweepRow> Rows => rows;

    /// <summary>Opens the journal of a sweep, or begins one. That of another sweep, share or build is refused, as is one that a process has open.</summary>
    /// <param name="path">The journal's file.</param>
    /// <param name="plan">The sweep.</param>
    /// <param name="shard">Which share of it, "1/1" for all.</param>
    public static SweepJournal Open(string path, SweepPlan plan, string shard)
    {
        ArgumentNullException.ThrowIfNull(plan);
        string[] header = [First, plan.Sha256, shard, Build()];
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        FileStream stream;
        try
        {
            stream = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new IOException($"{Path.GetFileName(path)} is in use: another process works on this output. Wait for it, or choose another --out. ({e.Message})", e);
        }
        SweepJournal journal = new(path, stream);
        try
        {
            journal.Load(header);
            return journal;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Adds a row; it is on the disk when this returns.</summary>
    public void Append(SweepRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        rows.Add(row.Cell, row);
        Write(JsonSerializer.Serialize(row, Compact));
    }

    /// <summary>The table is written: the journal has done its work and is deleted.</summary>
    public void Complete() => File.Delete(path);

    /// <summary>Closes the journal; others may open it.</summary>
    public void Dispose() => stream.Dispose();

    /// <summary>What decides about figures besides the sweep: the code. The same sources give the same build.</summary>
    internal static string Build()
    {
        Type[] parts = [typeof(SweepJournal), typeof(Traces.TraceEvent), typeof(Iommu.IIommu)];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', parts.Select(p => p.Module.ModuleVersionId)))));
    }

    private void Load(string[] expected)
    {
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        string name = Path.GetFileName(path);
        int good = 0;
        for (int at = 0, line = 1; at < bytes.Length; line++)
        {
            int end = Array.IndexOf(bytes, (byte)'\n', at);
            string? text = end < 0 ? null : Checked(bytes.AsSpan(at, end - at));
            if (text is null)
            {
                if (end >= 0 && end < bytes.Length - 1) throw new TraceFormatException($"{name} line {line} is damaged, and not as by a kill. Delete the file to begin the sweep anew.");
                break;
            }
            if (line == 1) Check(text.Split(' '), expected, name);
            else
            {
                SweepRow row = ReplayJson.Read<SweepRow>(text, name, "row of a sweep");
                rows[row.Cell] = row;
            }
            good = at = end + 1;
        }
        stream.SetLength(good);
        stream.Position = good;
        if (good == 0) Write(string.Join(' ', expected));
    }

    private static void Check(string[] found, string[] expected, string name)
    {
        if (found.SequenceEqual(expected)) return;
        string what = found.Length != expected.Length || found[0] != expected[0] ? "another version of the format"
            : found[1] != expected[1] ? "another sweep: its file, a trace or a cost profile has changed since"
            : found[2] != expected[2] ? $"shard {found[2]}, and this is {expected[2]}"
            : "another build of the program, whose figures may differ";
        throw new TraceFormatException($"{name} holds rows of {what}. Delete it to begin anew, or choose another --out.");
    }

    private static string? Checked(ReadOnlySpan<byte> line) =>
        line.Length > ChecksumChars + 1 && line[ChecksumChars] == ' ' && Encoding.UTF8.GetString(line[..ChecksumChars]) == ChecksumOf(line[(ChecksumChars + 1)..]) ? Encoding.UTF8.GetString(line[(ChecksumChars + 1)..]) : null;

    private static string ChecksumOf(ReadOnlySpan<byte> text) => XxHash64.HashToUInt64(text).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private void Write(string text)
    {
        stream.Write(Encoding.UTF8.GetBytes($"{ChecksumOf(Encoding.UTF8.GetBytes(text))} {text}\n"));
        stream.Flush(flushToDisk: true);
    }
}
