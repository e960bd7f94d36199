using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>The JSON that lies beside a recording: what it is, the machine it ran on, and the hashes of its files.</summary>
internal sealed partial class RecordingSidecar
{
    private readonly string name;
    private readonly Dictionary<string, string> sha256ByFile = [];

    private RecordingSidecar(string name) => this.name = name;

    public string Title { get; private set; } = "";
    public IReadOnlyList<TraceMemoryRange> GuestMemory { get; private set; } = [];

    public static RecordingSidecar Read(string path)
    {
        RecordingSidecar sidecar = new(Path.GetFileName(path));
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.TryGetProperty("title", out JsonElement title)) sidecar.Title = title.GetString() ?? "";
            if (root.TryGetProperty("qemu_command", out JsonElement command)) sidecar.GuestMemory = MemoryOf(command.GetString() ?? "");
            if (root.TryGetProperty("files", out JsonElement files))
            {
                foreach (JsonElement file in files.EnumerateArray())
                {
                    sidecar.sha256ByFile[file.GetProperty("file").GetString() ?? ""] = file.GetProperty("xz_sha256").GetString() ?? "";
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new TraceFormatException($"{sidecar.name}: no recording description ({e.Message}).", e);
        }
        return sidecar;
    }

    /// <summary>The sources must be the files the sidecar describes.</summary>
    public void Check(TraceProvenance provenance)
    {
        foreach (TraceSource source in provenance.Sources)
        {
            if (sha256ByFile.TryGetValue(source.Name, out string? expected) && expected != source.StoredSha256)
                throw new TraceFormatException($"{source.Name}: sha256 {source.StoredSha256}, but {name} says {expected}. The file is not the one described; copy it again.");
        }
    }

    /// <summary>Guest memory of QEMU's q35 and virt machines, from the -m and -machine options.</summary>
    internal static IReadOnlyList<TraceMemoryRange> MemoryOf(string command)
    {
        Match size = MemoryOption().Match(command);
        if (!size.Success) return [];
        ulong bytes = ulong.Parse(size.Groups[1].ValueSpan, CultureInfo.InvariantCulture) << (size.Groups[2].Value == "G" ? 30 : 20);
        if (command.Contains("-machine virt", StringComparison.Ordinal)) return [new() { Start = 1UL << 30, Length = bytes }];
        // q35 keeps 2.75 GiB below 4 GiB, or 2 GiB once there is more than that.
        const ulong Limit = 0xB000_0000, Low = 0x8000_0000;
        if (bytes < Limit) return [new() { Start = 0, Length = bytes }];
        return [new() { Start = 0, Length = Low }, new() { Start = 1UL << 32, Length = bytes - Low }];
    }

    [GeneratedRegex(@" -m (\d+)([MG]?)\b")]
    private static partial Regex MemoryOption();
}
