namespace Workbench.Iommu.Vtd;

/// <summary>
/// The capability register CAP_REG, offset 8. VT-d §11.4.2; positions from Linux [L] and Intel's public processor
/// datasheets, which reprint the register [S*].
/// </summary>
public readonly record struct VtdCapability(ulong Value)
{
    /// <summary>
    /// A scalable-mode part: 48- and 57-bit second stage, 2 MiB and 1 GiB pages, page-selective invalidation of any size up
    /// to the whole 57-bit space (MAMV 45, as the recorded server part of the tests reports), both drains, no caching mode.
    /// </summary>
    public static VtdCapability Default => new VtdCapability
    {
        DomainCountCode = 6,
        MaximumAddressBits = 57,
        SupportsZeroLengthRead = true,
        FaultRecordOffsetBytes = 0x220,
        SecondStageLargePages = 3,
        SupportsPageSelectiveInvalidation = true,
        FaultRecordCount = 1,
        MaximumAddressMask = 45,
        DrainsWrites = true,
        DrainsReads = true,
    }.With(VtdAddressWidth.Bits48, true).With(VtdAddressWidth.Bits57, true);

    /// <summary>Domain-count code (ND), 0 to 6: 2^(4+2·code) domains; 7 is reserved. Bits 2:0.</summary>
    public int DomainCountCode { get => (int)Value.Field(2, 0); init => Value = Value.WithField(2, 0, (ulong)value); }

    /// <summary>Whether software must flush write buffers after changing tables (RWBF). Bit 4.</summary>
    public bool RequiresWriteBufferFlush { get => Value.Bit(4); init => Value = Value.WithBit(4, value); }

    /// <summary>Whether hardware may cache not-present and faulty entries, so that mapping needs a flush too (CM). Bit 7.</summary>
    public bool CachesNotPresent { get => Value.Bit(7); init => Value = Value.WithBit(7, value); }

    /// <summary>Supported second-stage widths (SAGAW): bit 1 is 39, bit 2 is 48, bit 3 is 57. Bits 12:8.</summary>
    public int AddressWidths { get => (int)Value.Field(12, 8); init => Value = Value.WithField(12, 8, (ulong)value); }

    /// <summary>Largest guest address in bits, 1 to 64 (MGAW + 1). Bits 21:16.</summary>
    public int MaximumAddressBits { get => (int)Value.Field(21, 16) + 1; init => Value = Value.WithField(21, 16, (ulong)(value - 1)); }

    /// <summary>Whether zero-length reads of write-only pages are allowed (ZLR). Bit 22.</summary>
    public bool SupportsZeroLengthRead { get => Value.Bit(22); init => Value = Value.WithBit(22, value); }

    /// <summary>Offset of the first fault record from the register base, in bytes, a multiple of 16 (FRO · 16). Bits 33:24.</summary>
    public int FaultRecordOffsetBytes
    {
        get => (int)Value.Field(33, 24) * 16;
        init => Value = value % 16 == 0
            ? Value.WithField(33, 24, (ulong)(value / 16))
            : throw new ArgumentOutOfRangeException(nameof(value), $"Fault record offset 0x{value:x} is no multiple of 16 bytes.");
    }

    /// <summary>Second-stage large pages (SSLPS): 0 none, 1 is 2 MiB, 3 is 2 MiB and 1 GiB; nothing else is legal [S*]. Bits 37:34.</summary>
    public int SecondStageLargePages { get => (int)Value.Field(37, 34); init => Value = Value.WithField(37, 34, (ulong)value); }

    /// <summary>Whether second-stage 2 MiB pages exist. Bit 34.</summary>
    public bool SupportsSecondStage2M => Value.Bit(34);

    /// <summary>Whether second-stage 1 GiB pages exist. Bit 35.</summary>
    public bool SupportsSecondStage1G => Value.Bit(35);

    /// <summary>Largest second-stage leaf as a power of two of bytes: 12, 21 or 30.</summary>
    public int LargestSecondStageLeafLog2 => SupportsSecondStage1G ? 30 : SupportsSecondStage2M ? 21 : 12;

    /// <summary>Whether page-selective IOTLB invalidation exists (PSI). Bit 39.</summary>
    public bool SupportsPageSelectiveInvalidation { get => Value.Bit(39); init => Value = Value.WithBit(39, value); }

    /// <summary>Number of fault records, 1 to 256 (NFR + 1). Bits 47:40.</summary>
    public int FaultRecordCount { get => (int)Value.Field(47, 40) + 1; init => Value = Value.WithField(47, 40, (ulong)(value - 1)); }

    /// <summary>Largest address mask of a second-stage page-selective invalidation (MAMV), 0 to 63. Bits 53:48. [S*]</summary>
    public int MaximumAddressMask { get => (int)Value.Field(53, 48); init => Value = Value.WithField(53, 48, (ulong)value); }

    /// <summary>Whether invalidations can wait for writes in flight (DWD); reads 1 from version 2 on, which always drains [S*]. Bit 54.</summary>
    public bool DrainsWrites { get => Value.Bit(54); init => Value = Value.WithBit(54, value); }

    /// <summary>Whether invalidations can wait for reads in flight (DRD); reads 1 from version 2 on, which always drains [S*]. Bit 55.</summary>
    public bool DrainsReads { get => Value.Bit(55); init => Value = Value.WithBit(55, value); }

    /// <summary>Whether first-stage 1 GiB pages exist (FS1GP). Bit 56.</summary>
    public bool SupportsFirstStage1G { get => Value.Bit(56); init => Value = Value.WithBit(56, value); }

    /// <summary>Whether five-level first-stage tables exist (FS5LP). Bit 60.</summary>
    public bool SupportsFirstStage5Level { get => Value.Bit(60); init => Value = Value.WithBit(60, value); }

    /// <summary>Number of domain ids, 16 to 65536; 0 for the reserved code 7.</summary>
    public int DomainCount => DomainCountCode == 7 ? 0 : 1 << (4 + (2 * DomainCountCode));

    /// <summary>Whether second-stage tables of a width can be used.</summary>
    public bool Supports(VtdAddressWidth width) => !width.IsReserved && Value.Bit(8 + (int)width);

    /// <summary>The register with one second-stage width offered or not.</summary>
    public VtdCapability With(VtdAddressWidth width, bool isSupported) =>
        width.IsReserved
            ? throw new ArgumentOutOfRangeException(nameof(width), $"Address width code {(int)width} is reserved; 1 to 3.")
            : new(Value.WithBit(8 + (int)width, isSupported));

    /// <summary>Every illegal combination within the register, as sentences; empty if there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (DomainCountCode == 7)
            problems.Add("CAP.ND is 7, which is reserved; use 0 to 6.");
        if ((AddressWidths & 0b1_0001) != 0)
            problems.Add($"CAP.SAGAW is 0x{AddressWidths:x}: bits 0 and 4 stand for widths that scalable mode does not have; use bits 1 to 3.");
        if (SecondStageLargePages is not (0 or 1 or 3))
            problems.Add($"CAP.SSLPS is 0x{SecondStageLargePages:x}; only 0, 1 (2 MiB) and 3 (2 MiB and 1 GiB) are legal.");
        if (SupportsPageSelectiveInvalidation && MaximumAddressMask < 9)
            problems.Add($"CAP.MAMV is {MaximumAddressMask} with PSI; page-selective invalidation must reach at least a 2 MiB range, MAMV 9.");
        return problems;
    }
}
