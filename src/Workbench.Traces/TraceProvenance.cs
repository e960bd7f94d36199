using System.Text.Json;
using System.Text.Json.Serialization;
using Workbench.Display;
using Workbench.Traces.Display;

namespace Workbench.Traces;

/// <summary>Where a trace comes from and what was done to it. Stored as JSON in the footer; members of later versions are ignored on read.</summary>
[TypeFormatterSource(typeof(SelfFormatter<TraceProvenance, TraceProvenanceDisplay>))]
public sealed record TraceProvenance
{
    /// <summary>One line that names the trace.</summary>
    public string Title { get; init; } = "";
    /// <summary>Name and version of the program that wrote the file.</summary>
    public string Tool { get; init; } = "";
    /// <summary>The command line that made the file, as text.</summary>
    public string HowMade { get; init; } = "";
    /// <summary>The recordings it was made from.</summary>
    public IReadOnlyList<TraceSource> Sources { get; init; } = [];
    /// <summary>What time 0 of the trace is.</summary>
    public string? TimeOrigin { get; init; }
    /// <summary>What a migration of this guest tracks: "gpa", "iova", or null when unknown.</summary>
    public string? MigrationView { get; init; }
    /// <summary>The guest's memory, as physical ranges.</summary>
    public IReadOnlyList<TraceMemoryRange> GuestMemory { get; init; } = [];
    /// <summary>The IOMMU the recording machine had: "vtd", "amdvi", "smmuv3", or null for none or unknown.</summary>
    public string? RecordedIommu { get; init; }
    /// <summary>How its driver was set: "strict", "lazy", "vfio", or null for unknown.</summary>
    public string? RecordedMode { get; init; }
    /// <summary>The devices that issue the accesses.</summary>
    public IReadOnlyList<TraceDevice> Devices { get; init; } = [];
    /// <summary>How two recordings were joined, when they were.</summary>
    public TraceJoin? Join { get; init; }
    /// <summary>What the importer had to infer, and how often.</summary>
    public IReadOnlyList<TraceInference> Inferences { get; init; } = [];
    /// <summary>Anything else a reader of results should know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
    /// <summary>The licence of the recording, for example an SPDX id.</summary>
    public string? License { get; init; }

    /// <summary>Every problem of the record, as sentences; empty when it can be written.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        OneOf(nameof(MigrationView), MigrationView, "gpa", "iova");
        OneOf(nameof(RecordedIommu), RecordedIommu, "vtd", "amdvi", "smmuv3");
        OneOf(nameof(RecordedMode), RecordedMode, "strict", "lazy", "vfio");
        foreach (TraceMemoryRange range in GuestMemory)
        {
            if (range.Length == 0 || range.Length - 1 > ulong.MaxValue - range.Start)
                problems.Add(FormattableString.Invariant($"GuestMemory range at 0x{range.Start:x} of 0x{range.Length:x} bytes; a range has at least 1 byte and ends below 2^64."));
        }
        return problems;

        void OneOf(string member, string? value, params ReadOnlySpan<string> allowed)
        {
            if (value is not null && !allowed.Contains(value))
                problems.Add($"{member} is '{value}'; allowed are {string.Join(", ", allowed)} or null.");
        }
    }

    /// <summary>The record as UTF-8 JSON; the same record gives the same bytes.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TraceProvenanceJson.Default.TraceProvenance);

    // Reading goes through reflection: generated readers give absent init-only members default(T), not their initialiser.
    private static readonly JsonSerializerOptions Reading = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, RespectNullableAnnotations = true };

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static TraceProvenance FromJson(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<TraceProvenance>(utf8, Reading)
                ?? throw new TraceFormatException("The provenance is the JSON value null; it must be an object.");
        }
        catch (JsonException wrong)
        {
            throw new TraceFormatException($"The provenance is not the JSON it should be: {wrong.Message}", wrong);
        }
    }
}

/// <summary>One recording a trace was made from.</summary>
public sealed record TraceSource
{
    /// <summary>File name without folders.</summary>
    public string Name { get; init; } = "";
    /// <summary>The encoding, for example "ftrace" or "qemu-log".</summary>
    public string Kind { get; init; } = "";
    /// <summary>Size of the uncompressed content in bytes.</summary>
    public long Bytes { get; init; }
    /// <summary>SHA-256 of the uncompressed content, lower-case hexadecimal.</summary>
    public string Sha256 { get; init; } = "";
    /// <summary>SHA-256 of the file as it was stored, when it was compressed.</summary>
    public string? StoredSha256 { get; init; }
    /// <summary>The clock of its time stamps, for example "mono".</summary>
    public string? Clock { get; init; }
    /// <summary>Events read from it.</summary>
    public long Events { get; init; }
}

/// <summary>A range of guest-physical memory in bytes.</summary>
public sealed record TraceMemoryRange
{
    /// <summary>First byte.</summary>
    public ulong Start { get; init; }
    /// <summary>Bytes, at least 1.</summary>
    public ulong Length { get; init; }
}

/// <summary>A device of the recorded machine.</summary>
public sealed record TraceDevice
{
    /// <summary>Bus, device and function, as in "00:01.0".</summary>
    public string Id { get; init; } = "";
    /// <summary>What it is, for a reader.</summary>
    public string Name { get; init; } = "";
}

/// <summary>How a recording of the guest and one of the host were laid over each other.</summary>
public sealed record TraceJoin
{
    /// <summary>Nanoseconds added to the second recording's time stamps.</summary>
    public long OffsetNs { get; init; }
    /// <summary>The largest correction beyond the offset, in nanoseconds.</summary>
    public long DriftNs { get; init; }
    /// <summary>Unmaps seen in both recordings and paired.</summary>
    public long PairedUnmaps { get; init; }
    /// <summary>How the offset was found.</summary>
    public string Method { get; init; } = "";
    /// <summary>Accesses checked against the mappings.</summary>
    public long Accesses { get; init; }
    /// <summary>Those of them that fell inside a mapping live at their time.</summary>
    public long InsideLiveMapping { get; init; }
}

/// <summary>Something an importer inferred.</summary>
public sealed record TraceInference
{
    /// <summary>What was inferred and from what.</summary>
    public string What { get; init; } = "";
    /// <summary>How many events it concerns.</summary>
    public long Count { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TraceProvenance))]
internal sealed partial class TraceProvenanceJson : JsonSerializerContext;
