using Workbench.Iommu;

namespace Workbench.Traces.Importers;

/// <summary>One addressed invalidation of the QEMU log.</summary>
internal readonly record struct InvalidationSeen(long QemuNs, ulong Iova, ulong Length, long Line);

/// <summary>Keeps what clock alignment needs from a first pass over a QEMU log.</summary>
internal sealed class ClockEvidence : ITraceSink
{
    /// <summary>Observations kept for alignment by translations: one in so many once there are enough.</summary>
    private const int MostTranslations = 1 << 20;

    public List<InvalidationSeen> Invalidations { get; } = [];
    public List<(long QemuNs, ulong Iova, ulong Physical)> Translations { get; } = [];
    public SortedDictionary<int, long> Marks { get; } = [];
    public SortedSet<RequesterId> Translated { get; } = [];
    public SortedDictionary<RequesterId, DomainId> FirstDomains { get; } = [];
    public long DomainInvalidations { get; private set; }
    public Qemu.QemuDialect Dialect { get; set; }
    public bool SawLargePages { get; private set; }
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
