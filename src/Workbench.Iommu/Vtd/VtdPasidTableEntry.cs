using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// PASID-table entry, 512 bits: one address space, with its domain, its tables and the dirty-tracking enable.
/// VT-d §9.6 [L]; every position agrees with a public emulator header [M]. Bit numbers below are of the 512.
/// </summary>
public readonly record struct VtdPasidTableEntry(
    ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0, ulong Word4 = 0, ulong Word5 = 0, ulong Word6 = 0, ulong Word7 = 0)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 8;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 64;
    /// <summary>Entries in one PASID table, which fills one 4 KiB page.</summary>
    public const int EntriesPerTable = 64;
    /// <summary>Bit number of SSADE, the only bit that turning dirty tracking on or off changes.</summary>
    public const int DirtyTrackingBit = 9;

    private const ulong LayoutReserved0 = 0xC00;
    private const ulong LayoutReserved1 = 0x7F_0000;
    private const ulong LayoutReserved2 = 0xF00;

    /// <summary>Whether the entry may be used (P). Bit 0.</summary>
    public bool IsPresent { get => Word0.Bit(0); init => Word0 = Word0.WithBit(0, value); }

    /// <summary>Whether faults found through this entry go unrecorded (FPD). Bit 1.</summary>
    public bool FaultsAreSuppressed { get => Word0.Bit(1); init => Word0 = Word0.WithBit(1, value); }

    /// <summary>Depth of the second-stage table (AW). Bits 4:2.</summary>
    public VtdAddressWidth AddressWidth { get => (VtdAddressWidth)Word0.Field(4, 2); init => Word0 = Word0.WithField(4, 2, (ulong)value); }

    /// <summary>Which stages translate (PGTT). Bits 8:6.</summary>
    public VtdTranslationType TranslationType { get => (VtdTranslationType)Word0.Field(8, 6); init => Word0 = Word0.WithField(8, 6, (ulong)value); }

    /// <summary>Whether hardware sets accessed and dirty bits in second-stage tables (SSADE). Bit 9; needs ECAP.SSADS.</summary>
    public bool DirtyTrackingIsEnabled { get => Word0.Bit(DirtyTrackingBit); init => Word0 = Word0.WithBit(DirtyTrackingBit, value); }

    /// <summary>Root of the second-stage table (SSPTPTR). Bits 63:12.</summary>
    public Spa SecondStageTable { get => new(Word0.PageAddress); init => Word0 = Word0.WithPageAddress(value.Value); }

    /// <summary>The tag of this address space in the IOMMU's caches (DID). Bits 79:64.</summary>
    public DomainId DomainId { get => new((ushort)Word1.Field(15, 0)); init => Word1 = Word1.WithField(15, 0, value.Value); }

    /// <summary>Whether table walks snoop the processor caches (PWSNP). Bit 87; needs ECAP.SMPWCS. Without it an A/D update faults.</summary>
    public bool PageWalkIsSnooped { get => Word1.Bit(23); init => Word1 = Word1.WithBit(23, value); }

    /// <summary>Whether the device's accesses snoop (PGSNP). Bit 88; needs ECAP.SC.</summary>
    public bool PageIsSnooped { get => Word1.Bit(24); init => Word1 = Word1.WithBit(24, value); }

    /// <summary>Whether supervisor requests are allowed (SRE). Bit 128; needs ECAP.SRS.</summary>
    public bool SupervisorRequestIsEnabled { get => Word2.Bit(0); init => Word2 = Word2.WithBit(0, value); }

    /// <summary>First-stage paging mode (FSPM), 0 four levels, 1 five levels, 2 and 3 reserved. Bits 131:130.</summary>
    public int FirstStagePagingMode { get => (int)Word2.Field(3, 2); init => Word2 = Word2.WithField(3, 2, (ulong)value); }

    /// <summary>Whether supervisor writes respect read-only first-stage entries (WPE). Bit 132.</summary>
    public bool WriteProtectIsEnabled { get => Word2.Bit(4); init => Word2 = Word2.WithBit(4, value); }

    /// <summary>Whether hardware sets the extended-accessed bit (EAFE). Bit 135; needs ECAP.EAFS.</summary>
    public bool ExtendedAccessedIsEnabled { get => Word2.Bit(7); init => Word2 = Word2.WithBit(7, value); }

    /// <summary>Root of the first-stage table (FSPTPTR): system-physical, or guest-physical if nested. Bits 191:140.</summary>
    public ulong FirstStageTable { get => Word2.PageAddress; init => Word2 = Word2.WithPageAddress(value); }

    /// <summary>Whether this entry uses a second-stage table, so that SSADE has a meaning: second stage or nested.</summary>
    public bool UsesSecondStage => TranslationType is VtdTranslationType.SecondStage or VtdTranslationType.Nested;

    /// <summary>Whether this entry uses a first-stage table: first stage or nested.</summary>
    public bool UsesFirstStage => TranslationType is VtdTranslationType.FirstStage or VtdTranslationType.Nested;

    /// <summary>The place of a PASID's entry in its table: PASID bits 5:0.</summary>
    public static int IndexOf(Pasid pasid) => (int)(pasid.Value & 63);

    /// <summary>Reads the entry from the first eight words.</summary>
    public static VtdPasidTableEntry Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "PASID-table entry");
        return new(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
    }

    /// <summary>Writes the entry to the first eight words, word 0 (with P) last: hardware may fetch the 64 bytes in parts [L].</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "PASID-table entry");
        words[7] = Word7;
        words[6] = Word6;
        words[5] = Word5;
        words[4] = Word4;
        words[3] = Word3;
        words[2] = Word2;
        words[1] = Word1;
        words[0] = Word0;
    }

    /// <summary>
    /// Whether a bit is set that is reserved for certain: 11:10, 86:80, 139:136 and the second-stage pointer at or above the
    /// host address width [M], and SSADE, PWSNP, PGSNP, SRE or EAFE without their capability [R]. Words 3 to 7 and the
    /// memory-type bits 89 to 127 are left alone: their meaning changed between revisions of the specification.
    /// </summary>
    public bool ReservedBitsSet(VtdExtendedCapability capability, int hostAddressBits = 52)
    {
        ulong above = VtdWords.AboveHostWidth(hostAddressBits);
        ulong reserved0 = LayoutReserved0 | (UsesSecondStage ? above : 0);
        if (!capability.SupportsSecondStageDirty) reserved0 = reserved0.WithBit(DirtyTrackingBit, true);
        ulong reserved1 = LayoutReserved1;
        if (!capability.SupportsSnoopedPageWalk) reserved1 = reserved1.WithBit(23, true);
        if (!capability.SupportsSnoopControl) reserved1 = reserved1.WithBit(24, true);
        ulong reserved2 = LayoutReserved2;
        if (!capability.SupportsSupervisorRequests) reserved2 = reserved2.WithBit(0, true);
        if (!capability.SupportsExtendedAccessed) reserved2 = reserved2.WithBit(7, true);
        return ((Word0 & reserved0) | (Word1 & reserved1) | (Word2 & reserved2)) != 0;
    }
}
