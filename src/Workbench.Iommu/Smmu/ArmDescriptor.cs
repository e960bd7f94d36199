using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <summary>What the descriptors of both stages share. Arm DDI 0487, D8.3.</summary>
internal static class ArmDescriptor
{
    public const ulong ValidBit = 1UL << 0;
    /// <summary>Bit 1: a table above level 0, a page at it.</summary>
    public const ulong TableBit = 1UL << 1;
    public const ulong InnerShareable = 3UL << 8;
    public const ulong AccessFlagBit = 1UL << 10;
    public const ulong DirtyModifierBit = 1UL << 51;
    public const ulong ContiguousBit = 1UL << 52;

    private const ulong LowAddress = 0x0000_FFFF_FFFF_FFFF;
    private const ulong HighInEntry = 0xF000;
    private const int HighShift = 48 - 12;

    public static int Shift<TGranule>(int level) where TGranule : struct, IArmGranule => unchecked(TGranule.SizeLog2 + ((TGranule.SizeLog2 - 3) * level));

    public static ulong LeafSizes<TGranule>(int level) where TGranule : struct, IArmGranule
    {
        if (!TGranule.HasLeaves(level)) return 0;
        ulong natural = 1UL << Shift<TGranule>(level);
        return natural | (natural << TGranule.RunLog2(level));
    }

    /// <summary>A block where the granule has none, and 01 at level 0, are not present.</summary>
    public static bool IsPresent<TGranule>(ulong entry, int level) where TGranule : struct, IArmGranule =>
        (entry & ValidBit) != 0 && ((entry & TableBit) != 0 || (level > 0 && TGranule.HasLeaves(level)));

    /// <summary>nT, bit 16 of blocks; pages have address there. IHI 0070 §3.21.1 [S].</summary>
    public static ulong NonTranslatingBit(int level) => level > 0 ? 1UL << 16 : 0;

    public static bool IsLeaf(ulong entry, int level) => level == 0 || (entry & TableBit) == 0;

    /// <summary>Present leaves of a level with some bits in a state; none where the granule has no leaves.</summary>
    public static EntryPattern LeafPattern<TGranule>(int level, ulong mask, ulong value) where TGranule : struct, IArmGranule =>
        TGranule.HasLeaves(level) ? new(ValidBit | TableBit | mask, ValidBit | (level == 0 ? TableBit : 0) | value) : EntryPattern.None;

    /// <summary>Present leaves of one entry, without nT.</summary>
    public static EntryPattern OrdinaryLeaf<TGranule>(int level, ulong mask) where TGranule : struct, IArmGranule => LeafPattern<TGranule>(level, mask | ContiguousBit | NonTranslatingBit(level), mask);

    public static EntryPattern TablePattern => EntryPattern.AllOf(ValidBit | TableBit);

    /// <summary>Address bits of an entry from the granule's size up.</summary>
    public static ulong AddressOf<TGranule>(ulong entry) where TGranule : struct, IArmGranule
    {
        ulong low = entry & LowAddress & ~((1UL << TGranule.SizeLog2) - 1);
        return TGranule.HasHighAddress ? low | ((entry & HighInEntry) << HighShift) : low;
    }

    public static ulong WithAddress<TGranule>(ulong address) where TGranule : struct, IArmGranule
    {
        ulong low = address & LowAddress & ~((1UL << TGranule.SizeLog2) - 1);
        return TGranule.HasHighAddress ? low | ((address >> HighShift) & HighInEntry) : low;
    }

    public static int LeafSizeLog2<TGranule>(ulong entry, int level) where TGranule : struct, IArmGranule =>
        unchecked(Shift<TGranule>(level) + ((entry & ContiguousBit) != 0 ? TGranule.RunLog2(level) : 0));

    public static ulong LeafAddress<TGranule>(ulong entry, int level) where TGranule : struct, IArmGranule =>
        AddressOf<TGranule>(entry) & ~((1UL << LeafSizeLog2<TGranule>(entry, level)) - 1);

    /// <summary>Everything of a leaf but what the stages code differently.</summary>
    public static ulong EncodeLeaf<TGranule>(ulong address, int level, int sizeLog2) where TGranule : struct, IArmGranule =>
        WithAddress<TGranule>(address) | ValidBit | (level == 0 ? TableBit : 0) | InnerShareable | (sizeLog2 > Shift<TGranule>(level) ? ContiguousBit : 0);
}
