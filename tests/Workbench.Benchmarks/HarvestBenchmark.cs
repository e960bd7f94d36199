using Workbench.Replay.Benchmarks;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;

namespace Workbench.Benchmarks;

/// <summary>
/// How fast a harvest scans 64 GiB of 4 KiB pages, whose entries take 128 MiB and so come from DRAM, and a part of 256 MiB whose entries stay in a cache.
/// Time is the processor's for this process, so that other processes' turns do not count; what they take of the memory's rate does.
/// Pages become dirty by writes through the model itself; the scan reports them into a bitmap and clears them. Then 1 GiB in one piece, and 1 GiB half at the bottom and half
/// at the top of the address space: what a scan costs is what is mapped.
/// </summary>
internal static class HarvestBenchmark
{
    /// <summary>Entries per second from DRAM that every model is held to.</summary>
    public const double Goal = 1e9;
    /// <summary>Entries per second from a cache.</summary>
    public const double CachedGoal = 2e9;
    /// <summary>Most that memory at the two ends of the address space may take, of what as much in one piece takes.</summary>
    public const double MostOfEnds = 1.15;

    private const ulong First = 64UL << 30, Length = 64UL << 30, CachedLength = 256UL << 20;
    private const int CachedScans = 16;
    private static readonly double[] Shares = [0, 0.01, 0.1, 1];
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>One model with one share of dirty pages: medians of entries per second, and of what a plain read of as much memory reaches.</summary>
    internal sealed record Row(string Model, double DirtyShare, double PerSecond, double PerSecondInCache, double SweepPerSecond, double EndsToOnePiece)
    {
        public bool ReachesGoal => PerSecond >= Goal && PerSecondInCache >= CachedGoal && EndsToOnePiece <= MostOfEnds;
        public double ShareOfSweep => PerSecond / SweepPerSecond;
    }

    /// <summary>One flat bitmap, as iommufd hands out: a sink that costs the scan as little as any can.</summary>
    private sealed class Bitmap : IDirtySink
    {
        private readonly ulong[] words = new ulong[Length >> 18];

        public long Pages { get; private set; }

        public void Report(ulong firstPage, int leafLog2)
        {
            unchecked
            {
                words[(firstPage - (First >> 12)) >> 6] |= 1UL << (int)firstPage;
                Pages++;
            }
        }

        public void Report(ulong firstPage, int leafLog2, ulong leaves)
        {
            unchecked
            {
                words[(firstPage - (First >> 12)) >> 6] |= leaves;
                Pages += BitOperations.PopCount(leaves);
            }
        }

        public void Clear()
        {
            words.AsSpan().Clear();
            Pages = 0;
        }
    }

    public static IReadOnlyList<Row> Measure(int rounds, IReadOnlyList<string> models)
    {
        List<Row> rows = [];
        Bitmap found = new();
        foreach (string model in models)
        {
            using IIommuDriver driver = IommuCatalogue.Build(new() { Model = model });
            Domain domain = driver.CreateDomain(new(1));
            driver.Attach(Device, null, domain);
            driver.Map(domain, First, First, Length, Permission.ReadWrite, 12, new());
            driver.SetDirtyTracking(domain, true);
            List<double>[] memory = [.. Shares.Select(_ => new List<double>())], cache = [.. Shares.Select(_ => new List<double>())];
            List<double> sweep = [];
            for (int round = -1; round < rounds; round++)
            {
                double swept = 1 / Calibration.SweepNs();
                if (round >= 0) sweep.Add(swept);
                for (int share = 0; share < Shares.Length; share++)
                {
                    double fromMemory = Rate(driver, domain, found, Length, Shares[share], isWarm: false), fromCache = Rate(driver, domain, found, CachedLength, Shares[share], isWarm: true);
                    if (round < 0) continue;
                    memory[share].Add(fromMemory);
                    cache[share].Add(fromCache);
                }
            }
            double limit = Median.Of(sweep) * 1e9, ends = EndsToOnePiece(driver, Math.Max(5, rounds));
            for (int share = 0; share < Shares.Length; share++) rows.Add(new(model, Shares[share], Median.Of(memory[share]), Median.Of(cache[share]), limit, ends));
        }
        return rows;
    }

