namespace Workbench.Iommu.Vtd;

/// <summary>
/// The extended capability register ECAP_REG, offset 16. VT-d §11.4.3; positions from Linux [L] and Intel's public
/// processor datasheets, which reprint the register [S*].
/// </summary>
public readonly record struct VtdExtendedCapability(ulong Value)
{
    /// <summary>
    /// A coherent scalable-mode part with second-stage accessed and dirty bits and 20-bit PASIDs. It offers no first
    /// stage, nesting, device TLB or page requests: who wants those sets them.
    /// </summary>
    public static VtdExtendedCapability Default => new()
    {
        IsCoherent = true,
        SupportsQueuedInvalidation = true,
        SupportsPassThrough = true,
        SupportsSnoopControl = true,
        IotlbRegisterOffsetBytes = 0xF0,
        PasidBits = 20,
        SupportsPasid = true,
        SupportsScalableMode = true,
        SupportsSecondStageDirty = true,
        SupportsSecondStage = true,
        SupportsSnoopedPageWalk = true,
        SupportsRequestPasid = true,
    };

    /// <summary>Whether walks of root, context and legacy tables snoop the caches (C). Bit 0.</summary>
    public bool IsCoherent { get => Value.Bit(0); init => Value = Value.WithBit(0, value); }

    /// <summary>Whether there is an invalidation queue (QI). Bit 1.</summary>
    public bool SupportsQueuedInvalidation { get => Value.Bit(1); init => Value = Value.WithBit(1, value); }

    /// <summary>Whether devices may have a device TLB, ATS (DT). Bit 2.</summary>
    public bool SupportsDeviceTlb { get => Value.Bit(2); init => Value = Value.WithBit(2, value); }

    /// <summary>Whether PASID-table entries may be pass-through (PT). Bit 6.</summary>
    public bool SupportsPassThrough { get => Value.Bit(6); init => Value = Value.WithBit(6, value); }

    /// <summary>Whether snooping can be forced, by SNP in a second-stage leaf or PGSNP (SC). Bit 7.</summary>
    public bool SupportsSnoopControl { get => Value.Bit(7); init => Value = Value.WithBit(7, value); }

    /// <summary>Offset of the IOTLB registers from the register base, in bytes, a multiple of 16 (IRO · 16). Bits 17:8.</summary>
    public int IotlbRegisterOffsetBytes
    {
        get => (int)Value.Field(17, 8) * 16;
        init => Value = value % 16 == 0
            ? Value.WithField(17, 8, (ulong)(value / 16))
            : throw new ArgumentOutOfRangeException(nameof(value), $"IOTLB register offset 0x{value:x} is no multiple of 16 bytes.");
    }

    /// <summary>Whether first stage over second stage exists (NEST). Bit 26.</summary>
    public bool SupportsNesting { get => Value.Bit(26); init => Value = Value.WithBit(26, value); }

    /// <summary>Whether devices may send page requests (PRS). Bit 29.</summary>
    public bool SupportsPageRequests { get => Value.Bit(29); init => Value = Value.WithBit(29, value); }

    /// <summary>Whether supervisor requests exist (SRS). Bit 31.</summary>
    public bool SupportsSupervisorRequests { get => Value.Bit(31); init => Value = Value.WithBit(31, value); }

    /// <summary>Whether the no-write flag of ATS requests is honoured (NWFS); if not, every ATS request counts as a write request [S*]. Bit 33.</summary>
    public bool SupportsNoWriteFlag { get => Value.Bit(33); init => Value = Value.WithBit(33, value); }

    /// <summary>Whether first-stage tables have an extended-accessed bit (EAFS). Bit 34.</summary>
    public bool SupportsExtendedAccessed { get => Value.Bit(34); init => Value = Value.WithBit(34, value); }

    /// <summary>Number of PASID bits, 1 to 32 (PSS + 1); has a meaning only with <see cref="SupportsPasid"/> [S*]. Bits 39:35.</summary>
    public int PasidBits { get => (int)Value.Field(39, 35) + 1; init => Value = Value.WithField(39, 35, (ulong)(value - 1)); }

    /// <summary>Whether requests may carry a PASID (PASID). Bit 40.</summary>
    public bool SupportsPasid { get => Value.Bit(40); init => Value = Value.WithBit(40, value); }

    /// <summary>Whether a wait descriptor can drain page requests (PDS). Bit 42.</summary>
    public bool SupportsPageRequestDrain { get => Value.Bit(42); init => Value = Value.WithBit(42, value); }

    /// <summary>Whether scalable mode exists (SMTS). Bit 43.</summary>
    public bool SupportsScalableMode { get => Value.Bit(43); init => Value = Value.WithBit(43, value); }

    /// <summary>Whether second-stage tables have accessed and dirty bits (SSADS). Bit 45. [S*]</summary>
    public bool SupportsSecondStageDirty { get => Value.Bit(45); init => Value = Value.WithBit(45, value); }

    /// <summary>Whether scalable mode can translate with a second stage (SSTS). Bit 46.</summary>
    public bool SupportsSecondStage { get => Value.Bit(46); init => Value = Value.WithBit(46, value); }

    /// <summary>Whether scalable mode can translate with a first stage (FSTS, FLTS). Bit 47.</summary>
    public bool SupportsFirstStage { get => Value.Bit(47); init => Value = Value.WithBit(47, value); }

    /// <summary>Whether scalable-mode page walks can snoop the caches (SMPWCS). Bit 48. [S*]</summary>
    public bool SupportsSnoopedPageWalk { get => Value.Bit(48); init => Value = Value.WithBit(48, value); }

    /// <summary>Whether a context entry can name the PASID of requests without one (RPS); if not it is 0 [S*]. Bit 49.</summary>
    public bool SupportsRequestPasid { get => Value.Bit(49); init => Value = Value.WithBit(49, value); }

    /// <summary>Whether a context entry can make requests without PASID privileged (RPRIVS). Bit 53. [S*]</summary>
    public bool SupportsRequestPrivilege { get => Value.Bit(53); init => Value = Value.WithBit(53, value); }

    /// <summary>Whether a PASID-table entry of a type can be used.</summary>
    public bool Supports(VtdTranslationType type) => type switch
    {
        VtdTranslationType.FirstStage => SupportsFirstStage,
        VtdTranslationType.SecondStage => SupportsSecondStage,
        VtdTranslationType.Nested => SupportsNesting,
        VtdTranslationType.PassThrough => SupportsPassThrough,
        _ => false,
    };

    /// <summary>Every illegal combination within the register and with CAP_REG, as sentences; empty if there is none.</summary>
    public IReadOnlyList<string> Problems(VtdCapability capability)
    {
        List<string> problems = [];
        if (SupportsSecondStageDirty && !SupportsSnoopedPageWalk)
            problems.Add("ECAP.SSADS needs SMPWCS: a part whose page walks cannot snoop must report SSADS clear.");
        if (SupportsSecondStageDirty && !SupportsSecondStage)
            problems.Add("ECAP.SSADS needs SSTS: without a second stage there are no second-stage dirty bits.");
        if (!SupportsScalableMode)
        {
            if (SupportsPasid) problems.Add("ECAP.PASID needs SMTS: the older extended mode is not modelled.");
            if (SupportsSecondStageDirty) problems.Add("ECAP.SSADS needs SMTS: legacy mode has no SSADE bit.");
            if (SupportsFirstStage) problems.Add("ECAP.FLTS needs SMTS: only a PASID-table entry can name a first-stage table.");
            if (SupportsSecondStage) problems.Add("ECAP.SSTS needs SMTS: it describes PASID-table entries.");
        }
        if (SupportsScalableMode && !SupportsQueuedInvalidation)
            problems.Add("ECAP.SMTS needs QI: the PASID cache can only be invalidated through the queue.");
        if (SupportsNesting && SupportsScalableMode && !(SupportsFirstStage && SupportsSecondStage))
            problems.Add("ECAP.NEST needs FLTS and SSTS: nesting combines both stages.");
        if (SupportsPasid && PasidBits > 20)
            problems.Add($"ECAP.PSS offers {PasidBits} PASID bits; PCIe has 20.");
        if (SupportsSecondStage && (capability.AddressWidths & 0b1110) == 0)
            problems.Add("ECAP.SSTS needs a width in CAP.SAGAW: 39, 48 or 57 bits.");
        return problems;
    }
}
