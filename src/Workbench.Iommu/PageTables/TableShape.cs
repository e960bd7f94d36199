namespace Workbench.Iommu.PageTables;

/// <summary>The shape of one table: the level of its top table and the width of its input addresses, which together say how many entries the top table has.</summary>
/// <param name="RootLevel">Level of the top table.</param>
/// <param name="InputBits">Width of input addresses in bits.</param>
public readonly record struct TableShape(int RootLevel, int InputBits)
{
    /// <summary>A table of whole levels, 1 to the format's most.</summary>
    public static TableShape OfLevels<TFormat>(int levels) where TFormat : struct, IPageTableFormat
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, TFormat.MaxLevels);
        return new(levels - 1, Math.Min(64, TFormat.Shift(levels - 1) + TFormat.IndexBits));
    }

    /// <summary>The lowest table for a width; its top may hold up to 2^<paramref name="mostConcatenatedLog2"/> tables one after the other.</summary>
    public static TableShape ForWidth<TFormat>(int inputBits, int mostConcatenatedLog2 = 0) where TFormat : struct, IPageTableFormat
    {
        for (int level = 0; level < TFormat.MaxLevels; level++)
            if (inputBits > TFormat.Shift(level) && inputBits <= TFormat.Shift(level) + TFormat.IndexBits + mostConcatenatedLog2) return new(level, inputBits);
        throw new ArgumentOutOfRangeException(nameof(inputBits), $"{TFormat.Name} has no table for addresses of {inputBits} bits; {TFormat.Shift(0) + 1} to {TFormat.Shift(TFormat.MaxLevels - 1) + TFormat.IndexBits + mostConcatenatedLog2}.");
    }

    /// <summary>Bytes of the top table as a power of two; at least one frame.</summary>
    public int RootSizeLog2<TFormat>() where TFormat : struct, IPageTableFormat => Math.Max(12, InputBits - TFormat.Shift(RootLevel) + 3);

    /// <summary>Highest address of the lower half of a signed space, or of the whole of an unsigned one.</summary>
    public ulong LastInput<TFormat>() where TFormat : struct, IPageTableFormat => Bits.Mask(InputBits - (TFormat.IsSigned ? 1 : 0));
}
