using System.Numerics;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Smmu;

/// <summary>How software turns a range into TLBI commands. README of this folder: what Linux does, and the other shapes.</summary>
internal static class SmmuInvalidationPlan
{
    // SCALE has 5 bits without IDR5.DS.
    private const int LargestScale = 31;
    // A plan longer than this is no plan.
    private const long MostCommands = 1 << 20;

    /// <summary>
    /// The ranges of the commands, or null for the whole address space or VM. <paramref name="leafLog2"/> is the smallest leaf that changed or 0, <paramref name="levelHint"/> the TTL
    /// that all of them share or 0.
    /// </summary>
    public static List<SmmuTlbiRange>? Of(DriverProfile profile, SmmuGranule granule, bool hasRanges, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2, int levelHint)
    {
        int page = granule.SizeLog2;
        if (profile.Shape == InvalidationShape.AlignedPowerOfTwo)
        {
            AlignedRange around = AlignedRange.Enclosing(firstByte, lastByte);
            (firstByte, lastByte) = (around.Base, around.LastByte);
        }
        (firstByte, lastByte) = (firstByte & ~Bits.Mask(page), lastByte | Bits.Mask(page));
        // At most 2^52, even of the whole 64-bit space.
        ulong pages = ((lastByte - firstByte) >> page) + 1;
        if (profile.Shape == InvalidationShape.WholeDomain || pages >> (LargestScale + 5) != 0) return null;
        List<SmmuTlbiRange>? plan = !hasRanges ? Singly(granule, firstByte, pages)
            : profile.Shape switch
            {
                InvalidationShape.AlignedPowerOfTwo => PowersOfTwo([AlignedRange.Enclosing(firstByte, lastByte)], granule, levelHint),
                InvalidationShape.ExactPieces => PowersOfTwo(AlignedRange.Exactly(firstByte, lastByte), granule, levelHint),
                InvalidationShape.PerLeaf => PerLeaf(granule, firstByte, lastByte, Math.Max(leafLog2, page), levelHint),
                _ => Scaled(granule, firstByte, pages, leafOnly, levelHint),
            };
        return plan is null || (profile.MostCommands > 0 && plan.Count > profile.MostCommands) ? null : plan;
    }

    /// <summary>Without ranges one command for each page, as long as these are fewer than a table has entries.</summary>
    private static List<SmmuTlbiRange>? Singly(SmmuGranule granule, ulong firstByte, ulong pages)
    {
        if (pages >= 1UL << granule.BitsPerLevel) return null;
        List<SmmuTlbiRange> plan = [];
        for (ulong i = 0; i < pages; i++) plan.Add(SmmuTlbiRange.Single(firstByte + (i << granule.SizeLog2)));
        return plan;
    }

    /// <summary>From the low end of the page count: as many pages as NUM and SCALE take at once, five bits each time.</summary>
    private static List<SmmuTlbiRange> Scaled(SmmuGranule granule, ulong firstByte, ulong pages, bool leafOnly, int levelHint)
    {
        List<SmmuTlbiRange> plan = [];
        // Where tables went there is no hint, and a single page cannot be coded: one more does no harm.
        if (!leafOnly && (pages & 1) != 0) pages++;
        for (ulong at = firstByte; pages != 0;)
        {
            int scale = Math.Min(LargestScale, BitOperations.TrailingZeroCount(pages));
            int num = (int)((pages >> scale) & 31);
            plan.Add(num == 1 && scale == 0 && levelHint == 0 ? SmmuTlbiRange.Single(at) : SmmuTlbiRange.Of(at, granule, num - 1, scale, levelHint));
            ulong taken = (ulong)num << scale;
            pages -= taken;
            at = unchecked(at + (taken << granule.SizeLog2));
        }
        return plan;
    }

    private static List<SmmuTlbiRange>? PowersOfTwo(IEnumerable<AlignedRange> pieces, SmmuGranule granule, int levelHint)
    {
        List<SmmuTlbiRange> plan = [];
        foreach (AlignedRange piece in pieces)
        {
            if (piece.SizeLog2 - granule.SizeLog2 > LargestScale) return null;
            plan.Add(SmmuTlbiRange.OfPowerOfTwo(piece.Base, piece.SizeLog2, granule, levelHint));
        }
        return plan;
    }

    private static List<SmmuTlbiRange>? PerLeaf(SmmuGranule granule, ulong firstByte, ulong lastByte, int leafLog2, int levelHint) =>
        (lastByte >> leafLog2) - (firstByte >> leafLog2) >= MostCommands ? null : PowersOfTwo(AlignedRange.InSteps(firstByte, lastByte, leafLog2), granule, levelHint);
}
