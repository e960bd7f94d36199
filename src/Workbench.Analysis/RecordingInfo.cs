using System.Globalization;
using Workbench.Analysis.Display;
using Workbench.Display;
using Workbench.Traces;

namespace Workbench.Analysis;

/// <summary>What a recording holds and where it comes from: what `workbench trace info` shows.</summary>
[TypeFormatterSource(typeof(SelfFormatter<RecordingInfo, RecordingInfoDisplay>))]
public sealed record RecordingInfo
{
    /// <summary>The recording's short name.</summary>
    public required string Name { get; init; }
    /// <summary>What it says of itself.</summary>
    public required string Title { get; init; }
    /// <summary>Size of the .dmat file, bytes.</summary>
    public required long FileBytes { get; init; }
    /// <summary>sha256 of the .dmat file, lower-case hex.</summary>
    public required string Sha256 { get; init; }
    /// <summary>Everything that one pass over the events counts.</summary>
    public required TraceSummary Summary { get; init; }
    /// <summary>Where it comes from.</summary>
    public required TraceProvenance Provenance { get; init; }

    /// <summary>Events in all.</summary>
    public long Events => Summary.Events;
    /// <summary>Time from the first event to the last, seconds.</summary>
    public double DurationSeconds => Summary.DurationNs / 1e9;
    /// <summary>Accesses that read, by payload and rings.</summary>
    public long Reads => Summary.Devices.Sum(d => d.Data.Reads + d.Rings.Reads);
    /// <summary>Accesses that write, by payload and rings; interrupts are apart.</summary>
    public long Writes => Summary.Devices.Sum(d => d.Data.Writes + d.Rings.Writes);
    /// <summary>Payload read, bytes.</summary>
    public ulong BytesRead => Sum(d => d.Data.ReadBytes);
    /// <summary>Payload written, bytes.</summary>
    public ulong BytesWritten => Sum(d => d.Data.WrittenBytes);
    /// <summary>The guest's memory, bytes; 0 if the recording does not say.</summary>
    public ulong GuestMemoryBytes => Provenance.GuestMemory.Aggregate(0UL, (sum, range) => unchecked(sum + range.Length));
    /// <summary>The IOMMU of the machine that recorded, or "unknown".</summary>
    public string RecordedIommu => Provenance.RecordedIommu ?? "unknown";
    /// <summary>The addresses a migration of the recorded guest tracks: "gpa", "iova", or "unknown".</summary>
    public string MigrationView => Provenance.MigrationView ?? "unknown";
    /// <summary>Texts in the trace, with their times.</summary>
    public IReadOnlyList<MarkSummary> Marks => Summary.Marks;

    /// <summary>A line or two for a reader.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Name}: {Title}\n{Events:n0} events over {DurationSeconds:n3} s: {Reads:n0} reads of {Words.ShowBytes(BytesRead)}, {Writes:n0} writes of {Words.ShowBytes(BytesWritten)}; recorded on {RecordedIommu}, a migration tracks {MigrationView} addresses");

    private ulong Sum(Func<DeviceSummary, ulong> bytes) => Summary.Devices.Aggregate(0UL, (sum, device) => unchecked(sum + bytes(device)));
}
