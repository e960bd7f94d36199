namespace Workbench.Iommu.Smmu;

/// <summary>What a granule known at run time only means for tables.</summary>
internal static class SmmuTables
{
    /// <summary>Lowest level whose one table takes the input width, 0 to 3.</summary>
    public static int RootLevelOf(SmmuGranule granule, int inputBits) =>
        Math.Max(0, (inputBits - granule.SizeLog2 - 1) / granule.BitsPerLevel);

    /// <summary>Lowest IOVA bit that indexes a table of a level.</summary>
    public static int Shift(SmmuGranule granule, int level) => granule.SizeLog2 + (level * granule.BitsPerLevel);

    /// <summary>Where hardware takes the top table to lie: aligned to its size, at least 64 bytes.</summary>
    public static ulong AlignedRoot(ulong table, SmmuGranule granule, int rootLevel, int inputBits) =>
        table & ~Bits.Mask(Math.Max(6, inputBits - Shift(granule, rootLevel) + 3));

    /// <summary>Sizes of the leaves of a level, runs too: bit n set means 2^n bytes; none above the levels there are.</summary>
    public static ulong LeafSizes(SmmuGranule granule, int level) => granule switch
    {
        SmmuGranule.Size4K => ArmDescriptor.LeafSizes<Granule4K>(level),
        SmmuGranule.Size16K => ArmDescriptor.LeafSizes<Granule16K>(level),
        SmmuGranule.Size64K => ArmDescriptor.LeafSizes<Granule64K>(level),
        _ => 0,
    };

    /// <summary>Sizes of the leaves of each level that has some.</summary>
    public static IReadOnlyList<ulong> LeafSizesByLevel(SmmuGranule granule) => [LeafSizes(granule, 0), LeafSizes(granule, 1), LeafSizes(granule, 2)];

    /// <summary>The granule of a page size, or none.</summary>
    public static SmmuGranule GranuleOf(int sizeLog2) => sizeLog2 switch
    {
        12 => SmmuGranule.Size4K,
        14 => SmmuGranule.Size16K,
        16 => SmmuGranule.Size64K,
        _ => SmmuGranule.None,
    };

    /// <summary>Every leaf size of a granule.</summary>
    public static ulong AllLeafSizes(SmmuGranule granule) => LeafSizes(granule, 0) | LeafSizes(granule, 1) | LeafSizes(granule, 2);
}
