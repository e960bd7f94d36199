using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Models;

/// <summary>
/// The replay as a book would describe it: one event after the other, a harvest as a list of things done at times, the oracle to the letter.
/// Slow on purpose. Not modelled: paging-structure caches (they must not change any number compared here).
/// </summary>
internal sealed class NaiveReplay
{
    private const ulong UnknownMemoryPiece = 1UL << 30;

    private readonly Experiment experiment;
    private readonly ListTrace trace;
    private readonly NaiveMachine machine;
    private readonly View view;
    // The gpa view's mappings, page by page: which map event a page belongs to, and its guest-physical page.
    private readonly Dictionary<(RequesterId, uint, ulong Page), (int Mapping, ulong Gpa)> pages = [];
    private readonly IEnumerator<long> harvests;
    private readonly long everyNs;
    private int mappings;
    private bool harvesting;
    private bool measuring;
    private long beganNs;
    private long place;
    private long lastEndNs = long.MinValue;
    private (long Hits, long Misses, long Rewalks, ulong Read, ulong Written) atLastEnd;
    private ulong bytesRead, bytesWritten;

    public List<HarvestRow> Rows { get; } = [];
    public NaiveMachine Machine => machine;
    public long UnmappedAccesses { get; private set; }
    public long InterruptWrites { get; private set; }
    public ulong BytesWritten => bytesWritten;
    public ulong BytesRead => bytesRead;

    private NaiveReplay(Experiment experiment, ListTrace trace)
    {
        (this.experiment, this.trace) = (experiment, trace);
        view = experiment.View != View.Migration ? experiment.View : trace.Provenance.MigrationView == "iova" ? View.Iova : View.Gpa;
        Assert.True(IotlbGeometry.TryParse(experiment.Iotlb, out IotlbGeometry geometry, out string error), error);
        int largest = PageSizes.Log2Of(experiment.PageSize) switch { null => view == View.Gpa ? 12 : 30, { } log2 => log2 };
        machine = new(geometry, (experiment.AddressBits - 12) / 9, largest, experiment.Invalidations == InvalidationSource.Strict);
        Assert.True(Duration.TryParse(experiment.HarvestEvery, out everyNs));
        harvests = Harvests().GetEnumerator();
    }

    public static NaiveReplay Run(Experiment experiment, ListTrace trace)
    {
        NaiveReplay replay = new(experiment, trace);
        replay.Run();
        return replay;
    }

    private void Run()
    {
        long nowNs = 0;
        if (experiment.FromMark is null) Begin(0);
        foreach (TraceEvent e in trace.Events)
        {
            nowNs = e.TimeNs;
            if (measuring)
                while (harvests.Current <= nowNs) harvests.MoveNext();
            place++;
            if (e.Kind == EventKind.Mark && !measuring && trace.TextOf(e) == experiment.FromMark) Begin(nowNs);
            else if (e.Kind == EventKind.Mark && measuring && trace.TextOf(e) == experiment.ToMark) break;
            else Event(e);
        }
        while (harvesting) harvests.MoveNext();
        foreach (long _ in Harvest(Math.Max(nowNs, lastEndNs))) { }
    }

    private void Begin(long nowNs)
    {
        measuring = true;
        beganNs = nowNs;
        machine.StartTracking();
        (bytesRead, bytesWritten, UnmappedAccesses, InterruptWrites) = (0, 0, 0, 0);
        harvests.MoveNext();
    }

