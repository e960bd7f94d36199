namespace Workbench.Iommu.RiscV;

/// <summary>
/// Device context DC: 32 bytes in the base format, 64 in the extended format of parts with MSI_FLAT. RISC-V IOMMU, "Leaf DDT
/// entry" and "Device-context fields" [S]; positions also in the C model [M] and Linux [L]. The base format is the first four words.
/// </summary>
public readonly partial record struct RiscVDeviceContext(
    ulong TranslationControl, ulong SecondStage, ulong Attributes, ulong FirstStage,
    ulong MsiTablePointer = 0, ulong MsiMask = 0, ulong MsiPattern = 0, ulong Reserved = 0)
{
    /// <summary>Size of the base format in 64-bit words.</summary>
    public const int BaseWordCount = 4;
    /// <summary>Size of the extended format in 64-bit words.</summary>
    public const int ExtendedWordCount = 8;
    /// <summary>Size of the base format in bytes.</summary>
    public const int BaseSizeBytes = 32;
    /// <summary>Size of the extended format in bytes.</summary>
    public const int ExtendedSizeBytes = 64;

    /// <summary>Whether the context may be used (V); if not all its other bits belong to software. tc bit 0.</summary>
    public bool IsValid { get => TranslationControl.Bit(0); init => TranslationControl = TranslationControl.WithBit(0, value); }

    /// <summary>Whether the device may use ATS (EN_ATS). tc bit 1; needs capabilities.ATS.</summary>
    public bool AtsIsEnabled { get => TranslationControl.Bit(1); init => TranslationControl = TranslationControl.WithBit(1, value); }

    /// <summary>Whether the device may send page requests (EN_PRI). tc bit 2; needs EN_ATS.</summary>
    public bool PageRequestIsEnabled { get => TranslationControl.Bit(2); init => TranslationControl = TranslationControl.WithBit(2, value); }

    /// <summary>Whether ATS returns guest addresses, and translated requests pass the second stage (T2GPA). tc bit 3; needs EN_ATS and a second stage.</summary>
    public bool AtsReturnsGuestAddress { get => TranslationControl.Bit(3); init => TranslationControl = TranslationControl.WithBit(3, value); }

    /// <summary>Whether faults of the translation go unrecorded (DTF); see <see cref="RiscVFaultCauseExtensions"/>. tc bit 4.</summary>
    public bool FaultsAreSuppressed { get => TranslationControl.Bit(4); init => TranslationControl = TranslationControl.WithBit(4, value); }

    /// <summary>Whether the first stage is found through a process directory (PDTV). tc bit 5.</summary>
    public bool HasProcessDirectory { get => TranslationControl.Bit(5); init => TranslationControl = TranslationControl.WithBit(5, value); }

    /// <summary>Whether page responses of the unit itself repeat the PASID (PRPR). tc bit 6; needs EN_PRI.</summary>
    public bool ResponseHasPasid { get => TranslationControl.Bit(6); init => TranslationControl = TranslationControl.WithBit(6, value); }

    /// <summary>Whether the unit sets A and D in second-stage PTEs; if not a clear bit faults (GADE). tc bit 7; needs capabilities.AMO_HWAD.</summary>
    public bool SecondStageUpdateIsEnabled { get => TranslationControl.Bit(7); init => TranslationControl = TranslationControl.WithBit(7, value); }

    /// <summary>Whether the unit sets A and D in first-stage PTEs; if not a clear bit faults (SADE). tc bit 8; needs capabilities.AMO_HWAD.</summary>
    public bool FirstStageUpdateIsEnabled { get => TranslationControl.Bit(8); init => TranslationControl = TranslationControl.WithBit(8, value); }

    /// <summary>Whether requests without process id use that of 0 (DPE). tc bit 9; needs PDTV.</summary>
    public bool DefaultProcessIsEnabled { get => TranslationControl.Bit(9); init => TranslationControl = TranslationControl.WithBit(9, value); }

    /// <summary>Whether process directories and first-stage PTEs are big-endian (SBE). tc bit 10.</summary>
    public bool IsBigEndian { get => TranslationControl.Bit(10); init => TranslationControl = TranslationControl.WithBit(10, value); }

    /// <summary>Whether first-stage tables are those of 32-bit processes (SXL). tc bit 11.</summary>
    public bool Is32Bit { get => TranslationControl.Bit(11); init => TranslationControl = TranslationControl.WithBit(11, value); }

    /// <summary>Bits that an implementation may use as it likes; ignored. tc bits 31:24.</summary>
    public byte CustomBits { get => (byte)TranslationControl.Field(31, 24); init => TranslationControl = TranslationControl.WithField(31, 24, value); }

    /// <summary>Root of the second stage, 16 KiB aligned if there is one. iohgatp bits 43:0 (PPN).</summary>
    public Spa SecondStageTable { get => new(SecondStage.RootAddress); init => SecondStage = SecondStage.WithRootAddress(value.Value); }

    /// <summary>The tag of the guest's translations, 16 bits (GSCID). iohgatp bits 59:44.</summary>
    public ushort Gscid { get => (ushort)SecondStage.Field(59, 44); init => SecondStage = SecondStage.WithField(59, 44, value); }

    /// <summary>Scheme of the second stage. iohgatp bits 63:60 (MODE).</summary>
    public RiscVSecondStageMode SecondStageMode { get => (RiscVSecondStageMode)SecondStage.Field(63, 60); init => SecondStage = SecondStage.WithField(63, 60, (ulong)value); }

    /// <summary>The tag of the process's translations without PDTV, 20 bits (PSCID). ta bits 31:12.</summary>
    public uint Pscid { get => (uint)Attributes.Field(31, 12); init => Attributes = Attributes.WithField(31, 12, value); }

    /// <summary>Resource control id, 12 bits (RCID). ta bits 51:40; needs capabilities.QOSID.</summary>
    public int Rcid { get => (int)Attributes.Field(51, 40); init => Attributes = Attributes.WithField(51, 40, (ulong)value); }

    /// <summary>Monitoring counter id, 12 bits (MCID). ta bits 63:52; needs capabilities.QOSID.</summary>
    public int Mcid { get => (int)Attributes.Field(63, 52); init => Attributes = Attributes.WithField(63, 52, (ulong)value); }

    /// <summary>Without PDTV: root of the first stage, a guest address if there is a second stage. fsc bits 43:0 (iosatp.PPN).</summary>
    public ulong FirstStageTable { get => FirstStage.RootAddress; init => FirstStage = FirstStage.WithRootAddress(value); }

    /// <summary>Without PDTV: scheme of the first stage. fsc bits 63:60 (iosatp.MODE).</summary>
    public RiscVFirstStageMode FirstStageMode { get => (RiscVFirstStageMode)FirstStage.Field(63, 60); init => FirstStage = FirstStage.WithField(63, 60, (ulong)value); }

    /// <summary>With PDTV: root of the process directory, a guest address if there is a second stage. fsc bits 43:0 (pdtp.PPN).</summary>
    public ulong ProcessDirectory { get => FirstStage.RootAddress; init => FirstStage = FirstStage.WithRootAddress(value); }

    /// <summary>With PDTV: depth of the process directory. fsc bits 63:60 (pdtp.MODE).</summary>
    public RiscVProcessDirectoryMode ProcessDirectoryMode { get => (RiscVProcessDirectoryMode)FirstStage.Field(63, 60); init => FirstStage = FirstStage.WithField(63, 60, (ulong)value); }

    /// <summary>Root of the MSI page table. msiptp bits 43:0 (PPN). Not acted upon.</summary>
    public Spa MsiTable { get => new(MsiTablePointer.RootAddress); init => MsiTablePointer = MsiTablePointer.WithRootAddress(value.Value); }

    /// <summary>Whether there is an MSI page table. msiptp bits 63:60 (MODE). Not acted upon.</summary>
    public RiscVMsiTableMode MsiTableMode { get => (RiscVMsiTableMode)MsiTablePointer.Field(63, 60); init => MsiTablePointer = MsiTablePointer.WithField(63, 60, (ulong)value); }

    /// <summary>Bits of a guest page number that tell interrupt files apart, 52 bits. msi_addr_mask bits 51:0. Not acted upon.</summary>
    public ulong MsiAddressMask { get => MsiMask.Field(51, 0); init => MsiMask = MsiMask.WithField(51, 0, value); }

    /// <summary>The guest page number of the interrupt files in all other bits, 52 bits. msi_addr_pattern bits 51:0. Not acted upon.</summary>
    public ulong MsiAddressPattern { get => MsiPattern.Field(51, 0); init => MsiPattern = MsiPattern.WithField(51, 0, value); }

    /// <summary>Whether there is a second stage: its mode is not Bare.</summary>
    public bool HasSecondStage => SecondStageMode != RiscVSecondStageMode.Bare;

    /// <summary>Reads a context from exactly 4 words (base format) or 8 words (extended format), without judging it.</summary>
    public static RiscVDeviceContext Read(ReadOnlySpan<ulong> words) => words.Length switch
    {
        BaseWordCount => new(words[0], words[1], words[2], words[3]),
        ExtendedWordCount => new(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]),
        _ => throw WrongLength(words.Length),
    };

    /// <summary>Writes the context to exactly 4 words (base format) or 8 words (extended format), the one with V last.</summary>
    public void Write(Span<ulong> words)
    {
        if (words.Length is not (BaseWordCount or ExtendedWordCount))
            throw WrongLength(words.Length);
        if (words.Length == ExtendedWordCount)
        {
            words[4] = MsiTablePointer;
            words[5] = MsiMask;
            words[6] = MsiPattern;
            words[7] = Reserved;
        }
        words[1] = SecondStage;
        words[2] = Attributes;
        words[3] = FirstStage;
        words[0] = TranslationControl;
    }

    private static ArgumentException WrongLength(int length) =>
        new($"{length} words given; a device context has {BaseWordCount} words of 64 bits, or {ExtendedWordCount} on a part with MSI_FLAT.");
}
