using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;

namespace Workbench.Replay.Trackers;

/// <summary>
/// Dirty bits in the IOMMU's tables, as iommufd harvests them: look at every entry in address order, report each dirty leaf and clear its D,
/// invalidate as the strategy says, and wait. Only then is the report final, for until then a write through a cached entry believed dirty sets no bit.
/// </summary>
internal sealed class TableTracker(TrackerContext context, FlushStrategy flush, ulong chunkBytes) : IDirtyTracker
{
    /// <inheritdoc/>
    public bool IsSound => flush.IsSound;

    /// <inheritdoc/>
    public bool UsesDirtyBits => true;

    /// <summary>Nothing: the machine turned dirty bits on, with everything clean.</summary>
    public void Start(DomainOracle domain) { }

    /// <inheritdoc/>
    public IEnumerable<long> Harvest(DomainOracle domain, bool isLast)
    {
        context.Tally.BitmapBytes += (long)(domain.MappedBytes >> 12) / 8;
        if (flush == FlushStrategy.Before)
        {
            yield return context.InvalidateDomainNs;
            context.InvalidateDomain(domain);
        }
        InvalidationGather gather = new();
        RunCollector runs = new(joins: flush != FlushStrategy.PerPage) { Next = domain };
        IDirtySink sink = flush is FlushStrategy.PerRun or FlushStrategy.PerPage ? runs : domain;
        ScanBudget budget = new() { ScanNs = (int)context.Costs.ScanEntry, ClearNs = (int)context.Costs.ClearEntry };
        for (ulong? from = 0; from is { } at;)
        {
            ulong last = flush == FlushStrategy.PerChunk ? at | (chunkBytes - 1) : ulong.MaxValue;
            for (ulong? next = at; next is { } scanFrom;)
            {
                long given = Math.Max(1, unchecked(context.Clock.UntilNs - context.Clock.NowNs));
                budget.RemainingNs = given;
                next = domain.Domain.Table.ScanDirty(scanFrom, last, clear: true, ref budget, sink, gather);
                // DMA up to here is let in, also before what follows the scan.
                yield return given - budget.RemainingNs;
            }
            from = last < domain.Domain.Table.LastIova && domain.Domain.Table.NextLeaf(last + 1, out _) is { } mapped ? Math.Max(last + 1, mapped) : null;
            if (from is not null && !gather.IsEmpty)
            {
                yield return context.InvalidateRangeNs;
                context.Invalidate(domain, gather);
            }
        }
        (context.Tally.EntriesScanned, context.Tally.EntriesCleared) = (context.Tally.EntriesScanned + budget.EntriesScanned, context.Tally.EntriesCleared + budget.EntriesCleared);
        if (gather.IsEmpty || !flush.IsInvalidatingLast) yield break;
        if (flush == FlushStrategy.AfterCopy) domain.Copy();
        switch (flush)
        {
            case FlushStrategy.Domain:
                yield return context.InvalidateDomainNs;
                context.InvalidateDomain(domain);
                break;
            case FlushStrategy.PerRun or FlushStrategy.PerPage:
                gather.Reset();
                for (int i = 0; i < runs.Count; i++)
                {
                    yield return context.InvalidateRangeNs;
                    runs.Fill(gather, i);
                    context.Invalidate(domain, gather);
                }
                break;
            default:
                yield return context.InvalidateRangeNs;
                context.Invalidate(domain, gather);
                break;
        }
    }
}
