namespace Workbench.Iommu.Amd;

/// <summary>
/// The extended feature register EFR, MMIO offset 0x30. AMD IOMMU §3.4.5 [R]; positions from Linux [L] and an emulator
/// header [M]. Only fields that the model knows are named; the rest is carried.
/// </summary>
public readonly record struct AmdExtendedFeatures(ulong Value)
{
    /// <summary>
    /// A part with six host levels, invalidate-all and host accessed and dirty bits. It offers no guest translation and no
    /// page requests; the guest model adds both.
    /// </summary>
    public static AmdExtendedFeatures Default => new()
    {
        SupportsInvalidateAll = true,
        HostTranslationSizeCode = 2,
        SupportsHostAccessed = true,
        SupportsHostDirty = true,
    };

    /// <summary>Whether devices may send page requests (PPRSup). Bit 1.</summary>
    public bool SupportsPageRequests { get => Value.Bit(1); init => Value = Value.WithBit(1, value); }

    /// <summary>Whether guest tables exist (GTSup). Bit 4.</summary>
    public bool SupportsGuestTranslation { get => Value.Bit(4); init => Value = Value.WithBit(4, value); }

    /// <summary>Whether the command INVALIDATE_IOMMU_ALL exists (IASup). Bit 6.</summary>
    public bool SupportsInvalidateAll { get => Value.Bit(6); init => Value = Value.WithBit(6, value); }

    /// <summary>Whether guest virtual interrupts exist (GASup). Bit 7. Interrupts are not modelled.</summary>
    public bool SupportsGuestInterrupts { get => Value.Bit(7); init => Value = Value.WithBit(7, value); }

    /// <summary>Code of the deepest host table (HATS): 0, 1, 2 for four, five, six levels; 3 for none. Bits 11:10.</summary>
    public int HostTranslationSizeCode { get => (int)Value.Field(11, 10); init => Value = Value.WithField(11, 10, (ulong)value); }

    /// <summary>Code of the deepest guest table (GATS): 0, 1, 2 for four, five, six levels; 3 is reserved. Bits 13:12.</summary>
    public int GuestTranslationSizeCode { get => (int)Value.Field(13, 12); init => Value = Value.WithField(13, 12, (ulong)value); }

    /// <summary>Largest GLX (GLXSup): 0, 1, 2 for a GCR3 table of one, two, three levels; 3 is reserved. Bits 15:14.</summary>
    public int GuestTableSizeCode { get => (int)Value.Field(15, 14); init => Value = Value.WithField(15, 14, (ulong)value); }

    /// <summary>Number of PASID bits, 1 to 32, of which PCIe has 20 (PASmax + 1). Bits 36:32.</summary>
    public int PasidBits { get => (int)Value.Field(36, 32) + 1; init => Value = Value.WithField(36, 32, (ulong)(value - 1)); }

    /// <summary>Whether requests without PASID may use a guest table (GIoSup). Bit 48.</summary>
    public bool SupportsGuestProtection { get => Value.Bit(48); init => Value = Value.WithBit(48, value); }

    /// <summary>Whether hardware can set accessed bits in host tables (HASup). Bit 49.</summary>
    public bool SupportsHostAccessed { get => Value.Bit(49); init => Value = Value.WithBit(49, value); }

    /// <summary>Whether hardware can set dirty bits in host tables (HDSup). Bit 52; needs HASup.</summary>
    public bool SupportsHostDirty { get => Value.Bit(52); init => Value = Value.WithBit(52, value); }

    /// <summary>Whether INVALIDATE_IOTLB_PAGES has a type field (InvIotlbTypeSup). Bit 54. The type is not acted upon.</summary>
    public bool SupportsDeviceTlbInvalidationType { get => Value.Bit(54); init => Value = Value.WithBit(54, value); }

    /// <summary>Whether memory integrity of encrypted guests is enforced (SNPSup). Bit 63 [L]. Not modelled.</summary>
    public bool SupportsNestedPagingProtection { get => Value.Bit(63); init => Value = Value.WithBit(63, value); }

    /// <summary>Most host table levels, 4 to 6; 0 if there are no host tables.</summary>
    public int MaximumHostLevels => HostTranslationSizeCode == 3 ? 0 : 4 + HostTranslationSizeCode;

    /// <summary>Most guest table levels, 4 to 6; 0 for the reserved code.</summary>
    public int MaximumGuestLevels => GuestTranslationSizeCode == 3 ? 0 : 4 + GuestTranslationSizeCode;

    /// <summary>Most GCR3 table levels, 1 to 3; 0 for the reserved code.</summary>
    public int MaximumGuestTableLevels => GuestTableSizeCode == 3 ? 0 : 1 + GuestTableSizeCode;

    /// <summary>Every illegal combination within the register, as sentences; empty if there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (SupportsHostDirty && !SupportsHostAccessed)
            problems.Add("EFR.HDSup needs HASup: HAD has no code for dirty without accessed.");
        if (HostTranslationSizeCode == 3)
            problems.Add("EFR.HATS is 3: the part has no host tables; use 0 to 2 for four to six levels.");
        if (SupportsGuestProtection && !SupportsGuestTranslation)
            problems.Add("EFR.GIoSup needs GTSup: it directs requests without PASID to a guest table.");
        if (!SupportsGuestTranslation) return problems;
        if (GuestTranslationSizeCode == 3)
            problems.Add("EFR.GATS is 3, which is reserved; use 0 to 2 for four to six levels.");
        if (GuestTableSizeCode == 3)
            problems.Add("EFR.GLXSup is 3, which is reserved; use 0 to 2 for one to three levels.");
        if (PasidBits > 20)
            problems.Add($"EFR.PASmax offers {PasidBits} PASID bits; PCIe has 20.");
        return problems;
    }
}
