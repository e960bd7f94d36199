using System.Numerics;

namespace Workbench.Iommu.Dirty;

/// <summary>Takes the leaves that a scan or an unmap found dirty.</summary>
public interface IDirtySink
{
    /// <summary>One dirty leaf: its first 4 KiB page and its size as a power of two of bytes.</summary>
    void Report(ulong firstPage, int leafLog2);

    /// <summary>
    /// Dirty leaves of one size among 64 neighbours, in ascending order: bit n of <paramref name="leaves"/> is the leaf that begins n leaves after
    /// <paramref name="firstPage"/>, which is a multiple of 64 leaves.
    /// </summary>
    void Report(ulong firstPage, int leafLog2, ulong leaves)
    {
        for (; leaves != 0; leaves &= leaves - 1) Report(firstPage + ((ulong)BitOperations.TrailingZeroCount(leaves) << (leafLog2 - 12)), leafLog2);
    }
}
