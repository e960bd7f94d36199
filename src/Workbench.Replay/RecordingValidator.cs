using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Replay;

/// <summary>One place where the model and the recorder disagree.</summary>
/// <param name="Event">Number of the trace event, from 0.</param>
/// <param name="SourceLine">Line of the recording's log, 0 if the trace does not keep lines.</param>
/// <param name="TimeNs">Trace time.</param>
/// <param name="Iova">The address translated.</param>
/// <param name="Text">What was recorded and what the model did.</param>
public sealed record RecordingDifference(long Event, long SourceLine, long TimeNs, Iova Iova, string Text);

/// <summary>How far a recording and the model agree.</summary>
public sealed record RecordingValidation
{
    /// <summary>The model driven, of the vendor that was recorded.</summary>
    public required string Model { get; init; }
    /// <summary>The IOTLB the recorder's own IOMMU has.</summary>
    public required string Iotlb { get; init; }
    /// <summary>Translations compared.</summary>
    public required long Translations { get; init; }
    /// <summary>Hits and fills predicted as recorded.</summary>
    public required long HitOrFillAgrees { get; init; }
    /// <summary>Recorded hits.</summary>
    public required long RecordedHits { get; init; }
    /// <summary>Does the recording hold the leaf entries, so that they can be compared bit for bit? If not, <see cref="LeafAgrees"/> compares addresses.</summary>
    public required bool ComparesEntries { get; init; }
    /// <summary>Translations to the recorded address whose leaf entry in the model's table is the recorded one (address, permission and size), where there is one.</summary>
    public required long LeafAgrees { get; init; }
    /// <summary>Times the modelled IOTLB was emptied because it was full.</summary>
    public required long FullFlushes { get; init; }
    /// <summary>The first differences, at most 1000.</summary>
    public required IReadOnlyList<RecordingDifference> Differences { get; init; }
}

/// <summary>
/// Drives the model with the recorded maps, unmaps and invalidations, sends it every recorded translation, and compares the outcome event
/// by event: was it a hit or a fill, and is the leaf entry in memory the recorded one? The recorder's IOMMU is the independent oracle.
/// </summary>
public static class RecordingValidator
{
    private const int MostDifferences = 1000;

    /// <summary>Validates a trace that holds translations; throws <see cref="TraceFormatException"/> for one that does not. <paramref name="progress"/> is told the events done.</summary>
    public static RecordingValidation Run(DmatReader reader, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        // The model of the vendor recorded, with the IOTLB that QEMU gives it.
        (string model, string preset) = reader.Provenance.RecordedIommu switch { "amdvi" => ("amd", "qemu-amdvi"), "smmuv3" => ("smmu", "qemu-smmu"), _ => ("vtd", "qemu-vtd") };
        if (!IotlbGeometry.TryParse(preset, out IotlbGeometry geometry, out string error)) throw new UnreachableException(error);
        using Machine machine = new(IommuCatalogue.Build(new() { Model = model, Iotlb = geometry, SupportsDirtyTracking = false, LinuxLeafSizesOnly = true }), 0, InvalidationSource.Recorded) { FollowsTraceOnly = true };
        // Only QEMU's VT-d logs the entry it found; its other IOMMUs log where the page lies.
        bool comparesEntries = model == "vtd";
        List<RecordingDifference> differences = [];
        TraceEvent[] batch = new TraceEvent[1024];
        long[] lines = new long[1024];
        long number = 0, translations = 0, agreed = 0, hits = 0, leaves = 0;
        for (int got; (got = reader.Read(batch, lines)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < got; i++, number++)
            {
                TraceEvent e = batch[i];
                switch (e.Kind)
                {
                    case EventKind.Attach: machine.Attach(e); break;
                    case EventKind.Map: machine.Map(e); break;
                    case EventKind.Unmap: machine.Unmap(e); break;
                    case EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll: machine.Invalidate(e); break;
                    case EventKind.Translate:
                        translations++;
                        if (Agrees(machine, e, comparesEntries, number, lines[i], differences, ref leaves)) agreed++;
                        if ((e.Flags & EventFlags.Hit) != 0) hits++;
                        break;
                }
            }
            progress?.Invoke(number);
        }
        if (translations == 0) throw new TraceFormatException($"{reader.Name}: the trace holds no translations of the recorder's IOMMU, so there is nothing to validate against. Import a QEMU log recorded with the vtd_, amdvi_ or smmu_ translation events.");
        return new()
        {
            Model = model, Iotlb = geometry.ToString(), Translations = translations, HitOrFillAgrees = agreed, RecordedHits = hits, ComparesEntries = comparesEntries, LeafAgrees = leaves,
            FullFlushes = machine.Hardware.Counters.IotlbFullFlushes, Differences = differences,
        };
    }

    private static bool Agrees(Machine machine, in TraceEvent e, bool comparesEntries, long number, long line, List<RecordingDifference> differences, ref long leaves)
    {
        bool recordedHit = (e.Flags & EventFlags.Hit) != 0;
        bool isWrite = (e.Permission & Permission.Read) == 0;
        machine.Hardware.Translate(new(e.Device, e.Iova, isWrite, e.PasidOrNone), out Translation t);
        bool hit = t.Fault == FaultKind.None && t.Source == TranslationSource.Iotlb;
        bool agrees = t.Fault == FaultKind.None && hit == recordedHit;
        if (!agrees)
            Differ(string.Create(CultureInfo.InvariantCulture, $"recorded {(recordedHit ? "hit" : "fill")}, the model had {(t.Fault != FaultKind.None ? $"fault {t.Fault}" : hit ? "a hit" : "a fill")}"), e, number, line, differences);
        IPageTable table = machine.OracleOf(e.Device, e.PasidOrNone).Domain.Table;
        bool found = table.TryGetLeaf(e.Iova, out ulong entry, out int log2);
        // What the recorder's entry must have been: page address, permission, and the large-page bit by its size.
        ulong recordedEntry = comparesEntries ? table.EncodeLeaf(e.Target & ~(e.Length - 1), BitOperations.Log2(e.Length), e.Permission) : 0;
        if (found && (!comparesEntries || entry == recordedEntry) && t.Fault == FaultKind.None && t.Physical == e.Target) leaves++;
        else
            Differ(string.Create(CultureInfo.InvariantCulture, $"recorded {(comparesEntries ? $"leaf entry 0x{recordedEntry:x}" : "another address")}, the model's entry is {(found ? $"0x{entry:x} (2^{log2} bytes)" : "not present")}, translation {new Spa(t.Physical)} for {new Spa(e.Target)}"), e, number, line, differences);
        return agrees;
    }

    private static void Differ(string text, in TraceEvent e, long number, long line, List<RecordingDifference> differences)
    {
        if (differences.Count < MostDifferences) differences.Add(new(number, line, e.TimeNs, new(e.Iova), text));
    }
}
