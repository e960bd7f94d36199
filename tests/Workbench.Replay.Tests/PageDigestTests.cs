using CsCheck;
using Workbench.Iommu.Dirty;
using Xunit;

namespace Workbench.Replay.Tests;

public class PageDigestTests
{
    private static readonly Gen<(ulong First, ulong Count)[]> Ranges = Gen.Select(Gen.ULong[0, 1 << 18], Gen.ULong[1, 300]).Array[0, 12];

    private static PageSet Set((ulong First, ulong Count)[] ranges)
    {
        PageSet set = new();
        foreach ((ulong first, ulong count) in ranges) set.AddRange(first, count);
        return set;
    }

    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }

    [Fact]
    public void A_digest_is_the_sum_of_every_page_mixed_with_the_number_of_its_set() => Gen.Select(Ranges, Ranges).Sample((one, other) =>
    {
        ulong expected = 0;
        ulong number = 0;
        foreach ((ulong First, ulong Count)[] ranges in ((ulong First, ulong Count)[][])[one, other])
        {
            number++;
            HashSet<ulong> pages = [];
            foreach ((ulong first, ulong count) in ranges)
                for (ulong page = first; page < first + count; page++) pages.Add(page);
            foreach (ulong page in pages) unchecked { expected += Mix(page ^ Mix(number)); }
        }
        Assert.Equal(expected, PageDigest.Of([Set(one), Set(other)]));
    }, iter: 200);
}
