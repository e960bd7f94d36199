using Workbench.Iommu;

namespace Workbench.Traces.Importers;

/// <summary>One addressed invalidation of the QEMU log.</summary>
internal readonly record struct InvalidationSeen(long QemuNs, ulong Iova, ulong Length, long Line);

/// <summary>Keeps what clock alignment needs from a first pass over a QEMU log.</summary>
internal sealed class ClockEvidence : ITraceSink
{
    /// <summary>Observations kept for alignment by translations: the first million decides as well as all.</summary>
    private const int MostTranslations = 1 << 20;

    public List<InvalidationSeen> Invalidations { get; } = [];
    public List<(long QemuNs, ulong Iova, ulong Physical)> Translations { get; } = [];
    public SortedDictionary<int, long> Marks { get; } = [];
    public SortedSet<RequesterId> Translated { get; } = [];
    public SortedDictionary<RequesterId, DomainId> FirstDomains { get; } = [];
    public long DomainInvalidations { get; private set; }
    public Qemu.QemuDialect Dialect { get; set; }
    public bool SawLargePages { get; private set; }

    /// <summary>How the guest's driver was set, as far as the two logs tell: few addressed invalidations for its unmaps is the lazy mode.</summary>
    public string? ModeOf(long unmaps, long unclaimedMaps, long maps)
    {
        // The DMA API announces its own mappings; large ones that it did not make are VFIO's.
        if (SawLargePages && unclaimedMaps * 2 > maps) return "vfio";
        if (Dialect != Qemu.QemuDialect.AmdVi && unmaps > 0 && Invalidations.Count * 2 < unmaps) return "lazy";
        return Invalidations.Count > 0 || DomainInvalidations > 0 ? "strict" : null;
    }
    private readonly List<string> texts = [];

    public int AddText(string text)
    {
        texts.Add(text);
        return texts.Count - 1;
    }

    public void Append(in TraceEvent traceEvent, long sourceLine = 0)
    {
        switch (traceEvent.Kind)
        {
            case EventKind.InvalidateRange:
                Invalidations.Add(new(traceEvent.TimeNs, traceEvent.Iova, traceEvent.Length, sourceLine));
                break;
            case EventKind.Attach:
                FirstDomains.TryAdd(traceEvent.Device, traceEvent.Domain);
                break;
            case EventKind.InvalidateDomain:
                DomainInvalidations++;
                break;
            case EventKind.Translate:
                Translated.Add(traceEvent.Device);
                SawLargePages |= traceEvent.Length > 4096;
                if (Translations.Count < MostTranslations) Translations.Add((traceEvent.TimeNs, traceEvent.Iova, traceEvent.Target));
                break;
            case EventKind.Mark:
                string text = texts[(int)traceEvent.Target];
                if (text.Length > 5 && int.TryParse(text.AsSpan(5), out int mark)) Marks.TryAdd(mark, traceEvent.TimeNs);
                break;
        }
    }
}
