using Workbench.Replay.Curves;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Curves;

/// <summary>Estimates of large IOTLBs against the truth, from a list as large as they are.</summary>
public class SampledListsTests
{
    private const ulong Page = 4096;
    private const int Largest = 1 << 20;

    private static IEnumerable<ulong> Pages(string workload, ulong pages, int references, ulong seed)
    {
        ulong state = seed;
        for (int i = 0; i < references; i++)
        {
            ulong random = Next();
            yield return workload switch
            {
                "uniform" => random % pages,
                "ring" => (ulong)i % pages,
                // Zipf with exponent 1 by inversion: ranks are even over the logarithm; ranks are scattered over the pages.
                "zipf" => (ulong)Math.Exp(Math.Log(pages) * ((random >> 11) * (1.0 / (1UL << 53)))) * 0x9E3779B1 % pages,
                _ => i % 3 == 0 ? pages + (random % (pages / 8)) : (ulong)i % pages,
            };
        }

        ulong Next()
        {
            unchecked
            {
                ulong x = state += 0x9E3779B97F4A7C15;
                x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
                x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
                return x ^ (x >> 31);
            }
        }
    }

    /// <summary>Events made as they are asked for.</summary>
    private sealed class PageSource(IEnumerable<ulong> pages) : ITraceSource
    {
        private readonly IEnumerator<ulong> all = pages.GetEnumerator();
        private readonly TraceEvent[] buffer = new TraceEvent[4096];
        private bool isMapped;

        public TraceProvenance Provenance { get; } = new() { MigrationView = "iova" };
        public long EventCount => -1;

        public ReadOnlySpan<TraceEvent> Next()
        {
            if (!isMapped)
            {
                isMapped = true;
                buffer[0] = TraceEvent.Map(0, new(8), 0, 1UL << 34, 0, Iommu.Permission.ReadWrite);
                return buffer.AsSpan(0, 1);
            }
            int count = 0;
            while (count < buffer.Length && all.MoveNext()) buffer[count++] = TraceEvent.Write(1, new(8), all.Current * Page, 64);
            return buffer.AsSpan(0, count);
        }

        public string TextOf(in TraceEvent mark) => "";
    }

    [Theory]
    [InlineData("uniform", 700_000, 1)]
    [InlineData("uniform", 1_500_000, 2)]
    [InlineData("zipf", 2_000_000, 3)]
    [InlineData("zipf", 3_000_000, 4)]
    [InlineData("ring", 200_000, 5)]
    [InlineData("ring", 262_144, 6)]
    [InlineData("ring", 262_145, 7)]
    [InlineData("rings and random", 400_000, 8)]
    public void The_truth_lies_within_the_stated_error(string workload, int pages, int seed)
    {
        const int References = 2_500_000;
        MissCurve curve = MissCurves.Run(new() { View = View.Iova, PageSize = "4K" }, new PageSource(Pages(workload, (ulong)pages, References, (ulong)seed)), new() { Geometries = CurveGeometries.Fully, UpTo = Largest }, cancellation: TestContext.Current.CancellationToken);
        MissCurvePoint[] sampled = [.. curve.Points.Where(p => p.IsSampled)];
        int[] sizes = [.. sampled.Select(p => p.Entries)];
        Assert.Equal([1 << 17, 1 << 18, 1 << 19, 1 << 20], sizes);
        LruList truth = new(sizes, firstKey: 1);
        foreach (ulong page in Pages(workload, (ulong)pages, References, (ulong)seed)) truth.Reference(page + 1);
        Assert.All(sampled, (p, i) => Assert.InRange((double)(References - truth.HitsOf(i)) / References, p.MissRatio - p.Error - 1e-12, p.MissRatio + p.Error + 1e-12));
        // An error that says nothing would be easy: away from the edge of a ring it is small.
        Assert.True(sampled.Count(p => p.Error > 0.03) <= (workload == "ring" ? 1 : 2), string.Join(", ", sampled.Select(p => p.Error)));
        Assert.Equal(References - truth.HitsOf(sizes.Length - 1) >= truth.Cold, sampled[^1].Misses >= truth.Cold);
    }
}
