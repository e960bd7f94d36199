namespace Workbench.Iommu.Smmu;

/// <summary>
/// The addresses a TLBI command names: a start, NUM, SCALE, TTL and TG. IHI 0070 §4.4.1.1 [S]. The default is the 4 KiB at 0.
/// </summary>
public readonly record struct SmmuTlbiRange
{
    private SmmuTlbiRange(ulong address, SmmuGranule granule, int num, int scale, int levelHint)
    {
        Address = address;
        Granule = granule;
        Num = num;
        Scale = scale;
        LevelHint = levelHint;
    }

    /// <summary>Address of the first byte, a multiple of 4 KiB.</summary>
    public ulong Address { get; }

    /// <summary>Granule; none for a single address without hint.</summary>
    public SmmuGranule Granule { get; }

    /// <summary>Granules minus 1 before scaling, 0 to 31.</summary>
    public int Num { get; }

    /// <summary>Log2 of the scale, 0 to 39; above 31 needs IDR5.DS.</summary>
    public int Scale { get; }

    /// <summary>The specification's level of the leaves, 1 to 3; 0 for any.</summary>
    public int LevelHint { get; }

    /// <summary>The entries that hold one address, of any granule; works on every part.</summary>
    public static SmmuTlbiRange Single(ulong address) => new(Require(address, 12), SmmuGranule.None, 0, 0, 0);

    /// <summary>
    /// (num + 1) · 2^scale granules from an address on; num 0 to 31, scale 0 to 39, the hint 0 or the specification's level 1 to 3.
    /// A single granule without hint is an illegal encoding and refused. Needs IDR3.RIL.
    /// </summary>
    public static SmmuTlbiRange Of(ulong address, SmmuGranule granule, int num, int scale, int levelHint = 0)
    {
        if (granule.SizeLog2 == 0)
            throw new ArgumentOutOfRangeException(nameof(granule), $"Granule {granule} has no size; a range needs one.");
        if (num is < 0 or > 31)
            throw new ArgumentOutOfRangeException(nameof(num), $"NUM {num}; 0 to 31.");
        if (scale is < 0 or > 39)
            throw new ArgumentOutOfRangeException(nameof(scale), $"SCALE {scale}; 0 to 39.");
        if (levelHint is < 0 or > 3)
            throw new ArgumentOutOfRangeException(nameof(levelHint), $"TTL {levelHint}; 0 to 3.");
        if (num == 0 && scale == 0 && levelHint == 0)
            throw new ArgumentOutOfRangeException(nameof(levelHint), "NUM, SCALE and TTL all 0 with a granule is illegal; give the level, or use a single address.");
        int levelsAboveLeaf = levelHint == 0 ? 0 : 3 - levelHint;
        return new(Require(address, granule.SizeLog2 + (levelsAboveLeaf * granule.BitsPerLevel)), granule, num, scale, levelHint);
    }

    /// <summary>
    /// An aligned range of 2^sizeLog2 bytes; one granule without hint becomes a single address. Needs IDR3.RIL otherwise.
    /// </summary>
    public static SmmuTlbiRange OfPowerOfTwo(ulong firstByte, int sizeLog2, SmmuGranule granule, int levelHint = 0)
    {
        int scale = sizeLog2 - granule.SizeLog2;
        if (granule.SizeLog2 == 0 || scale is < 0 or > 39)
            throw new ArgumentOutOfRangeException(nameof(sizeLog2), $"2^{sizeLog2} bytes are no range of granule {granule}; 1 to 2^39 granules.");
        Require(firstByte, sizeLog2);
        return scale == 0 && levelHint == 0 ? Single(firstByte) : Of(firstByte, granule, 0, scale, levelHint);
    }

    internal ulong Into0(ulong word) => word.WithField(16, 12, (ulong)Num).WithField(25, 20, (ulong)Scale);

    internal ulong Into1(bool leafOnly) =>
        Address.WithBit(0, leafOnly).WithField(9, 8, (ulong)LevelHint).WithField(11, 10, (ulong)Granule);

    private static ulong Require(ulong address, int sizeLog2) => (address & Bits.Mask(sizeLog2)) == 0
        ? address
        : throw new ArgumentOutOfRangeException(nameof(address), $"Address 0x{address:x} is not aligned to 2^{sizeLog2}.");
}
