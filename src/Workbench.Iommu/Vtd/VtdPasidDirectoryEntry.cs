using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>PASID-directory entry, 64 bits: leads to the PASID table of 64 PASIDs. VT-d §9.5 [L][M].</summary>
public readonly record struct VtdPasidDirectoryEntry(ulong Word)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 1;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 8;
    /// <summary>Entries in the largest directory (size code 7), which reaches all 2^20 PASIDs.</summary>
    public const int MaxEntries = 16384;

    private const ulong LayoutReserved = 0xFFC;

    /// <summary>Whether the entry leads to a table (P). Bit 0.</summary>
    public bool IsPresent { get => Word.Bit(0); init => Word = Word.WithBit(0, value); }

    /// <summary>Whether faults found through this entry go unrecorded (FPD). Bit 1.</summary>
    public bool FaultsAreSuppressed { get => Word.Bit(1); init => Word = Word.WithBit(1, value); }

    /// <summary>The PASID table (SMPTBLPTR). Bits 63:12.</summary>
    public Spa PasidTable { get => new(Word.PageAddress); init => Word = Word.WithPageAddress(value.Value); }

    /// <summary>The place of a PASID's entry in the directory: PASID bits 19:6.</summary>
    public static int IndexOf(Pasid pasid) => (int)(pasid.Value >> 6);

    /// <summary>Reads the entry from the first word.</summary>
    public static VtdPasidDirectoryEntry Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "PASID-directory entry");
        return new(words[0]);
    }

    /// <summary>Writes the entry to the first word.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "PASID-directory entry");
        words[0] = Word;
    }

    /// <summary>
    /// Whether a reserved bit is set: bits 11:2, or pointer bits at or above the host address width. Matters only if
    /// present: <see cref="VtdFaultReason.PasidDirectoryReservedBits"/>.
    /// </summary>
    public bool ReservedBitsSet(int hostAddressBits = 52) => (Word & (LayoutReserved | VtdWords.AboveHostWidth(hostAddressBits))) != 0;
}
