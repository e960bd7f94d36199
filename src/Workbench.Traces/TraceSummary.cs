using Workbench.Traces.Native;

namespace Workbench.Traces;

/// <summary>What a trace holds, from one pass over it.</summary>
public sealed record TraceSummary
{
    /// <summary>Events in all.</summary>
    public required long Events { get; init; }
    /// <summary>Time of the first event, 0 without events.</summary>
    public required long FirstTimeNs { get; init; }
    /// <summary>Time of the last event, 0 without events.</summary>
    public required long LastTimeNs { get; init; }
    /// <summary>Nanoseconds from the first to the last event; 2^63 - 1 when it is more.</summary>
    public long DurationNs => (long)Math.Min((ulong)long.MaxValue, unchecked((ulong)LastTimeNs - (ulong)FirstTimeNs));
    /// <summary>Events of each kind that occurs, in the order of the kinds.</summary>
    public required IReadOnlyList<KindCount> Kinds { get; init; }
    /// <summary>The devices that read or wrote, in the order of their ids.</summary>
    public required IReadOnlyList<DeviceSummary> Devices { get; init; }
    /// <summary>How often each length was mapped, ascending.</summary>
    public required IReadOnlyList<LengthCount> MapLengths { get; init; }
    /// <summary>How often Translate events name each page size, ascending.</summary>
    public required IReadOnlyList<LengthCount> TranslatePages { get; init; }
    /// <summary>Translate events that the recorder's IOTLB answered.</summary>
    public required long TranslateHits { get; init; }
    /// <summary>Translate events that filled the recorder's IOTLB.</summary>
    public required long TranslateFills { get; init; }
    /// <summary>Events whose direction was inferred.</summary>
    public required long DirectionInferred { get; init; }
    /// <summary>Events whose length was inferred.</summary>
    public required long LengthInferred { get; init; }
    /// <summary>Events that were inferred as a whole.</summary>
    public required long WhollyInferred { get; init; }
    /// <summary>Accesses of more than 1 GiB, of which only the first 1 GiB counts as pages.</summary>
    public required long OversizedAccesses { get; init; }
    /// <summary>The first 10,000 marks.</summary>
    public required IReadOnlyList<MarkSummary> Marks { get; init; }

    /// <summary>Reads a trace to its end, from where the reader stands.</summary>
    public static TraceSummary Of(DmatReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        TraceSummaryBuilder builder = new(mark => reader.TextOf(mark));
        TraceEvent[] batch = new TraceEvent[2048];
        for (int count; (count = reader.Read(batch)) > 0;) builder.Add(batch.AsSpan(0, count));
        return builder.Build();
    }
}

/// <summary>How often a kind occurs.</summary>
public readonly record struct KindCount(EventKind Kind, long Count);

/// <summary>How often a length in bytes occurs.</summary>
public readonly record struct LengthCount(ulong LengthBytes, long Count);

/// <summary>A mark: when, and what it says.</summary>
public readonly record struct MarkSummary(long TimeNs, string Text);

/// <summary>Reads and writes of one sort, by one device.</summary>
/// <param name="Reads">Read events.</param>
/// <param name="Writes">Write events.</param>
/// <param name="ReadBytes">Bytes read; stops at 2^64 - 1.</param>
/// <param name="WrittenBytes">Bytes written; stops at 2^64 - 1.</param>
/// <param name="PagesRead">Distinct 4 KiB pages of IOVA read.</param>
/// <param name="PagesWritten">Distinct 4 KiB pages of IOVA written.</param>
public readonly record struct AccessSummary(long Reads, long Writes, ulong ReadBytes, ulong WrittenBytes, long PagesRead, long PagesWritten);

/// <summary>What one device did.</summary>
public sealed record DeviceSummary
{
    /// <summary>The device.</summary>
    public required Iommu.RequesterId Device { get; init; }
    /// <summary>Its payload.</summary>
    public required AccessSummary Data { get; init; }
    /// <summary>Its ring, descriptor, queue and doorbell accesses.</summary>
    public required AccessSummary Rings { get; init; }
    /// <summary>Its message-signalled interrupts.</summary>
    public required long Interrupts { get; init; }
}
