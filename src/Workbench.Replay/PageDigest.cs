using System.Numerics;
using System.Runtime.Intrinsics;
using Workbench.Iommu.Dirty;

namespace Workbench.Replay;

/// <summary>One number for sets of pages, alike for two lists of sets only if (but for chance) they hold the same pages.</summary>
internal static class PageDigest
{
    /// <summary>A sum over all pages, so that the order they came in does not matter; that of the sets does.</summary>
    public static ulong Of(IEnumerable<PageSet> sets)
    {
        ulong digest = 0, number = 0;
        unchecked
        {
            foreach (PageSet set in sets) digest += Of(set, Mix(++number));
        }
        return digest;
    }

    private static ulong Of(PageSet set, ulong salt)
    {
        unchecked
        {
            ulong digest = 0;
            Vector256<ulong> lanes = default, salts = Vector256.Create(salt);
            PageSet.GroupEnumerator groups = set.Groups();
            while (groups.MoveNext())
            {
                ulong left = groups.Pages;
                if (left == ulong.MaxValue)
                {
                    // Whole groups four pages at a time: whoever writes gigabytes in order has little else (file benchmark, seq2m).
                    Vector256<ulong> pages = Vector256.Create(groups.First) + Vector256.Create(0UL, 1, 2, 3);
                    for (int i = 0; i < 64; i += Vector256<ulong>.Count, pages += Vector256.Create(4UL)) lanes += Mix(pages ^ salts);
                    continue;
                }
                for (; left != 0; left &= left - 1) digest += Mix((groups.First | (uint)BitOperations.TrailingZeroCount(left)) ^ salt);
            }
            return digest + Vector256.Sum(lanes);
        }
    }

    // The finaliser of SplitMix64: every bit of the input reaches every bit of the output.
    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }

    private static Vector256<ulong> Mix(Vector256<ulong> x)
    {
        x = (x ^ (x >>> 30)) * Vector256.Create(0xBF58476D1CE4E5B9);
        x = (x ^ (x >>> 27)) * Vector256.Create(0x94D049BB133111EB);
        return x ^ (x >>> 31);
    }
}
