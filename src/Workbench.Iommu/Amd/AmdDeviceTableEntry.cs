using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>
/// Device table entry, 256 bits, one per requester id: domain, host table, guest tables and the dirty-tracking enable.
/// AMD IOMMU §2.2.2.1 [L]; every position agrees with the headers of a kernel and an emulator [M]. Bit numbers below are
/// of the 256; the interrupt-remapping fields are carried, not decoded.
/// </summary>
public readonly record struct AmdDeviceTableEntry(ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 4;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 32;
    /// <summary>The low bit number of HAD, the two bits that turning dirty tracking on or off changes.</summary>
    public const int HostAccessDirtyBit = 7;

    // Bit 245 (bit 53 of word 3) is not checked by hardware but left to software [M].
    private const ulong LayoutReserved0 = 0x8000_0000_0000_007C;
    private const ulong LayoutReserved2 = 0x0030_0000_0000_0000;
    private const ulong LayoutReserved3 = 0x001F_0000_0000_7FFF;

    /// <summary>Whether the entry is used (V); if not, requests pass untranslated. Bit 0.</summary>
    public bool IsValid { get => Word0.Bit(0); init => Word0 = Word0.WithBit(0, value); }

    /// <summary>Whether the translation fields are used (TV); if not, a valid entry blocks every request. Bit 1.</summary>
    public bool TranslationIsValid { get => Word0.Bit(1); init => Word0 = Word0.WithBit(1, value); }

    /// <summary>What hardware records in the host table (HAD). Bits 8:7; needs EFR.HASup and EFR.HDSup.</summary>
    public AmdHostAccessDirty HostAccessDirty { get => (AmdHostAccessDirty)Word0.Field(8, 7); init => Word0 = Word0.WithField(8, 7, (ulong)value); }

    /// <summary>Number of host table levels, 1 to 6; 0 translates nothing, 7 is reserved (Mode). Bits 11:9.</summary>
    public int Mode { get => (int)Word0.Field(11, 9); init => Word0 = Word0.WithField(11, 9, (ulong)value); }

    /// <summary>Root of the host table, 4 KiB aligned. Bits 51:12.</summary>
    public Spa HostRoot { get => new(Word0.PageAddress); init => Word0 = Word0.WithPageAddress(value.Value); }

    /// <summary>Whether the device may send page requests (PPR). Bit 52; needs EFR.PPRSup.</summary>
    public bool PageRequestsAreEnabled { get => Word0.Bit(52); init => Word0 = Word0.WithBit(52, value); }

    /// <summary>Whether answers to page requests carry the PASID (GPRP). Bit 53; needs EFR.PPRSup.</summary>
    public bool PageResponsesCarryPasid { get => Word0.Bit(53); init => Word0 = Word0.WithBit(53, value); }

    /// <summary>Whether requests without PASID use the guest table of PASID 0 (GIOV). Bit 54; needs EFR.GIoSup.</summary>
    public bool GuestProtectionIsEnabled { get => Word0.Bit(54); init => Word0 = Word0.WithBit(54, value); }

    /// <summary>Whether guest tables translate requests with PASID (GV). Bit 55; needs EFR.GTSup.</summary>
    public bool GuestTranslationIsEnabled { get => Word0.Bit(55); init => Word0 = Word0.WithBit(55, value); }

    /// <summary>Depth of the GCR3 table (GLX), 0 to 2 for one to three levels; 3 is reserved. Bits 57:56.</summary>
    public int GuestTableLevelCode { get => (int)Word0.Field(57, 56); init => Word0 = Word0.WithField(57, 56, (ulong)value); }

    /// <summary>
    /// Address of the GCR3 table, 4 KiB aligned, in three pieces: bits 60:58 hold 14:12, bits 95:80 hold 30:15 and
    /// bits 127:107 hold 51:31.
    /// </summary>
    public Spa GuestTable
    {
        get => new((Word0.Field(60, 58) << 12) | (Word1.Field(31, 16) << 15) | (Word1.Field(63, 43) << 31));
        init
        {
            AmdWords.RequirePageAddress(value.Value);
            Word0 = Word0.WithField(60, 58, value.Value.Field(14, 12));
            Word1 = Word1.WithField(31, 16, value.Value.Field(30, 15)).WithField(63, 43, value.Value.Field(51, 31));
        }
    }

    /// <summary>Whether the device may read; every level of the host table must allow it too (IR). Bit 61.</summary>
    public bool CanRead { get => Word0.Bit(61); init => Word0 = Word0.WithBit(61, value); }

    /// <summary>Whether the device may write; every level of the host table must allow it too (IW). Bit 62.</summary>
    public bool CanWrite { get => Word0.Bit(62); init => Word0 = Word0.WithBit(62, value); }

    /// <summary>The tag of this address space in the IOMMU's caches (DomainID). Bits 79:64.</summary>
    public DomainId DomainId { get => new((ushort)Word1.Field(15, 0)); init => Word1 = Word1.WithField(15, 0, value.Value); }

    /// <summary>Whether the device may use ATS and a device TLB (I). Bit 96; needs capability header IotlbSup.</summary>
    public bool DeviceTlbIsEnabled { get => Word1.Bit(32); init => Word1 = Word1.WithBit(32, value); }

    /// <summary>Whether page-fault events of this device are suppressed after the first (SE). Bit 97; "after the first" is [R].</summary>
    public bool FaultsAreSuppressed { get => Word1.Bit(33); init => Word1 = Word1.WithBit(33, value); }

    /// <summary>Whether all page-fault events of this device are suppressed (SA). Bit 98.</summary>
    public bool AllFaultsAreSuppressed { get => Word1.Bit(34); init => Word1 = Word1.WithBit(34, value); }

    /// <summary>What happens to system management messages (SysMgt), 0 blocks them. Bits 105:104.</summary>
    public int SystemManagement { get => (int)Word1.Field(41, 40); init => Word1 = Word1.WithField(41, 40, (ulong)value); }

    /// <summary>Depth of the guest tables: 0 four levels, 1 five levels, 2 and 3 reserved. Bits 183:182.</summary>
    public int GuestPagingMode { get => (int)Word2.Field(55, 54); init => Word2 = Word2.WithField(55, 54, (ulong)value); }

    /// <summary>Whether a valid entry leads to a host table: V and TV set, Mode 1 to 6.</summary>
    public bool UsesHostTable => IsValid && TranslationIsValid && Mode is >= 1 and <= 6;

    /// <summary>The place of a requester's entry in the table, which is indexed by the whole id: 0 to 65535.</summary>
    public static int IndexOf(RequesterId requester) => requester.Value;

    /// <summary>Reads the entry from the first four words.</summary>
    public static AmdDeviceTableEntry Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "device table entry");
        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Writes the entry to the first four words, word 0 (with V and TV) last.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "device table entry");
        words[3] = Word3;
        words[2] = Word2;
        words[1] = Word1;
        words[0] = Word0;
    }

    /// <summary>
    /// The first thing wrong with the entry on a part, or none. An entry with V = 0 is not judged; one with TV = 0 only for
    /// reserved bits: 6:2, 63, 181:180, 206:192 and 244:240 [M].
    /// </summary>
    public AmdDeviceTableError Check(AmdExtendedFeatures features)
    {
        if (!IsValid) return AmdDeviceTableError.None;
        if (((Word0 & LayoutReserved0) | (Word2 & LayoutReserved2) | (Word3 & LayoutReserved3)) != 0) return AmdDeviceTableError.ReservedBits;
        if (!TranslationIsValid) return AmdDeviceTableError.None;
        AmdDeviceTableError host = CheckHost(features);
        return host == AmdDeviceTableError.None ? CheckGuest(features) : host;
    }

    private AmdDeviceTableError CheckHost(AmdExtendedFeatures features)
    {
        switch (HostAccessDirty)
        {
            case AmdHostAccessDirty.Reserved:
                return AmdDeviceTableError.ReservedHostAccessDirty;
            case AmdHostAccessDirty.Accessed when !features.SupportsHostAccessed:
            case AmdHostAccessDirty.AccessedAndDirty when !(features.SupportsHostAccessed && features.SupportsHostDirty):
                return AmdDeviceTableError.HostAccessDirtyNotSupported;
        }
        if (Mode == 7) return AmdDeviceTableError.ReservedMode;
        return Mode > features.MaximumHostLevels ? AmdDeviceTableError.LevelsBeyondHats : AmdDeviceTableError.None;
    }

    private AmdDeviceTableError CheckGuest(AmdExtendedFeatures features)
    {
        if ((PageRequestsAreEnabled || PageResponsesCarryPasid) && !features.SupportsPageRequests) return AmdDeviceTableError.PageRequestsNotSupported;
        if (GuestProtectionIsEnabled && !features.SupportsGuestProtection) return AmdDeviceTableError.GuestProtectionNotSupported;
        // Without GV the other guest fields mean nothing and are not judged.
        if (!GuestTranslationIsEnabled) return AmdDeviceTableError.None;
        if (!features.SupportsGuestTranslation) return AmdDeviceTableError.GuestTranslationNotSupported;
        if (GuestTableLevelCode == 3) return AmdDeviceTableError.ReservedGuestLevels;
        if (GuestTableLevelCode >= features.MaximumGuestTableLevels) return AmdDeviceTableError.GuestLevelsBeyondGlxSup;
        if (GuestPagingMode > 1) return AmdDeviceTableError.ReservedGuestPagingMode;
        return 4 + GuestPagingMode > features.MaximumGuestLevels ? AmdDeviceTableError.GuestPagingBeyondGats : AmdDeviceTableError.None;
    }
}
