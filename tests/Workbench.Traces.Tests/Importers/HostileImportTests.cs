using System.Text;
using CsCheck;
using Workbench.Traces.Importers;
using Workbench.Traces.Native;
using Workbench.Traces.Tests.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Whatever the files hold, an import ends in time and lets nothing but <see cref="TraceFormatException"/> out.</summary>
public sealed class HostileImportTests : IDisposable
{
    private const int Samples = 40;
    private static readonly string[] Logs = ["intel-nvme-randrw", "intel-e1000e-slirp", "intel-nic-pair", "amd-nvme-randrw", "smmuv3-nvme-randrw", "intel-vfio-nested", "sid-nvme-randrw"];
    private static readonly string[] Guests = ["intel-nvme-randrw.ftrace.txt", "intel-perf.perf.txt", "smmuv3-nvme-randrw.ftrace.txt", "intel-vfio-nested.ftrace.txt", "sid-nvme-randrw.ftrace.txt"];
    // Numbers that a field may be replaced by: they fit the syntax and nothing else.
    private static readonly string[] Absurd = ["0", "0x0", "0xfff", "0xffffffffffffffff", "0xfffffffffffff000", "0x7fffffffffffffff", "0x8000000000000000", "9223372036854775807", "18446744073709551615", "4611686018427387904", "0x3f", "99999999999999999999", "-1", ""];

    private readonly Imports imports = new();

    public void Dispose() => imports.Dispose();

    [Fact]
    public void Random_bytes_are_imported_or_refused() => Gen.Select(Gen.Byte.Array[0, 600], Gen.Byte.Array[0, 600]).Sample(RunAll, iter: Samples, threads: 1);

    [Fact]
    public void Random_bytes_behind_the_magic_of_a_compressor_are_refused() =>
        Gen.Select(Gen.Int[0, 2], Gen.Byte.Array[0, 300]).Sample((which, tail) =>
        {
            byte[] magic = which switch { 0 => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], 1 => [0x28, 0xB5, 0x2F, 0xFD], _ => [0x1F, 0x8B, 8] };
            RunAll([.. magic, .. tail], Recordings.Excerpt(Guests[0]));
        }, iter: Samples, threads: 1);

    [Fact]
    public void Sound_recordings_with_bytes_changed_are_imported_or_refused() =>
        Gen.Select(Gen.Int[0, Logs.Length - 1], Gen.Int[0, Guests.Length - 1], Gen.Select(Gen.Int[0, int.MaxValue], Gen.OneOf(Gen.Byte, Gen.OneOf([.. "0123456789abcdefx:.- \n"u8.ToArray()]))).Array[1, 8])
            .Sample((log, guest, changes) => RunAll(Changed(QemuLogs.Excerpt(Logs[log]), changes), Changed(Recordings.Excerpt(Guests[guest]), changes)), iter: Samples, threads: 1);

    [Fact]
    public void Sound_recordings_with_numbers_made_absurd_are_imported_or_refused() =>
        Gen.Select(Gen.Int[0, Logs.Length - 1], Gen.Int[0, Guests.Length - 1], Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, Absurd.Length - 1]).Array[1, 4])
            .Sample((log, guest, changes) => RunAll(WithNumbers(QemuLogs.Excerpt(Logs[log]), changes), WithNumbers(Recordings.Excerpt(Guests[guest]), changes)), iter: Samples, threads: 1);

    // Lines lost, repeated or moved: the syntax is sound, the story is not.
    [Fact]
    public void Sound_recordings_with_lines_moved_are_imported_or_refused() =>
        Gen.Select(Gen.Int[0, Logs.Length - 1], Gen.Int[0, Guests.Length - 1], Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.Int[0, 2]).Array[1, 12])
            .Sample((log, guest, moves) => RunAll(Moved(QemuLogs.Excerpt(Logs[log]), moves), Moved(Recordings.Excerpt(Guests[guest]), moves)), iter: Samples, threads: 1);

    private static byte[] Changed(byte[] bytes, (int At, byte Value)[] changes)
    {
        foreach ((int at, byte value) in changes) bytes[at % bytes.Length] = value;
        return bytes;
    }

    private static byte[] WithNumbers(byte[] bytes, (int At, int Which)[] changes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        foreach ((int at, int which) in changes)
        {
            // The next number after a '=', ' ' or ':', past the columns of time and thread.
            int from = text.IndexOfAny(['=', ' '], at % text.Length) + 1, to = from;
            while (to < text.Length && (char.IsAsciiHexDigit(text[to]) || text[to] == 'x')) to++;
            text = text[..from] + Absurd[which] + text[to..];
        }
        return Encoding.Latin1.GetBytes(text);
    }

    private static byte[] Moved(byte[] bytes, (int From, int To, int What)[] moves)
    {
        List<string> lines = [.. Encoding.Latin1.GetString(bytes).Split('\n')];
        foreach ((int from, int to, int what) in moves)
        {
            string line = lines[from % lines.Count];
            if (what != 1) lines.RemoveAt(from % lines.Count);
            if (what != 0) lines.Insert(to % (lines.Count + 1), line);
        }
        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }

    private void RunAll(byte[] log, byte[] guest)
    {
        InputFile qemu = imports.File("q.log", log), trace = imports.File("g.txt", guest);
        foreach (bool skipBad in (bool[])[false, true])
        {
            RunOne(qemu, null, skipBad);
            RunOne(null, trace, skipBad);
            RunOne(qemu, trace, skipBad);
        }
    }

    private void RunOne(InputFile? qemu, InputFile? guest, bool skipBad)
    {
        File.Delete(imports.Target);
        try
        {
            imports.Run(qemu, guest, skipBad);
            Assert.Equal(["out.dmat"], imports.Left);
            using DmatReader reader = DmatFile.Open(imports.Target);
            TraceEvent[] some = new TraceEvent[4096];
            while (reader.Read(some) > 0) { }
        }
        catch (TraceFormatException)
        {
            Assert.Empty(imports.Left);
        }
    }
}
