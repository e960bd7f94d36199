using System.Numerics;

namespace Workbench.Iommu.Dirty;

/// <summary>Counts by region.</summary>
public sealed partial class PageSet
{
    /// <summary>How many pages of an aligned region of 2^<paramref name="pagesLog2"/> pages are in the set; 0 to 52.</summary>
    public long CountIn(ulong first, int pagesLog2)
    {
        if (pagesLog2 < 6) return Find(first >> ChunkPagesLog2) is { } one ? BitOperations.PopCount((one[(int)((first >> 6) & (ChunkWords - 1))] >> (int)(first & 63)) & Bits.Mask(1 << pagesLog2)) : 0;
        long inside = 0;
        ulong words = 1UL << (pagesLog2 - 6), done = 0;
        while (done < words)
        {
            ulong word = (first >> 6) + done, step = Math.Min(words - done, ChunkWords);
            if (Find(word / ChunkWords) is { } chunk)
                foreach (ulong bits in chunk.AsSpan((int)(word % ChunkWords), (int)step)) inside += BitOperations.PopCount(bits);
            done += step;
        }
        return inside;
    }

    /// <summary>How many aligned regions of 2^<paramref name="pagesLog2"/> pages hold at least one page of the set; 0 to 63.</summary>
    public long CountDistinctRegions(int pagesLog2)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pagesLog2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pagesLog2, 63);
        if (pagesLog2 == 0) return Count;
        long regions = 0;
        ulong lastRegion = NoChunk;
        foreach (int position in Ascending())
        {
            ReadOnlySpan<ulong> words = chunks[position];
            if (pagesLog2 < ChunkPagesLog2)
            {
                regions += pagesLog2 <= 6 ? RegionsInWords(words, pagesLog2) : RegionsOfWords(words, 1 << (pagesLog2 - 6));
                continue;
            }
            ulong region = numbers[position] >> (pagesLog2 - ChunkPagesLog2);
            if (region == lastRegion || words.IndexOfAnyExcept(0UL) < 0) continue;
            lastRegion = region;
            regions++;
        }
        return regions;
    }

    private static long RegionsInWords(ReadOnlySpan<ulong> words, int pagesLog2)
    {
        // Fold each group of 2^k bits onto its lowest bit, then count those.
        ulong lowest = ulong.MaxValue / Bits.Mask(1 << pagesLog2);
        long regions = 0;
        foreach (ulong word in words)
        {
            ulong folded = word;
            for (int shift = 1; shift < 1 << pagesLog2; shift <<= 1) folded |= folded >> shift;
            regions += BitOperations.PopCount(folded & lowest);
        }
        return regions;
    }

    private static long RegionsOfWords(ReadOnlySpan<ulong> words, int wordsPerRegion)
    {
        long regions = 0;
        for (int at = 0; at < words.Length; at += wordsPerRegion)
        {
            if (words.Slice(at, wordsPerRegion).IndexOfAnyExcept(0UL) >= 0) regions++;
        }
        return regions;
    }
}
