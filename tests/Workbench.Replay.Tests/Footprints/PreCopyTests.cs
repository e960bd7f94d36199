using CsCheck;
using Workbench.Replay.Footprints;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests.Footprints;

public sealed class PreCopyTests
{
    private const ulong Page = 4096;

    /// <summary>Four pages in turn, one each microsecond: 1, 2, 2, 3 and 4 pages at most in 1, 1.25, 2, 2.5 and 3.15 us.</summary>
    private static Footprint Rotation()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 4 * Page);
        for (ulong i = 0; i < 100; i++) trace.At((long)i * 1000).Write(i % 4 * Page);
        return Count(trace, ["4K"]);
    }

    [Fact]
    public void Rounds_shrink_until_the_rest_fits_into_the_downtime()
    {
        // 8.192 bytes a nanosecond: four pages in 2 us, in which two are written, in 1 us, in which one is, and so on.
        PreCopyMap map = Rotation().PreCopy(new() { Bandwidths = [65.536e9], DowntimesNs = [499, 500, 1000, 2000] });
        PreCopyCell[] most = [.. map.Where(c => c.Writes == "max")];
        Assert.Equal([false, true, true, true], most.Select(c => c.Converges));
        Assert.Equal([null, 2, 1, 0], most.Select(c => c.Rounds));
        Assert.Equal([null, 7.0 * Page, 6.0 * Page, 4.0 * Page], most.Select(c => c.BytesSent));
        Assert.Equal([null, 3500.0, 3000.0, 2000.0], most.Select(c => c.TotalNs));
        Assert.Equal([null, 500.0, 1000.0, 2000.0], most.Select(c => c.StopNs));
        Assert.All(most, c => Assert.Equal(500, c.LeastDowntimeNs));
        Assert.All(map, c => Assert.False(c.ExceedsTrace));
    }

    [Fact]
    public void Memory_that_is_never_written_is_sent_once()
    {
        PreCopyMap map = Rotation().PreCopy(new() { Bandwidths = [65.536e9], DowntimesNs = [1000], MemoryBytes = (40 * Page) - 5 });
        // 40 pages in 20 us, in which all four are written; they take 2 us.
        Assert.Equal((2, 46.0 * Page), (map[1].Rounds, map[1].BytesSent));
        Assert.Contains("more than the", Assert.Throws<ArgumentException>(() => Rotation().PreCopy(new() { MemoryBytes = 3 * Page })).Message, StringComparison.Ordinal);
        PreCopyCell slow = Rotation().PreCopy(new() { Bandwidths = [1e6], DowntimesNs = [1000] })[1];
        Assert.Equal((false, true, 4 * Page * 8000.0), (slow.Converges, slow.ExceedsTrace, slow.LeastDowntimeNs));
    }

    [Fact]
    public void Migrations_do_what_their_definition_says()
    {
        Gen.Select(Gen.Select(Gen.Long[0, 5000], Gen.Int[0, 300]).Array[1, 80], Gen.Double[6, 12], Gen.Long[1, 1_000_000]).Sample((steps, exponent, downtime) =>
        {
            TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 301 * Page);
            foreach ((long step, int page) in steps) trace.After(step).Write((ulong)page * Page);
            Footprint footprint = Count(trace, ["4K", "16K"]);
            double bytesPerNs = Math.Pow(10, exponent) / 8e9;
            foreach (PreCopyCell cell in footprint.PreCopy(new() { Bandwidths = [Math.Pow(10, exponent)], DowntimesNs = [downtime] }))
            {
                FootprintCurve curve = footprint[cell.Granule];
                double v = curve.DistinctBytes, sent = 0;
                int rounds = 0;
                for (; v > bytesPerNs * downtime && rounds < 3000; rounds++)
                {
                    sent += v;
                    v = cell.Writes == "mean" ? curve.MeanBytes(v / bytesPerNs) : curve.MaxBytes(v / bytesPerNs);
                }
                // So near to its rest that the definition needs more rounds than these is not asked.
                if (Math.Abs((cell.LeastDowntimeNs / downtime) - 1) < 1e-4) continue;
                Assert.Equal(v <= bytesPerNs * downtime, cell.Converges);
                Assert.Equal(cell.LeastDowntimeNs < downtime, cell.Converges);
                if (!cell.Converges) continue;
                Assert.Equal(rounds, cell.Rounds);
                Assert.Equal(sent + v, cell.BytesSent!.Value, 3);
            }
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void The_rest_is_where_a_round_finds_as_much_as_the_one_before()
    {
        Footprint footprint = Rotation();
        foreach (PreCopyCell cell in footprint.PreCopy(new() { Bandwidths = [1e9, 20e9, 30e9, 33e9], DowntimesNs = [1] }).Where(c => c.LeastDowntimeNs > 0))
        {
            double rest = cell.LeastDowntimeNs * cell.BitsPerSecond / 8e9;
            FootprintCurve curve = footprint["4K"];
            Assert.Equal(1, (cell.Writes == "mean" ? curve.MeanBytes(cell.LeastDowntimeNs) : curve.MaxBytes(cell.LeastDowntimeNs)) / rest, 6);
        }
    }

    [Fact]
    public void Bandwidths_are_read_and_shown_in_bits()
    {
        Assert.Equal([10e9, 2.5e9, 100e6, 64000, 1e12], ((string[])["10G", "2.5g", "100M", "64000", "1T"]).Select(BitRate.Parse));
        Assert.Equal(["10G", "2.5G", "100M", "64K", "1T", "999"], ((double[])[10e9, 2.5e9, 100e6, 64000, 1e12, 999]).Select(BitRate.Show));
        foreach (string wrong in (string[])["", "G", "-1G", "0", "10X", "1e9", "9999999T", "NaN"]) Assert.Contains("bits per second", Assert.Throws<ArgumentException>(() => BitRate.Parse(wrong)).Message, StringComparison.Ordinal);
        Assert.Equal(2, new PreCopyOptions { Bandwidths = [], DowntimesNs = [0] }.Validate().Count);
        Assert.Contains("bit/s", Assert.Throws<ArgumentException>(() => Rotation().PreCopy(new() { Bandwidths = [double.NaN] })).Message, StringComparison.Ordinal);
    }

    private static Footprint Count(TraceBuilder trace, string[] granules) => Footprint.Of(trace.Build(), View.Iova, granules, cancellation: TestContext.Current.CancellationToken);
}