    private void Event(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Read or EventKind.Write: Access(e); break;
            case EventKind.Map when view == View.Iova: machine.Map(machine.DomainOf(e.Device, e.PasidOrNone), e.Iova, e.Length, e.Target, e.Permission); break;
            case EventKind.Unmap when view == View.Iova: machine.Unmap(e); break;
            case EventKind.Attach when view == View.Iova: machine.Attach(e); break;
            case EventKind.InvalidateRange or EventKind.InvalidateDomain or EventKind.InvalidateAll when view == View.Iova: machine.Invalidate(e); break;
            case EventKind.Map:
                mappings++;
                for (ulong at = 0; at < e.Length; at += 4096) pages[(e.Device, e.PasidOrNone, (e.Iova + at) >> 12)] = (mappings, (e.Target + at) >> 12);
                break;
            case EventKind.Unmap:
                for (ulong at = 0; at < e.Length; at += 4096) pages.Remove((e.Device, e.PasidOrNone, (e.Iova + at) >> 12));
                break;
        }
    }

    private void Access(in TraceEvent e)
    {
        bool isInterrupt = (e.Flags & EventFlags.Interrupt) != 0, isRing = (e.Flags & EventFlags.Ring) != 0;
        if (!isInterrupt && !isRing && e.Kind == EventKind.Write) bytesWritten += e.Length;
        if (!isInterrupt && !isRing && e.Kind == EventKind.Read) bytesRead += e.Length;
        if (view == View.Iova) Transfer(e, machine.DomainOf(e.Device, e.PasidOrNone), e.Iova, e.Length);
        else if (isInterrupt) InterruptWrites++;
        else TransferGuestPhysical(e);
    }

    private void TransferGuestPhysical(in TraceEvent e)
    {
        for (ulong done = 0; done < e.Length;)
        {
            ulong iova = e.Iova + done;
            if (!pages.TryGetValue((e.Device, e.PasidOrNone, iova >> 12), out (int Mapping, ulong Gpa) page))
            {
                UnmappedAccesses++;
                return;
            }
            ulong piece = Math.Min(4096 - (iova & 4095), e.Length - done);
            while (done + piece < e.Length && pages.TryGetValue((e.Device, e.PasidOrNone, (iova + piece) >> 12), out (int Mapping, ulong) next) && next.Mapping == page.Mapping)
                piece = Math.Min(piece + 4096, e.Length - done);
            NaiveDomain domain = machine.Shared(e.Device, e.PasidOrNone);
            ulong gpa = (page.Gpa << 12) | (iova & 4095);
            MapGuestMemory(domain, gpa, piece);
            Transfer(e, domain, gpa, piece);
            done += piece;
        }
    }

    private void MapGuestMemory(NaiveDomain domain, ulong gpa, ulong length)
    {
        if (trace.Provenance.GuestMemory.Count > 0)
        {
            if (!domain.Table.IsEmpty) return;
            foreach (TraceMemoryRange range in trace.Provenance.GuestMemory) machine.Map(domain, range.Start, range.Length, range.Start, Permission.ReadWrite);
            return;
        }
        for (ulong piece = gpa / UnknownMemoryPiece * UnknownMemoryPiece; piece < gpa + length; piece += UnknownMemoryPiece)
            if (domain.Table.Find(piece) is null) machine.Map(domain, piece, UnknownMemoryPiece, piece, Permission.ReadWrite);
    }

    /// <summary>One request for each page the range touches; a fault costs the 4 KiB page it happens in.</summary>
    private void Transfer(in TraceEvent e, NaiveDomain domain, ulong iova, ulong length)
    {
        for (ulong done = 0; done < length;)
        {
            ulong at = iova + done;
            int? log2 = machine.Translate(domain, at, e.Kind == EventKind.Write);
            ulong pageBytes = 1UL << (log2 ?? 12);
            ulong inside = Math.Min(pageBytes - (at & (pageBytes - 1)), length - done);
            if (log2 is not null && e.Kind == EventKind.Write && measuring)
                for (ulong page = at >> 12; page <= (at + (inside - 1)) >> 12; page++)
                    domain.Oracle.AddWrite(++place, e, page);
            done += inside;
        }
    }

    /// <summary>All harvests but the last. Each yield says when what follows it happens.</summary>
    private IEnumerable<long> Harvests()
    {
        if (everyNs == 0)
            while (true) yield return long.MaxValue;
        for (long begin = beganNs + everyNs; ;)
        {
            yield return begin;
            if (machine.Domains.Count == 0)
            {
                begin += everyNs;
                continue;
            }
            harvesting = true;
            foreach (long time in Harvest(begin)) yield return time;
            harvesting = false;
            begin = Math.Max(begin + everyNs, lastEndNs);
        }
    }

    private IEnumerable<long> Harvest(long beginNs)
    {
        if (machine.Domains.Count == 0) yield break;
        HarvestCosts costs = experiment.AtomicHarvest ? new() { ScanNs = 0, ClearNs = 0, InvalidateNs = 0 } : experiment.Costs;
        long clock = beginNs;
        NaiveRow row = new();
        place++;
        foreach (NaiveDomain domain in machine.Domains) domain.Oracle.BeginHarvest(place);
        for (int number = 0; number < machine.Domains.Count; number++)
        {
            NaiveDomain domain = machine.Domains[number];
            List<NaiveHull> cleared = [];
            row.BitmapBytes += (long)(domain.Table.MappedBytes / 4096) / 8;
            if (experiment.Flush == FlushStrategy.Before)
            {
                yield return clock += costs.InvalidateNs ?? 1000;
                FlushDomain(domain, row);
            }
            ulong at = 0;
            for (int level = domain.Table.RootLevel; at <= domain.Table.LastIova;)
            {
                yield return clock;
                (bool paid, NaiveLeaf? leaf) = domain.Table.Step(ref at, ref level);
                if (paid)
                {
                    row.Scanned++;
                    clock += costs.ScanNs ?? 5;
                }
                if (leaf is not { Dirty: true }) continue;
                machine.Found(domain, leaf);
                if (!Joins(cleared, leaf)) cleared.Add(new());
                cleared[^1].Add(leaf.Start, leaf.Last);
                leaf.Dirty = false;
                row.Cleared++;
                clock += costs.ClearNs ?? 15;
            }
            yield return clock;
            if (experiment.Flush is FlushStrategy.None or FlushStrategy.Before) cleared.Clear();
            foreach (NaiveHull piece in cleared)
            {
                yield return clock += costs.InvalidateNs ?? 1000;
                if (experiment.Flush == FlushStrategy.Domain) FlushDomain(domain, row);
                else Flush(domain, piece, row);
            }
            place++;
            domain.Oracle.Complete(place, clock, row);
        }
        lastEndNs = clock;
        Rows.Add(new()
        {
            Harvest = Rows.Count + 1, BeginNs = beginNs, EndNs = clock, True4K = row.True4K, TrueData4K = row.TrueData4K, True2M = row.True2M, True1G = row.True1G,
            Reported4K = row.Reported4K, ReportedLeaves = row.ReportedLeaves, OverReported4K = row.OverReported4K, OverReportedLeaves = row.OverReportedLeaves, Missed4K = row.Missed4K,
            EntriesScanned = row.Scanned, EntriesCleared = row.Cleared, Commands = row.Commands, RangeInvalidations = row.Ranges, DomainInvalidations = row.WholeDomains,
            EntriesEvicted = row.Evicted, BitmapBytes = row.BitmapBytes,
            IotlbHits = machine.Hits - atLastEnd.Hits, IotlbMisses = machine.Misses - atLastEnd.Misses, DirtyRewalks = machine.Rewalks - atLastEnd.Rewalks,
            BytesWritten = bytesWritten - atLastEnd.Written, BytesRead = bytesRead - atLastEnd.Read,
        });
        atLastEnd = (machine.Hits, machine.Misses, machine.Rewalks, bytesRead, bytesWritten);
    }

    /// <summary>Does a cleared leaf go into the last invalidation, or does it begin one?</summary>
    private bool Joins(List<NaiveHull> pieces, NaiveLeaf leaf) => pieces.Count > 0 && experiment.Flush switch
    {
        FlushStrategy.PerPage => false,
        FlushStrategy.PerRun => pieces[^1].Last + 1 == leaf.Start,
        _ => true,
    };

    private void Flush(NaiveDomain domain, NaiveHull piece, NaiveRow row)
    {
        long before = machine.Dropped;
        row.Commands += machine.Flush(domain, piece);
        row.Ranges++;
        row.Evicted += machine.Dropped - before;
    }

    private void FlushDomain(NaiveDomain domain, NaiveRow row)
    {
        long before = machine.Dropped;
        machine.FlushDomain(domain);
        row.Commands += 2;
        row.WholeDomains++;
        row.Evicted += machine.Dropped - before;
    }
}
