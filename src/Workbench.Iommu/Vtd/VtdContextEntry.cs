using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// Scalable-mode context entry, 256 bits, one per function: leads to the PASID directory. VT-d §9.4 [L]; field and
/// reserved positions agree with two public emulators [M].
/// </summary>
public readonly record struct VtdContextEntry(ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 4;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 32;
    /// <summary>Entries in one context table, half of a bus; the table fills one 4 KiB page.</summary>
    public const int EntriesPerTable = 128;

    private const ulong LayoutReserved0 = 0x1E0;
    private const ulong LayoutReserved1 = 0xFFFF_FFFF_FFE0_0000;

    /// <summary>Whether the entry may be used (P). Bit 0.</summary>
    public bool IsPresent { get => Word0.Bit(0); init => Word0 = Word0.WithBit(0, value); }

    /// <summary>Whether faults found through this entry go unrecorded (FPD). Bit 1; valid even if not present.</summary>
    public bool FaultsAreSuppressed { get => Word0.Bit(1); init => Word0 = Word0.WithBit(1, value); }

    /// <summary>Whether the device may use ATS and a device TLB (DTE). Bit 2; needs ECAP.DT.</summary>
    public bool DeviceTlbIsEnabled { get => Word0.Bit(2); init => Word0 = Word0.WithBit(2, value); }

    /// <summary>Whether requests may carry a PASID (PASIDE). Bit 3; needs ECAP.PASID.</summary>
    public bool PasidIsEnabled { get => Word0.Bit(3); init => Word0 = Word0.WithBit(3, value); }

    /// <summary>Whether the device may send page requests (PRE). Bit 4; needs ECAP.PRS.</summary>
    public bool PageRequestIsEnabled { get => Word0.Bit(4); init => Word0 = Word0.WithBit(4, value); }

    /// <summary>Size code of the PASID directory (PDTS), 0 to 7: 2^(code+7) entries. Bits 11:9.</summary>
    public int PasidDirectorySizeCode { get => (int)Word0.Field(11, 9); init => Word0 = Word0.WithField(11, 9, (ulong)value); }

    /// <summary>The PASID directory (PASIDDIRPTR). Bits 63:12.</summary>
    public Spa PasidDirectory { get => new(Word0.PageAddress); init => Word0 = Word0.WithPageAddress(value.Value); }

    /// <summary>The PASID of requests that carry none (RID_PASID). Bits 83:64; hardware without ECAP.RPS uses 0.</summary>
    public Pasid RequestPasid { get => new((uint)Word1.Field(19, 0)); init => Word1 = Word1.WithField(19, 0, value.Value); }

    /// <summary>Whether requests without PASID are privileged (RID_PRIV). Bit 84; needs ECAP.RPRIVS.</summary>
    public bool RequestIsPrivileged { get => Word1.Bit(20); init => Word1 = Word1.WithBit(20, value); }

    /// <summary>Number of entries in the PASID directory, 128 to 16384; each covers 64 PASIDs.</summary>
    public int PasidDirectoryEntries => 1 << (PasidDirectorySizeCode + 7);

    /// <summary>The place of a requester's entry in the table that its half of the bus uses: device-function modulo 128.</summary>
    public static int IndexOf(RequesterId requester) => requester.DeviceFunction & 127;

    /// <summary>Reads the entry from the first four words.</summary>
    public static VtdContextEntry Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "context entry");
        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Writes the entry to the first four words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "context entry");
        words[0] = Word0;
        words[1] = Word1;
        words[2] = Word2;
        words[3] = Word3;
    }

    /// <summary>Whether the directory reaches a PASID; if not the request faults with <see cref="VtdFaultReason.PasidTooLarge"/>.</summary>
    public bool Covers(Pasid pasid) => VtdPasidDirectoryEntry.IndexOf(pasid) < PasidDirectoryEntries;

    /// <summary>
    /// Whether a reserved bit is set: bits 8:5, 127:85, words 2 and 3, pointer bits at or above the host address width [M],
    /// and the enables whose capability is absent [R]. Matters only if present: <see cref="VtdFaultReason.ContextEntryReservedBits"/>.
    /// </summary>
    public bool ReservedBitsSet(VtdExtendedCapability capability, int hostAddressBits = 52)
    {
        ulong reserved0 = LayoutReserved0 | VtdWords.AboveHostWidth(hostAddressBits);
        if (!capability.SupportsDeviceTlb) reserved0 = reserved0.WithBit(2, true);
        if (!capability.SupportsPasid) reserved0 = reserved0.WithBit(3, true);
        if (!capability.SupportsPageRequests) reserved0 = reserved0.WithBit(4, true);
        ulong reserved1 = capability.SupportsRequestPrivilege ? LayoutReserved1 : LayoutReserved1.WithBit(20, true);
        return ((Word0 & reserved0) | (Word1 & reserved1) | Word2 | Word3) != 0;
    }
}
