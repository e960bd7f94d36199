using Workbench.Iommu.Dirty;
using Workbench.Replay.Policies;

namespace Workbench.Replay.Trackers;

/// <summary>
/// The devices' own log (VFIO DMA logging, Linux 6.12 uapi/vfio.h; mlx5): it sees DMA writes in a few ranges, in pages of its own size whatever the
/// IOMMU's leaves are, and is read and cleared at once. A write outside the ranges is an error that voids the log: everything mapped is dirty then, and
/// logging begins anew.
/// </summary>
internal sealed class DeviceLogTracker(TrackerContext context, int mostRanges, int pageLog2) : IDirtyTracker
{
    private readonly Dictionary<DomainOracle, Log> logs = [];
    private DomainOracle? lastDomain;
    private Log? lastLog;
    private long voided;

    /// <summary>What the devices of one domain logged: all logs in one, as their reader sees them.</summary>
    private sealed class Log(DomainOracle domain)
    {
        public DeviceLogRanges Ranges { get; set; } = DeviceLogRanges.None;
        public PageSet Units { get; } = new();
        public MappedLeaves Mapped { get; } = new(domain);
        public bool IsVoid { get; set; }
    }

    /// <inheritdoc/>
    public bool IsSound => true;

    /// <inheritdoc/>
    public bool SeesWrites => true;

    /// <inheritdoc/>
    public string LossCause => "written while nothing was mapped there and the log was void: by a cached translation whose invalidation had not come";

    /// <inheritdoc/>
    public IEnumerable<string> Notes => voided == 0 ? []
        : [$"The devices' log was void {voided} times, since a device wrote outside its ranges; everything mapped was reported instead, and logging began anew."];

    /// <inheritdoc/>
    public void Start(DomainOracle domain)
    {
        logs[domain] = new(domain);
        Restart(domain, logs[domain]);
    }

    /// <summary>The ranges stay as they are until logging begins anew: what a device tracks it cannot change meanwhile.</summary>
    private void Restart(DomainOracle domain, Log log)
    {
        log.Units.Clear();
        log.IsVoid = false;
        IReadOnlyList<(ulong FirstPage, ulong LastPage)> memory = context.View == View.Gpa && context.GuestMemory.Count > 0
            ? [.. context.GuestMemory.Select(r => (r.Start >> 12, (r.Start + (r.Length - 1)) >> 12))]
            : log.Mapped.Runs;
        log.Ranges = DeviceLogRanges.Over(memory, mostRanges, pageLog2, domain.Domain.Table.LastIova >> 12);
    }

    /// <inheritdoc/>
    public bool Wrote(DomainOracle domain, ulong firstPage, ulong lastPage)
    {
        if (domain != lastDomain || lastLog is null)
        {
            // Before tracking begins there is no log.
            if (!logs.TryGetValue(domain, out Log? found)) return true;
            (lastDomain, lastLog) = (domain, found);
        }
        if (!lastLog.Ranges.Cover(firstPage, lastPage)) lastLog.IsVoid = true;
        int shift = pageLog2 - 12;
        for (ulong unit = firstPage >> shift; unit <= lastPage >> shift; unit++) lastLog.Units.Add(unit);
        return true;
    }

    /// <summary>With a void log what is mapped is dirty, also if it is unmapped before the next harvest.</summary>
    public void Unmapping(DomainOracle domain, ulong iova, ulong length)
    {
        if (!logs[domain].IsVoid) return;
        foreach (Leaf leaf in MappedLeaves.In(domain.Domain.Table, iova, iova + (length - 1))) domain.Report(leaf.Address >> 12, leaf.SizeLog2);
    }

    /// <inheritdoc/>
    public IEnumerable<long> Harvest(DomainOracle domain, bool isLast)
    {
        long bytes = Type1Bitmap.Bytes(domain.MappedBytes, pageLog2);
        context.Tally.BitmapBytes += bytes;
        yield return context.Costs.Bitmap(bytes);
        Log log = logs[domain];
        if (log.IsVoid)
        {
            voided++;
            log.Mapped.Report();
            Restart(domain, log);
            yield break;
        }
        if (pageLog2 == 12) domain.Report(log.Units);
        else
        {
            foreach (ulong unit in log.Units) domain.Report(unit << (pageLog2 - 12), pageLog2);
        }
        log.Units.Clear();
    }
}
