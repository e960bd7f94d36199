namespace Workbench.Replay.Costs;

/// <summary>What the steps of a replay cost at one end of a profile's ranges, so that trace time can pass: whole nanoseconds, or picoseconds where the name says so.</summary>
public readonly record struct StepCosts
{
    private const double PsPerNs = 1000;

    private readonly double contention;
    private readonly double invalidateRangeNs;
    private readonly double invalidateDomainNs;
    private readonly double bitmapByteNs;

    private StepCosts(CostProfile profile, CostLevel level)
    {
        (ScanEntry, ClearEntry) = (Ns(Cost.ScanEntryNs), Ns(Cost.ClearEntryNs));
        (WriteEntry, ReadEntry) = (Ns(Cost.SplitEntryNs), Ns(Cost.CollapseEntryNs));
        (TableAllocate, TableFree) = (Ns(Cost.TableAllocateNs), Ns(Cost.TableFreeNs));
        (Command, Wait, DeviceTlb, Fault) = (Ns(Cost.PerCommandNs), Ns(Cost.WaitNs), Ns(Cost.DeviceTlbRoundTripNs), Ns(Cost.FaultNs));
        (invalidateRangeNs, invalidateDomainNs) = (profile[Cost.InvalidateRangeNs].At(level), profile[Cost.InvalidateDomainNs].At(level));
        (contention, bitmapByteNs) = (profile[Cost.ContentionPerHarvester].At(level), profile[Cost.BitmapByteNs].At(level));
        IotlbHitPs = Whole(profile[Cost.IotlbHitNs].At(level) * PsPerNs);
        // Both ends of one level: a dear machine has slow walks and few of them in flight.
        CostLevel inFlight = level switch { CostLevel.Low => CostLevel.High, CostLevel.High => CostLevel.Low, _ => level };
        WalkPs = Whole(profile[Cost.WalkNs].At(level) * PsPerNs / profile[Cost.WalksInFlight].At(inFlight));

        long Ns(Cost cost) => Whole(profile[cost].At(level));
    }

    /// <summary>Looking at one paging entry, ns.</summary>
    public long ScanEntry { get; private init; }
    /// <summary>Clearing one dirty entry, on top of looking at it, ns.</summary>
    public long ClearEntry { get; private init; }
    /// <summary>Writing one entry of a split, ns.</summary>
    public long WriteEntry { get; private init; }
    /// <summary>Reading one entry for a collapse, ns.</summary>
    public long ReadEntry { get; private init; }
    /// <summary>Taking a table, ns.</summary>
    public long TableAllocate { get; private init; }
    /// <summary>Giving a table back, ns.</summary>
    public long TableFree { get; private init; }
    /// <summary>Each command of a submission beyond its first, ns.</summary>
    public long Command { get; private init; }
    /// <summary>A wait alone, ns.</summary>
    public long Wait { get; private init; }
    /// <summary>Invalidation of one device's TLB, ns.</summary>
    public long DeviceTlb { get; private init; }
    /// <summary>One handled fault, ns.</summary>
    public long Fault { get; private init; }
    /// <summary>What an access that hits the IOTLB holds its device up, in picoseconds.</summary>
    public long IotlbHitPs { get; private init; }
    /// <summary>What a walk holds its device up, in picoseconds: walk time by walks in flight, so that rate times walk time is the number in flight (Little's law).</summary>
    public long WalkPs { get; private init; }

    /// <summary>An invalidation of a range with its wait, ns, while so many (itself among them) are under way.</summary>
    public long InvalidateRange(int concurrent = 1) => Contended(invalidateRangeNs, concurrent);

    /// <summary>An invalidation of a domain with its wait, ns, while so many (itself among them) are under way.</summary>
    public long InvalidateDomain(int concurrent = 1) => Contended(invalidateDomainNs, concurrent);

    /// <summary>Filling so many bytes of a dirty bitmap, ns; a byte may cost less than one.</summary>
    public long Bitmap(long bytes) => Whole(bytes * bitmapByteNs);

    /// <summary>What the translations of one access hold its device up, in picoseconds, for <see cref="ClosedLoop.Delay"/>.</summary>
    public long DevicePs(long iotlbHits, long walks, long handledFaults = 0) => (iotlbHits * IotlbHitPs) + (walks * WalkPs) + (handledFaults * Fault * (long)PsPerNs);

    /// <summary>These costs with those that an experiment sets itself; the invalidation's counts for range and domain.</summary>
    public StepCosts With(HarvestCosts own)
    {
        ArgumentNullException.ThrowIfNull(own);
        return new(this, own);
    }

    private StepCosts(StepCosts from, HarvestCosts own)
    {
        this = from;
        (ScanEntry, ClearEntry) = (own.ScanNs ?? from.ScanEntry, own.ClearNs ?? from.ClearEntry);
        (invalidateRangeNs, invalidateDomainNs) = (own.InvalidateNs ?? from.invalidateRangeNs, own.InvalidateNs ?? from.invalidateDomainNs);
    }

    internal static StepCosts Of(CostProfile profile, CostLevel level) => new(profile, level);

    private long Contended(double ns, int concurrent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrent, 1);
        return Whole(ns * (1 + (contention * (concurrent - 1))));
    }

    private static long Whole(double value) => (long)Math.Round(value, MidpointRounding.AwayFromZero);
}
