using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Importers;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Recorded;

/// <summary>
/// The eleven recordings as traces: imported from the raw logs where WORKBENCH_RECORDINGS names them, so that importer and replay are checked
/// as they are now; the shipped .dmat files otherwise.
/// </summary>
internal static partial class RecordedTraces
{
    public static readonly string[] Names =
    [
        "amd-nvme-randrw", "intel-e1000e-slirp", "intel-mkfs-copy", "intel-nic-pair", "intel-nvme-randrw", "intel-nvme-seqwrite",
        "intel-perf", "intel-tracecmd", "intel-vfio-nested", "sid-nvme-randrw", "smmuv3-nvme-randrw",
    ];

    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> Imported = new();

    public static DmatReader Open(string name) => Repository.Recordings is null
        ? DmatFile.Open(Repository.PathOf("data", "traces", name + ".dmat"))
        : DmatReader.Open(new MemoryStream(Imported.GetOrAdd(name, n => new(() => Import(n))).Value, writable: false), name);

    /// <summary>A raw log, unpacked; skips the test where the recordings are not at hand.</summary>
    public static StreamReader OpenLog(string name)
    {
        Assert.SkipWhen(Repository.Recordings is null, $"WORKBENCH_RECORDINGS is not set; it names the folder of the whole recordings ({name}.qemu.log.xz is wanted).");
        return new(new InputFile(PathOf(name, "qemu.log")).Open());
    }

    private static string PathOf(string name, string kind) => Path.Combine(Repository.Recordings!, $"{name}.{kind}.xz");

    private static byte[] Import(string name)
    {
        using MemoryStream stream = new();
        using (DmatWriter writer = new(stream, level: 1, leaveOpen: true))
            TraceImport.Run(new()
            {
                Qemu = new(PathOf(name, "qemu.log")),
                Guest = new(PathOf(name, name switch { "intel-perf" => "perf.txt", "intel-tracecmd" => "trace-cmd.dat", _ => "ftrace.txt" })),
                MigrationView = name == "intel-vfio-nested" ? "iova" : "gpa",
                GuestMemory = GuestMemory(name),
            }, writer);
        return stream.ToArray();
    }

    /// <summary>QEMU's q35 keeps 2 GiB below 4 GiB once there are more than 2.75; the Arm board's memory begins at 1 GiB.</summary>
    private static TraceMemoryRange[] GuestMemory(string name)
    {
        using JsonDocument sidecar = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Recordings!, name + ".json")));
        string command = sidecar.RootElement.GetProperty("qemu_command").GetString()!;
        ulong bytes = ulong.Parse(MemoryOption().Match(command).Groups[1].ValueSpan, CultureInfo.InvariantCulture) << 20;
        if (command.Contains("-machine virt", StringComparison.Ordinal)) return [new() { Start = 1UL << 30, Length = bytes }];
        if (bytes <= 2816UL << 20) return [new() { Start = 0, Length = bytes }];
        return [new() { Start = 0, Length = 1UL << 31 }, new() { Start = 1UL << 32, Length = bytes - (1UL << 31) }];
    }

    [GeneratedRegex(@" -m (\d+) ")]
    private static partial Regex MemoryOption();
}
