namespace Workbench.Iommu.RiscV;

/// <summary>The capabilities register, offset 0. RISC-V IOMMU, "IOMMU capabilities" [S]; positions also in the C model [M] and, up to bit 40, in Linux [L].</summary>
public readonly record struct RiscVCapabilities(ulong Value)
{
    private const ulong LayoutReserved = 0x00FF_F000_0010_3000;

    /// <summary>
    /// A version 1.0 part that updates A and D bits: every 64-bit scheme of both stages, all three process-directory depths,
    /// 56-bit physical addresses, non-leaf and range invalidation. Message interrupts, device contexts of the base format, no ATS.
    /// </summary>
    public static RiscVCapabilities Default => new()
    {
        Version = 0x10,
        SupportsSv39 = true,
        SupportsSv48 = true,
        SupportsSv57 = true,
        SupportsSv39x4 = true,
        SupportsSv48x4 = true,
        SupportsSv57x4 = true,
        SupportsAccessedDirtyUpdate = true,
        PhysicalAddressBits = 56,
        SupportsPD8 = true,
        SupportsPD17 = true,
        SupportsPD20 = true,
        SupportsNonLeafInvalidation = true,
        SupportsRangeInvalidation = true,
    };

    /// <summary>Version of the specification: major in bits 7:4, minor in 3:0; 0x10 is 1.0. Bits 7:0.</summary>
    public int Version { get => (int)Value.Field(7, 0); init => Value = Value.WithField(7, 0, (ulong)value); }

    /// <summary>Whether first-stage tables of 32-bit processes exist (Sv32). Bit 8. Not acted upon.</summary>
    public bool SupportsSv32 { get => Value.Bit(8); init => Value = Value.WithBit(8, value); }

    /// <summary>Whether first-stage tables of 39-bit addresses exist (Sv39). Bit 9.</summary>
    public bool SupportsSv39 { get => Value.Bit(9); init => Value = Value.WithBit(9, value); }

    /// <summary>Whether first-stage tables of 48-bit addresses exist (Sv48). Bit 10.</summary>
    public bool SupportsSv48 { get => Value.Bit(10); init => Value = Value.WithBit(10, value); }

    /// <summary>Whether first-stage tables of 57-bit addresses exist (Sv57). Bit 11.</summary>
    public bool SupportsSv57 { get => Value.Bit(11); init => Value = Value.WithBit(11, value); }

    /// <summary>Whether PTE bits 60:59 belong to software (Svrsw60t59b). Bit 14.</summary>
    public bool SupportsSoftwareBits { get => Value.Bit(14); init => Value = Value.WithBit(14, value); }

    /// <summary>Whether PTEs hold memory types (Svpbmt). Bit 15.</summary>
    public bool SupportsMemoryTypes { get => Value.Bit(15); init => Value = Value.WithBit(15, value); }

    /// <summary>Whether second-stage tables of 34-bit guests exist (Sv32x4). Bit 16. Not acted upon.</summary>
    public bool SupportsSv32x4 { get => Value.Bit(16); init => Value = Value.WithBit(16, value); }

    /// <summary>Whether second-stage tables of 41-bit guests exist (Sv39x4). Bit 17.</summary>
    public bool SupportsSv39x4 { get => Value.Bit(17); init => Value = Value.WithBit(17, value); }

    /// <summary>Whether second-stage tables of 50-bit guests exist (Sv48x4). Bit 18.</summary>
    public bool SupportsSv48x4 { get => Value.Bit(18); init => Value = Value.WithBit(18, value); }

    /// <summary>Whether second-stage tables of 59-bit guests exist (Sv57x4). Bit 19.</summary>
    public bool SupportsSv57x4 { get => Value.Bit(19); init => Value = Value.WithBit(19, value); }

    /// <summary>Whether interrupt files in memory are updated atomically (AMO_MRIF). Bit 21. Not acted upon.</summary>
    public bool SupportsInterruptFileUpdate { get => Value.Bit(21); init => Value = Value.WithBit(21, value); }

    /// <summary>Whether MSI page tables exist (MSI_FLAT), and with them device contexts of the extended format. Bit 22.</summary>
    public bool SupportsMsiTable { get => Value.Bit(22); init => Value = Value.WithBit(22, value); }

    /// <summary>Whether MSIs can go to interrupt files in memory (MSI_MRIF). Bit 23. Not acted upon.</summary>
    public bool SupportsInterruptFiles { get => Value.Bit(23); init => Value = Value.WithBit(23, value); }

    /// <summary>Whether the unit can set A and D bits atomically (AMO_HWAD), so that SADE and GADE exist. Bit 24.</summary>
    public bool SupportsAccessedDirtyUpdate { get => Value.Bit(24); init => Value = Value.WithBit(24, value); }

    /// <summary>Whether PCIe ATS and page requests exist (ATS). Bit 25.</summary>
    public bool SupportsAts { get => Value.Bit(25); init => Value = Value.WithBit(25, value); }

    /// <summary>Whether ATS completions can hold guest addresses (T2GPA). Bit 26.</summary>
    public bool SupportsAtsGuestAddress { get => Value.Bit(26); init => Value = Value.WithBit(26, value); }

    /// <summary>Whether both byte orders exist (END); if not only the one that fctl.BE reads. Bit 27.</summary>
    public bool SupportsBothEndians { get => Value.Bit(27); init => Value = Value.WithBit(27, value); }

    /// <summary>How interrupts are signalled (IGS): 0 messages, 1 wires, 2 both; 3 is reserved. Bits 29:28.</summary>
    public int InterruptSupport { get => (int)Value.Field(29, 28); init => Value = Value.WithField(29, 28, (ulong)value); }

    /// <summary>Whether there are performance counters (HPM). Bit 30. Not acted upon.</summary>
    public bool SupportsCounters { get => Value.Bit(30); init => Value = Value.WithBit(30, value); }

    /// <summary>Whether software can ask for a translation by register (DBG). Bit 31. Not acted upon.</summary>
    public bool SupportsDebugTranslation { get => Value.Bit(31); init => Value = Value.WithBit(31, value); }

    /// <summary>Physical address width in bits (PAS). Bits 37:32.</summary>
    public int PhysicalAddressBits { get => (int)Value.Field(37, 32); init => Value = Value.WithField(37, 32, (ulong)value); }

    /// <summary>Whether process directories of one level exist (PD8). Bit 38.</summary>
    public bool SupportsPD8 { get => Value.Bit(38); init => Value = Value.WithBit(38, value); }

    /// <summary>Whether process directories of two levels exist (PD17). Bit 39.</summary>
    public bool SupportsPD17 { get => Value.Bit(39); init => Value = Value.WithBit(39, value); }

    /// <summary>Whether process directories of three levels exist (PD20). Bit 40.</summary>
    public bool SupportsPD20 { get => Value.Bit(40); init => Value = Value.WithBit(40, value); }

    /// <summary>Whether device contexts name QoS ids (QOSID). Bit 41. Not acted upon.</summary>
    public bool SupportsQosIds { get => Value.Bit(41); init => Value = Value.WithBit(41, value); }

    /// <summary>Whether an invalidation by address can drop non-leaf entries too (NL). Bit 42.</summary>
    public bool SupportsNonLeafInvalidation { get => Value.Bit(42); init => Value = Value.WithBit(42, value); }

    /// <summary>Whether an invalidation by address can name a range (S). Bit 43.</summary>
    public bool SupportsRangeInvalidation { get => Value.Bit(43); init => Value = Value.WithBit(43, value); }

    /// <summary>Size of a device context in 64-bit words: 4, or 8 with MSI_FLAT.</summary>
    public int DeviceContextWords => SupportsMsiTable ? RiscVDeviceContext.ExtendedWordCount : RiscVDeviceContext.BaseWordCount;

    /// <summary>Widest process id in bits: 20, 17, 8, or 0 if there is no process directory.</summary>
    public int ProcessIdBits => SupportsPD20 ? 20 : SupportsPD17 ? 17 : SupportsPD8 ? 8 : 0;

    /// <summary>Width of a guest-physical address in bits (MGPAW): 59, 50, 41 or 34 by the widest second stage, else that of a physical address.</summary>
    public int GuestAddressBits => SupportsSv57x4 ? 59 : SupportsSv48x4 ? 50 : SupportsSv39x4 ? 41 : SupportsSv32x4 ? 34 : PhysicalAddressBits;

    /// <summary>Whether a first stage can be used: with SXL (<paramref name="is32Bit"/>) code 8 is Sv32 and 9 and 10 are none. Bare always can.</summary>
    public bool Supports(RiscVFirstStageMode mode, bool is32Bit = false) => mode switch
    {
        RiscVFirstStageMode.Bare => true,
        RiscVFirstStageMode.Sv39 => is32Bit ? SupportsSv32 : SupportsSv39,
        RiscVFirstStageMode.Sv48 => !is32Bit && SupportsSv48,
        RiscVFirstStageMode.Sv57 => !is32Bit && SupportsSv57,
        _ => false,
    };

    /// <summary>Whether a second stage can be used: with fctl.GXL (<paramref name="is32Bit"/>) code 8 is Sv32x4 and 9 and 10 are none. Bare always can.</summary>
    public bool Supports(RiscVSecondStageMode mode, bool is32Bit = false) => mode switch
    {
        RiscVSecondStageMode.Bare => true,
        RiscVSecondStageMode.Sv39x4 => is32Bit ? SupportsSv32x4 : SupportsSv39x4,
        RiscVSecondStageMode.Sv48x4 => !is32Bit && SupportsSv48x4,
        RiscVSecondStageMode.Sv57x4 => !is32Bit && SupportsSv57x4,
        _ => false,
    };

    /// <summary>Whether a process directory can be used. Bare always can.</summary>
    public bool Supports(RiscVProcessDirectoryMode mode) => mode switch
    {
        RiscVProcessDirectoryMode.Bare => true,
        RiscVProcessDirectoryMode.PD8 => SupportsPD8,
        RiscVProcessDirectoryMode.PD17 => SupportsPD17,
        RiscVProcessDirectoryMode.PD20 => SupportsPD20,
        _ => false,
    };

    /// <summary>Every illegal combination within the register, as sentences; empty if there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (Version >> 4 != 1)
            problems.Add($"capabilities.version is 0x{Version:x2}; only major version 1 (0x10 to 0x1f) is modelled.");
        if (SupportsSv48 && !SupportsSv39)
            problems.Add("capabilities.Sv48 needs Sv39.");
        if (SupportsSv57 && !SupportsSv48)
            problems.Add("capabilities.Sv57 needs Sv48.");
        if (InterruptSupport == 3)
            problems.Add("capabilities.IGS is 3, which is reserved; use 0 (messages), 1 (wires) or 2 (both).");
        if (SupportsAtsGuestAddress && !SupportsAts)
            problems.Add("capabilities.T2GPA needs ATS: it describes ATS completions.");
        if (SupportsInterruptFiles && !SupportsMsiTable)
            problems.Add("capabilities.MSI_MRIF needs MSI_FLAT: only an extended device context leads to an MSI page table.");
        if (SupportsInterruptFileUpdate && !SupportsInterruptFiles)
            problems.Add("capabilities.AMO_MRIF needs MSI_MRIF: without interrupt files in memory there is nothing to update.");
        if (PhysicalAddressBits is < 12 or > 56)
            problems.Add($"capabilities.PAS is {PhysicalAddressBits}; page numbers of 44 bits reach 12 to 56 bits.");
        if ((Value & LayoutReserved) != 0)
            problems.Add($"capabilities has reserved bits 0x{Value & LayoutReserved:x} set; bits 13:12, 20 and 55:44 must be 0.");
        return problems;
    }
}