    /// <summary>Time to scan 1 GiB of clean pages, half of it at each end of the address space, as a share of the time for 1 GiB in one piece; median of pairs.</summary>
    private static double EndsToOnePiece(IIommuDriver driver, int rounds)
    {
        const ulong Half = 512UL << 20;
        Domain onePiece = driver.CreateDomain(new(2)), ends = driver.CreateDomain(new(3));
        ulong top = Math.Min(ends.Table.LastIova, (1UL << 48) - 1) - (Half - 1);
        foreach ((Domain domain, ulong second) in new[] { (onePiece, Half), (ends, top) })
            foreach ((ulong iova, ulong physical) in new[] { (0UL, 0UL), (second, Half) }) driver.Map(domain, iova, physical, Half, Permission.ReadWrite, 12, new());
        Bitmap none = new();
        List<double> ratios = [];
        for (int round = 0; round < rounds; round++)
        {
            double together = Seconds(onePiece), apart = Seconds(ends);
            ratios.Add(apart / together);
        }
        return Median.Of(ratios);

        double Seconds(Domain domain)
        {
            const int Scans = 20;
            TimeSpan began = ProcessClock.Time;
            for (int scan = 0; scan < Scans; scan++)
            {
                ScanBudget budget = new() { RemainingNs = long.MaxValue, ScanNs = 1, ClearNs = 1 };
                domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, none, new InvalidationGather());
            }
            return (ProcessClock.Time - began).TotalSeconds;
        }
    }

    private static double Rate(IIommuDriver driver, Domain domain, Bitmap found, ulong length, double share, bool isWarm)
    {
        // A scan of cached entries takes less than a tenth of a millisecond: too short for one look at the clock.
        int scans = isWarm ? CachedScans : 1;
        double seconds = 0;
        for (int scan = 0; scan < scans; scan++)
        {
            long written = Write(driver.Hardware, length, share);
            driver.InvalidateDomain(domain);
            if (isWarm) Scan(domain, length, clear: false, found);
            found.Clear();
            TimeSpan began = ProcessClock.Time;
            ScanBudget spent = Scan(domain, length, clear: true, found);
            seconds += (ProcessClock.Time - began).TotalSeconds;
            if (found.Pages != written || spent.EntriesCleared != written) throw new InvalidOperationException($"{written} pages were written, {found.Pages} reported and {spent.EntriesCleared} cleared.");
        }
        return (length >> 12) * (double)scans / seconds;
    }

    private static ScanBudget Scan(Domain domain, ulong length, bool clear, Bitmap found)
    {
        ScanBudget budget = new() { RemainingNs = long.MaxValue, ScanNs = 1, ClearNs = 1 };
        domain.Table.ScanDirty(First, First + (length - 1), clear, ref budget, found, new InvalidationGather());
        return budget;
    }

    /// <summary>Writes a share of the pages, the same ones each time, in ascending order.</summary>
    private static long Write(IIommu hardware, ulong length, double share)
    {
        ulong below = (ulong)(share * (1UL << 32));
        long written = 0;
        for (ulong iova = First; below != 0 && iova < First + length; iova += 4096)
        {
            if (unchecked((iova >> 12) * 0x9E3779B97F4A7C15 >> 32) >= below) continue;
            hardware.Translate(new(Device, iova, isWrite: true), out _);
            written++;
        }
        return written;
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        to.WriteLine($"{"model",-10}{"dirty",8}{"M PTE/s",10}{"in cache",10}{"x sweep",9}{"sweep M",9}{"2 ends",8}  verdict");
        foreach (Row row in rows)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Model,-10}{row.DirtyShare,8:p1}{row.PerSecond / 1e6,10:f0}{row.PerSecondInCache / 1e6,10:f0}{row.ShareOfSweep,9:f2}{row.SweepPerSecond / 1e6,9:f0}{row.EndsToOnePiece,8:f2}  {(row.ReachesGoal ? "reached" : "below")}"));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
