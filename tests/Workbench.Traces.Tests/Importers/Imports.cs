using System.IO.Compression;
using Workbench.Traces.Importers;
using Workbench.Traces.Native;
using Workbench.Traces.Tests.Guest;
using Workbench.Traces.Tests.Native;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Imports files in a folder of their own, deleted with it.</summary>
internal sealed class Imports : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("import-tests-").FullName;

    public string Target => Path.Combine(Folder, "out.dmat");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public InputFile File(string name, byte[] bytes)
    {
        string path = Path.Combine(Folder, name);
        System.IO.File.WriteAllBytes(path, bytes);
        return new(path);
    }

    public ImportReport Run(InputFile? qemu, InputFile? guest = null, bool skipBad = false)
    {
        using DmatWriter writer = DmatFile.Create(Target);
        return TraceImport.Run(new() { Qemu = qemu, Guest = guest, SkipBad = skipBad, Title = "t", Tool = "tests" }, writer);
    }

    public List<TraceEvent> Events()
    {
        using DmatReader reader = DmatFile.Open(Target);
        return Dmat.ReadAll(reader);
    }

    /// <summary>What is in the folder beside the inputs.</summary>
    public string[] Left => [.. Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)).Where(name => name.Contains(".dmat", StringComparison.Ordinal))];

    public static byte[] Gzip(byte[] plain)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest)) gzip.Write(plain);
        return packed.ToArray();
    }

    public static byte[] Zstd(byte[] plain)
    {
        using ZstdSharp.Compressor compressor = new(3);
        return compressor.Wrap(plain).ToArray();
    }

    /// <summary>The e1000e excerpt as the xz tool packs it: whole, in blocks of 4 KiB, and as two streams one after the other.</summary>
    public static byte[] Xz(string which) => Recordings.Excerpt(Path.Combine("qemu", which + ".qemu.log.xz"));
}
