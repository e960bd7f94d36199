using Workbench.Iommu;
using Workbench.Iommu.Vtd;
using Workbench.Replay.Benchmarks;

namespace Workbench.Benchmarks;

/// <summary>
/// What a miss of the IOTLB costs on VT-d with one stage and with two: writes to random 4 KiB pages of 1 GiB, 64 IOTLB entries, so that nearly every request walks.
/// Time is the processor's for this thread; one stage and two take turns.
/// </summary>
internal static class NestedBenchmark
{
    private const ulong Iova = 0, GuestPhysical = 64UL << 30, Length = 1UL << 30;
    private const int Requests = 1 << 19;
    private static readonly RequesterId Plain = RequesterId.Of(0, 1, 0), Nested = RequesterId.Of(0, 2, 0);

    /// <summary>Stages, with or without paging-structure caches: nanoseconds and table reads of a miss, and a dependent load beside it.</summary>
    internal sealed record Row(int Stages, bool HasWalkCaches, double NsPerMiss, double ReadsPerMiss, double ChaseNs);

    public static IReadOnlyList<Row> Measure(int rounds) => [.. MeasureOne(rounds, hasWalkCaches: true), .. MeasureOne(rounds, hasWalkCaches: false)];

    private static Row[] MeasureOne(int rounds, bool hasWalkCaches)
    {
        IommuSpec spec = new() { Iotlb = new() { Sets = 16, Ways = 4, WalkCaches = hasWalkCaches } };
        using IommuDriver driver = VtdIommu.Build(spec, null, out _, out _, out VtdProtocol protocol);
        Domain domain = driver.CreateDomain(new(1));
        driver.Map(domain, GuestPhysical, GuestPhysical, Length, Permission.ReadWrite, 12, new());
        driver.Attach(Plain, null, domain);
        VtdNestedDomain guest = new(driver, protocol, domain, new(2));
        guest.Map(Iova, GuestPhysical, Length);
        guest.Attach(Nested, null);
        driver.SetDirtyTracking(domain, true);
        (RequesterId Device, ulong First)[] stages = [(Plain, GuestPhysical), (Nested, Iova)];
        // Pages become dirty before any round counts.
        foreach ((RequesterId device, ulong first) in stages)
            for (ulong at = 0; at < Length; at += 4096) Translate(driver.Hardware, device, first + at);
        List<double>[] ns = [[], []], reads = [[], []];
        List<double> chase = [];
        for (int round = -1; round < rounds; round++)
        {
            double chaseNs = Calibration.ChaseNs();
            if (round >= 0) chase.Add(chaseNs);
            for (int stage = 0; stage < stages.Length; stage++)
            {
                (double nsPerMiss, double readsPerMiss) = Misses(driver.Hardware, stages[stage].Device, stages[stage].First);
                if (round < 0) continue;
                ns[stage].Add(nsPerMiss);
                reads[stage].Add(readsPerMiss);
            }
        }
        return [.. stages.Select((_, stage) => new Row(stage + 1, hasWalkCaches, Median.Of(ns[stage]), Median.Of(reads[stage]), Median.Of(chase)))];
    }

    private static (double Ns, double Reads) Misses(IIommu hardware, RequesterId device, ulong first)
    {
        IommuCounters before = hardware.Counters;
        long began = ThreadClock.Ns;
        ulong state = 1;
        for (int i = 0; i < Requests; i++)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            Translate(hardware, device, first + ((state >> 46) << 12));
        }
        double ns = ThreadClock.Ns - began;
        IommuCounters spent = hardware.Counters.Since(before);
        if (spent.Faults > 0) throw new InvalidOperationException($"{spent.Faults} of {Requests} requests faulted; all pages are mapped.");
        return (ns / spent.IotlbMisses, (double)spent.TableReads / spent.IotlbMisses);
    }

    private static void Translate(IIommu hardware, RequesterId device, ulong address) => hardware.Translate(new(device, address, isWrite: true), out _);
}
