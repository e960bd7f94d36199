namespace Workbench.Iommu.Smmu;

/// <summary>
/// One translation granule of VMSAv8-64: page size, and how many entries a contiguous run has. Arm DDI 0487, D8.2 and D8.7.1. Levels count from the
/// leaf: 0 is the architecture's level 3.
/// </summary>
public interface IArmGranule
{
    /// <summary>Name in messages.</summary>
    static abstract string Name { get; }
    /// <summary>Log2 of the page size: 12, 14 or 16; a table has as many bytes.</summary>
    static abstract int SizeLog2 { get; }
    /// <summary>Levels there are with addresses of 48 bits (52 with 64 KiB pages).</summary>
    static abstract int MaxLevels { get; }
    /// <summary>May an entry of this level be a leaf?</summary>
    static abstract bool HasLeaves(int level);
    /// <summary>Log2 of the entries of a contiguous run at a level that has leaves.</summary>
    static abstract int RunLog2(int level);
    /// <summary>The address bits 51:48 that an entry keeps in its bits 15:12, if the granule has them.</summary>
    static abstract bool HasHighAddress { get; }
}

/// <summary>4 KiB pages: leaves of 4 KiB, 2 MiB and 1 GiB, runs of 16.</summary>
public readonly struct Granule4K : IArmGranule
{
    /// <inheritdoc/>
    public static string Name => "4 KiB";
    /// <inheritdoc/>
    public static int SizeLog2 => 12;
    /// <inheritdoc/>
    public static int MaxLevels => 4;
    /// <inheritdoc/>
    public static bool HasHighAddress => false;
    /// <inheritdoc/>
    public static bool HasLeaves(int level) => level <= 2;
    /// <inheritdoc/>
    public static int RunLog2(int level) => 4;
}

/// <summary>16 KiB pages: leaves of 16 KiB and 32 MiB, runs of 128 pages and of 32 blocks.</summary>
public readonly struct Granule16K : IArmGranule
{
    /// <inheritdoc/>
    public static string Name => "16 KiB";
    /// <inheritdoc/>
    public static int SizeLog2 => 14;
    /// <inheritdoc/>
    public static int MaxLevels => 4;
    /// <inheritdoc/>
    public static bool HasHighAddress => false;
    /// <inheritdoc/>
    public static bool HasLeaves(int level) => level <= 1;
    /// <inheritdoc/>
    public static int RunLog2(int level) => level == 0 ? 7 : 5;
}

/// <summary>64 KiB pages: leaves of 64 KiB and 512 MiB, runs of 32; addresses may have 52 bits.</summary>
public readonly struct Granule64K : IArmGranule
{
    /// <inheritdoc/>
    public static string Name => "64 KiB";
    /// <inheritdoc/>
    public static int SizeLog2 => 16;
    /// <inheritdoc/>
    public static int MaxLevels => 3;
    /// <inheritdoc/>
    public static bool HasHighAddress => true;
    /// <inheritdoc/>
    public static bool HasLeaves(int level) => level <= 1;
    /// <inheritdoc/>
    public static int RunLog2(int level) => 5;
}
