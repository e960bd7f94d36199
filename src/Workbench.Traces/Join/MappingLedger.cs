using System.Numerics;
using Workbench.Iommu;
using Workbench.Traces.Importers;

namespace Workbench.Traces.Join;

/// <summary>
/// The last stage of every import: keeps book of what is mapped, checks each translation against it, and supplies a map (flagged as
/// inferred) where the recorder translated a page that no recorded map covers, so that every trace can be replayed as it stands.
/// </summary>
internal sealed class MappingLedger(ITraceSink sink) : ITraceSink
{
    private readonly LiveMappings<Mapping> live = new();
    private readonly Dictionary<RequesterId, DomainId> domains = [];
    private readonly Dictionary<DomainId, SortedList<ulong, RequesterId>> inferredPages = [];

    private readonly record struct Mapping(ulong Physical, bool IsInferred, ulong PageBytes);

    /// <summary>Translations checked.</summary>
    public long Translations { get; private set; }
    /// <summary>Those that fell into a recorded mapping to the same place.</summary>
    public long Inside { get; private set; }
    /// <summary>Translations checked while <see cref="InWorkWindow"/> was set.</summary>
    public long WindowTranslations { get; private set; }
    /// <summary>Those of them inside a recorded mapping.</summary>
    public long WindowInside { get; private set; }
    /// <summary>Maps that had to be inferred.</summary>
    public long InferredMaps { get; private set; }
    /// <summary>Unmaps that had to be inferred.</summary>
    public long InferredUnmaps { get; private set; }
    /// <summary>AMD-Vi: the log gives the base of the leaf that was used, whatever its size, not the page's own frame.</summary>
    public bool NamesLeafBases { get; init; }
    /// <summary>Set between the recorder's marks of the work window.</summary>
    public bool InWorkWindow { get; set; }

    public int AddText(string text) => sink.AddText(text);

    public void Append(in TraceEvent e, long sourceLine = 0)
    {
        switch (e.Kind)
        {
            case EventKind.Attach:
                domains[e.Device] = e.Domain;
                break;
            case EventKind.Map:
                // A map over something live: whatever was there is gone.
                if (live.AnyIn(e.Device.Value, e.Iova, e.Length)) UnmapInferred(e.TimeNs, e.Device, e.Iova, e.Length);
                live.Map(e.Device.Value, e.Iova, e.Length, new(e.Target, false, 0));
                break;
            case EventKind.Unmap:
                live.Unmap(e.Device.Value, e.Iova, e.Length);
                break;
            case EventKind.Translate:
                sink.Append(Check(e), sourceLine);
                return;
            case EventKind.InvalidateRange:
                DropInferred(e);
                break;
        }
        sink.Append(e, sourceLine);
    }

    private TraceEvent Check(in TraceEvent e)
    {
        Translations++;
        if (InWorkWindow) WindowTranslations++;
        bool mapped = live.TryFind(e.Device.Value, e.Iova, out ulong first, out Mapping mapping);
        ulong expected = mapping.Physical + (e.Iova - first);
        if (mapped && (expected == e.Target || (NamesLeafBases && IsLeafBase(expected, e.Target, out _))))
        {
            if (mapping.IsInferred) return e;
            Inside++;
            if (InWorkWindow) WindowInside++;
            if (expected == e.Target) return e;
            IsLeafBase(expected, e.Target, out int leafLog2);
            return e with { Target = expected, Length = 1UL << leafLog2 };
        }
        ulong page = e.Iova & ~(e.Length - 1);
        if (live.AnyIn(e.Device.Value, page, e.Length)) UnmapInferred(e.TimeNs, e.Device, page, e.Length);
        InferredMaps++;
        ulong physical = e.Target & ~(e.Length - 1);
        live.Map(e.Device.Value, page, e.Length, new(physical, true, e.Length));
        if (domains.TryGetValue(e.Device, out DomainId domain))
        {
            if (!inferredPages.TryGetValue(domain, out SortedList<ulong, RequesterId>? pages)) inferredPages[domain] = pages = [];
            pages[page] = e.Device;
        }
        sink.Append(TraceEvent.Map(e.TimeNs, e.Device, page, e.Length, physical, e.Permission, EventFlags.Inferred));
        return e;
    }

    /// <summary>Is the recorded frame the first of a power-of-two leaf that also holds the expected one?</summary>
    private static bool IsLeafBase(ulong expected, ulong recorded, out int leafLog2)
    {
        ulong difference = (expected ^ recorded) >> 12;
        leafLog2 = 12 + (64 - BitOperations.LeadingZeroCount(difference));
        return leafLog2 <= 30 && (recorded & ((1UL << leafLog2) - 1) & ~0xFFFUL) == 0;
    }

    private void UnmapInferred(long timeNs, RequesterId device, ulong first, ulong length)
    {
        InferredUnmaps++;
        live.Unmap(device.Value, first, length);
        sink.Append(TraceEvent.Unmap(timeNs, device, first, length, EventFlags.Inferred));
    }

    /// <summary>Software invalidates an address that was only inferred to be mapped: the mapping is over.</summary>
    private void DropInferred(in TraceEvent e)
    {
        if (!inferredPages.TryGetValue(e.Domain, out SortedList<ulong, RequesterId>? pages)) return;
        ulong last = e.Iova + (e.Length - 1);
        int at = FirstAtOrAfter(pages.Keys, e.Iova & ~0xFFFUL);
        // A large page may begin before the range and reach into it.
        if (at > 0 && live.TryFind(pages.Values[at - 1].Value, pages.Keys[at - 1], out _, out Mapping before) && before.IsInferred && e.Iova - pages.Keys[at - 1] < before.PageBytes) at--;
        while (at < pages.Count && pages.Keys[at] <= last)
        {
            (ulong page, RequesterId device) = (pages.Keys[at], pages.Values[at]);
            pages.RemoveAt(at);
            if (live.TryFind(device.Value, page, out _, out Mapping mapping) && mapping.IsInferred) UnmapInferred(e.TimeNs, device, page, mapping.PageBytes);
        }
    }

    private static int FirstAtOrAfter(IList<ulong> sorted, ulong value)
    {
        int low = 0, high = sorted.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sorted[middle] < value) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
