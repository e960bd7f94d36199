using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// Context descriptor (CD), 512 bits: one virtual address space, with its tables, its ASID and the dirty-tracking enable.
/// IHI 0070 §5.4 [S]; every position agrees with public headers [L][M]. Bit numbers below are of the 512. "Lower" is the
/// half of the address space that TTB0 translates, "upper" that of TTB1.
/// </summary>
public readonly partial record struct SmmuContextDescriptor(
    ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0, ulong Word4 = 0, ulong Word5 = 0, ulong Word6 = 0, ulong Word7 = 0)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 8;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 64;
    /// <summary>Bits HD and HA of word 0, which turn dirty tracking on and off.</summary>
    public const ulong DirtyTrackingBits = 0x0C00_0000_0000;

    /// <summary>64 minus the number of lower input bits (T0SZ). Bits 5:0.</summary>
    public int LowerSizeOffset { get => (int)Word0.Field(5, 0); init => Word0 = Word0.WithField(5, 0, unchecked((ulong)value)); }

    /// <summary>Granule of the lower tables (TG0): code 0 is 4 KiB, 1 is 64 KiB, 2 is 16 KiB, 3 is reserved. Bits 7:6.</summary>
    public SmmuGranule LowerGranule
    {
        get => SmmuGranuleExtensions.OfLowerCode(Word0.Field(7, 6));
        init => Word0 = Word0.WithField(7, 6, value.LowerCode);
    }

    /// <summary>Inner cacheability of lower walks (IR0): 0 none, 1 write-back, 2 write-through, 3 write-back without write-allocate. Bits 9:8.</summary>
    public int LowerInnerCacheability { get => (int)Word0.Field(9, 8); init => Word0 = Word0.WithField(9, 8, unchecked((ulong)value)); }

    /// <summary>Outer cacheability of lower walks (OR0), coded as the inner one. Bits 11:10.</summary>
    public int LowerOuterCacheability { get => (int)Word0.Field(11, 10); init => Word0 = Word0.WithField(11, 10, unchecked((ulong)value)); }

    /// <summary>Shareability of lower walks (SH0): 0 none, 2 outer, 3 inner. Bits 13:12.</summary>
    public int LowerShareability { get => (int)Word0.Field(13, 12); init => Word0 = Word0.WithField(13, 12, unchecked((ulong)value)); }

    /// <summary>Whether the lower half has no tables: a miss faults and its other fields are ignored (EPD0). Bit 14.</summary>
    public bool LowerIsDisabled { get => Word0.Bit(14); init => Word0 = Word0.WithBit(14, value); }

    /// <summary>Whether both tables are big-endian (ENDI). Bit 15.</summary>
    public bool IsBigEndian { get => Word0.Bit(15); init => Word0 = Word0.WithBit(15, value); }

    /// <summary>64 minus the number of upper input bits (T1SZ). Bits 21:16.</summary>
    public int UpperSizeOffset { get => (int)Word0.Field(21, 16); init => Word0 = Word0.WithField(21, 16, unchecked((ulong)value)); }

    /// <summary>Granule of the upper tables (TG1): code 0 is reserved, 1 is 16 KiB, 2 is 4 KiB, 3 is 64 KiB. Bits 23:22.</summary>
    public SmmuGranule UpperGranule
    {
        get => SmmuGranuleExtensions.OfUpperCode(Word0.Field(23, 22));
        init => Word0 = Word0.WithField(23, 22, value.UpperCode);
    }

    /// <summary>Inner cacheability of upper walks (IR1). Bits 25:24.</summary>
    public int UpperInnerCacheability { get => (int)Word0.Field(25, 24); init => Word0 = Word0.WithField(25, 24, unchecked((ulong)value)); }

    /// <summary>Outer cacheability of upper walks (OR1). Bits 27:26.</summary>
    public int UpperOuterCacheability { get => (int)Word0.Field(27, 26); init => Word0 = Word0.WithField(27, 26, unchecked((ulong)value)); }

    /// <summary>Shareability of upper walks (SH1). Bits 29:28.</summary>
    public int UpperShareability { get => (int)Word0.Field(29, 28); init => Word0 = Word0.WithField(29, 28, unchecked((ulong)value)); }

    /// <summary>Whether the upper half has no tables (EPD1). Bit 30.</summary>
    public bool UpperIsDisabled { get => Word0.Bit(30); init => Word0 = Word0.WithBit(30, value); }

    /// <summary>Whether the descriptor may be used (V); if not, a transaction ends with C_BAD_CD. Bit 31.</summary>
    public bool IsValid { get => Word0.Bit(31); init => Word0 = Word0.WithBit(31, value); }

    /// <summary>Size of output addresses (IPS); hardware caps it to OAS. Bits 34:32.</summary>
    public SmmuAddressSize OutputSize { get => (SmmuAddressSize)Word0.Field(34, 32); init => Word0 = Word0.WithField(34, 32, (ulong)value); }

    /// <summary>Whether AF = 0 counts as 1 (AFFD); ignored if hardware sets it. Bit 35.</summary>
    public bool IgnoresAccessFlag { get => Word0.Bit(35); init => Word0 = Word0.WithBit(35, value); }

    /// <summary>Whether writable pages cannot be executed (WXN). Bit 36.</summary>
    public bool WritableIsNotExecutable { get => Word0.Bit(36); init => Word0 = Word0.WithBit(36, value); }

    /// <summary>Whether address bits 63:56 are ignored in the lower half (TBI0). Bit 38.</summary>
    public bool LowerIgnoresTopByte { get => Word0.Bit(38); init => Word0 = Word0.WithBit(38, value); }

    /// <summary>Whether address bits 63:56 are ignored in the upper half (TBI1). Bit 39.</summary>
    public bool UpperIgnoresTopByte { get => Word0.Bit(39); init => Word0 = Word0.WithBit(39, value); }

    /// <summary>Whether privileged data accesses to user pages fault (PAN). Bit 40.</summary>
    public bool PrivilegedIsKeptOut { get => Word0.Bit(40); init => Word0 = Word0.WithBit(40, value); }

    /// <summary>Whether the tables are VMSAv8-64, else 32-bit LPAE (AA64). Bit 41.</summary>
    public bool Is64Bit { get => Word0.Bit(41); init => Word0 = Word0.WithBit(41, value); }

    /// <summary>Whether hardware makes writable-clean leaves dirty (HD). Bit 42; means nothing without HA.</summary>
    public bool DirtyIsUpdated { get => Word0.Bit(42); init => Word0 = Word0.WithBit(42, value); }

    /// <summary>Whether hardware sets the access flag (HA). Bit 43.</summary>
    public bool AccessFlagIsUpdated { get => Word0.Bit(43); init => Word0 = Word0.WithBit(43, value); }

    /// <summary>Whether translation faults stall (S). Bit 44.</summary>
    public bool Stalls { get => Word0.Bit(44); init => Word0 = Word0.WithBit(44, value); }

    /// <summary>Whether translation faults are recorded (R). Bit 45.</summary>
    public bool FaultsAreRecorded { get => Word0.Bit(45); init => Word0 = Word0.WithBit(45, value); }

    /// <summary>Whether a terminated transaction is aborted, else reads 0 and drops writes (A). Bit 46.</summary>
    public bool FaultsAbort { get => Word0.Bit(46); init => Word0 = Word0.WithBit(46, value); }

    /// <summary>Whether the ASID is no processor's, so that broadcast invalidations do not concern it (ASET). Bit 47.</summary>
    public bool AsidIsPrivate { get => Word0.Bit(47); init => Word0 = Word0.WithBit(47, value); }

    /// <summary>The tag of this address space in the SMMU's caches (ASID). Bits 63:48.</summary>
    public ushort Asid { get => (ushort)Word0.Field(63, 48); init => Word0 = Word0.WithField(63, 48, value); }

    /// <summary>Whether attributes in lower table descriptors are ignored (HAD0). Bit 65; needs IDR3.HAD.</summary>
    public bool LowerIgnoresHierarchy { get => Word1.Bit(1); init => Word1 = Word1.WithBit(1, value); }

    /// <summary>Whether hardware sets the access flag of table descriptors too (HAFT). Bit 67; needs IDR0.HTTU 3.</summary>
    public bool TableAccessFlagIsUpdated { get => Word1.Bit(3); init => Word1 = Word1.WithBit(3, value); }

    /// <summary>Root of the lower tables (TTB0), physical, or intermediate if nested; hardware aligns it. Bits 115:68.</summary>
    public ulong LowerTable { get => Word1.Address(51, 4); init => Word1 = Word1.WithAddress(51, 4, value); }

    /// <summary>Whether attributes in upper table descriptors are ignored (HAD1). Bit 129; needs IDR3.HAD.</summary>
    public bool UpperIgnoresHierarchy { get => Word2.Bit(1); init => Word2 = Word2.WithBit(1, value); }

    /// <summary>Root of the upper tables (TTB1), as TTB0. Bits 179:132.</summary>
    public ulong UpperTable { get => Word2.Address(51, 4); init => Word2 = Word2.WithAddress(51, 4, value); }

    /// <summary>Whether 4 and 16 KiB tables have 52-bit addresses (DS). Bit 186; needs IDR5.DS.</summary>
    public bool HasLargeAddresses { get => Word2.Bit(58); init => Word2 = Word2.WithBit(58, value); }

    /// <summary>Memory types that leaves choose from (MAIR), eight bytes. Bits 255:192.</summary>
    public ulong MemoryAttributes { get => Word3; init => Word3 = value; }

    /// <summary>Auxiliary memory types (AMAIR). Bits 319:256.</summary>
    public ulong AuxiliaryMemoryAttributes { get => Word4; init => Word4 = value; }

    /// <summary>Whether dirty state is tracked: HA and HD both 1; HD alone behaves as neither. §5.4 [S].</summary>
    public bool TracksDirty => Is64Bit && AccessFlagIsUpdated && DirtyIsUpdated;

    /// <summary>Reads the descriptor from the first eight words.</summary>
    public static SmmuContextDescriptor Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "context descriptor");
        return new(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
    }

    /// <summary>Writes the descriptor to the first eight words, word 0 (with V) last: hardware may fetch the 64 bytes in parts [S §3.21.3].</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "context descriptor");
        words[7] = Word7;
        words[6] = Word6;
        words[5] = Word5;
        words[4] = Word4;
        words[3] = Word3;
        words[2] = Word2;
        words[1] = Word1;
        words[0] = Word0;
    }
}
