using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Workbench.Iommu.RiscV;

/// <summary>What every RISC-V structure shares: page numbers of 44 bits at two places, and checks of word spans.</summary>
internal static class RiscVWords
{
    /// <summary>The offset bits of a 4 KiB page.</summary>
    internal const ulong PageOffset = 0xFFF;

    extension(ulong word)
    {
        /// <summary>The address whose page number (PPN) is in bits 43:0, as in iohgatp, fsc and msiptp.</summary>
        internal ulong RootAddress => word.Field(43, 0) << 12;

        /// <summary>The word with the PPN in bits 43:0 replaced.</summary>
        internal ulong WithRootAddress(ulong address) => word.WithField(43, 0, PageNumber(address));

        /// <summary>The address whose page number (PPN) is in bits 53:10, as in directory entries and ddtp.</summary>
        internal ulong TableAddress => word.Field(53, 10) << 12;

        /// <summary>The word with the PPN in bits 53:10 replaced.</summary>
        internal ulong WithTableAddress(ulong address) => word.WithField(53, 10, PageNumber(address));
    }

    /// <summary>Refuses a queue of an illegal length or place. RISC-V IOMMU, "Command-queue base" and its siblings [S].</summary>
    internal static void RequireQueue(Spa queueBase, int length, int entryBytes)
    {
        if (length < 2 || !BitOperations.IsPow2(length))
            throw new ArgumentOutOfRangeException(nameof(length), $"A queue of {length} entries: it must be a power of two, at least 2 (LOG2SZ-1).");
        ulong alignment = Math.Max(PageOffset + 1, (ulong)length * (ulong)entryBytes);
        if ((queueBase.Value & (alignment - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(queueBase), $"A queue at {queueBase}: it must be aligned to 0x{alignment:x}, the larger of 4 KiB and its size.");
    }

    private static ulong PageNumber(ulong address)
    {
        if ((address & PageOffset) != 0 || address >> 56 != 0)
            ThrowNoTable(address);
        return address >> 12;
    }

    [DoesNotReturn]
    private static void ThrowNoTable(ulong address) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"Address 0x{address:x} is no table: it must start a 4 KiB page below 2^56, as a page number has 44 bits.");
}
