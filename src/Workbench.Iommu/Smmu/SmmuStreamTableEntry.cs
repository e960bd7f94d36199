using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// Stream table entry (STE), 512 bits: what happens to the traffic of one device. IHI 0070 §5.2 [S]; every position agrees with
/// public headers [L][M]. Bit numbers below are of the 512. Non-secure state; fields of the Secure and Realm states are not named.
/// </summary>
public readonly partial record struct SmmuStreamTableEntry(
    ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0, ulong Word4 = 0, ulong Word5 = 0, ulong Word6 = 0, ulong Word7 = 0)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 8;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 64;

    /// <summary>Whether the entry may be used (V); if not, a transaction ends with C_BAD_STE. Bit 0.</summary>
    public bool IsValid { get => Word0.Bit(0); init => Word0 = Word0.WithBit(0, value); }

    /// <summary>Which stages translate (Config). Bits 3:1. Codes 1 to 3 read as themselves and behave as abort.</summary>
    public SmmuStreamConfig Config { get => (SmmuStreamConfig)Word0.Field(3, 1); init => Word0 = Word0.WithField(3, 1, (ulong)value); }

    /// <summary>Shape of the context table (S1Fmt); ignored if it holds one descriptor. Bits 5:4.</summary>
    public SmmuContextFormat ContextFormat { get => (SmmuContextFormat)Word0.Field(5, 4); init => Word0 = Word0.WithField(5, 4, (ulong)value); }

    /// <summary>Address of the context table or its first level (S1ContextPtr): physical, or intermediate if nested. Bits 55:6.</summary>
    public ulong ContextTable { get => Word0.Address(55, 6); init => Word0 = Word0.WithAddress(55, 6, value); }

    /// <summary>Log2 of the number of context descriptors (S1CDMax), 0 (no substreams) to IDR1.SSIDSIZE. Bits 63:59.</summary>
    public int ContextsLog2 { get => (int)Word0.Field(63, 59); init => Word0 = Word0.WithField(63, 59, unchecked((ulong)value)); }

    /// <summary>What a transaction without SubstreamID gets (S1DSS); matters only with substreams. Bits 65:64.</summary>
    public SmmuDefaultSubstream DefaultSubstream { get => (SmmuDefaultSubstream)Word1.Field(1, 0); init => Word1 = Word1.WithField(1, 0, (ulong)value); }

    /// <summary>Inner cacheability of context fetches (S1CIR): 0 none, 1 write-back, 2 write-through, 3 write-back without allocation. Bits 67:66.</summary>
    public int ContextInnerCacheability { get => (int)Word1.Field(3, 2); init => Word1 = Word1.WithField(3, 2, unchecked((ulong)value)); }

    /// <summary>Outer cacheability of context fetches (S1COR), coded as the inner one. Bits 69:68.</summary>
    public int ContextOuterCacheability { get => (int)Word1.Field(5, 4); init => Word1 = Word1.WithField(5, 4, unchecked((ulong)value)); }

    /// <summary>Shareability of context fetches (S1CSH): 0 none, 2 outer, 3 inner. Bits 71:70.</summary>
    public int ContextShareability { get => (int)Word1.Field(7, 6); init => Word1 = Word1.WithField(7, 6, unchecked((ulong)value)); }

    /// <summary>Log2 of the span of identical neighbours (CONT), a hint to caches. Bits 80:77.</summary>
    public int ContiguousLog2 { get => (int)Word1.Field(16, 13); init => Word1 = Word1.WithField(16, 13, unchecked((ulong)value)); }

    /// <summary>Whether automatic page responses carry the PASID (PPAR). Bit 82.</summary>
    public bool AutoResponseHasPasid { get => Word1.Bit(18); init => Word1 = Word1.WithBit(18, value); }

    /// <summary>Whether similar events may be merged into one (MEV). Bit 83.</summary>
    public bool EventsMayMerge { get => Word1.Bit(19); init => Word1 = Word1.WithBit(19, value); }

    /// <summary>Whether stage 2 forces memory types (S2FWB). Bit 89; needs IDR3.FWB.</summary>
    public bool Stage2ForcesWriteBack { get => Word1.Bit(25); init => Word1 = Word1.WithBit(25, value); }

    /// <summary>Whether context descriptors may not ask for stalls (S1STALLD). Bit 91; legal only where stalling is a choice.</summary>
    public bool Stage1StallIsDisabled { get => Word1.Bit(27); init => Word1 = Word1.WithBit(27, value); }

    /// <summary>Whether the device may use ATS (EATS). Bits 93:92; ignored without IDR0.ATS.</summary>
    public SmmuAtsMode AtsMode { get => (SmmuAtsMode)Word1.Field(29, 28); init => Word1 = Word1.WithField(29, 28, (ulong)value); }

    /// <summary>Exception level of a stage-1-only stream (STRW). Bits 95:94; ignored without IDR0.Hyp and with stage 2.</summary>
    public SmmuStreamWorld StreamWorld { get => (SmmuStreamWorld)Word1.Field(31, 30); init => Word1 = Word1.WithField(31, 30, (ulong)value); }

    /// <summary>Memory type that replaces the incoming one (MemAttr), if <see cref="MemoryTypeIsReplaced"/>. Bits 99:96.</summary>
    public int MemoryAttributes { get => (int)Word1.Field(35, 32); init => Word1 = Word1.WithField(35, 32, unchecked((ulong)value)); }

    /// <summary>Whether the incoming memory type is replaced (MTCFG). Bit 100.</summary>
    public bool MemoryTypeIsReplaced { get => Word1.Bit(36); init => Word1 = Word1.WithBit(36, value); }

    /// <summary>Shareability (SHCFG): 0 none, 1 as incoming, 2 outer, 3 inner. Bits 109:108.</summary>
    public int ShareabilityCode { get => (int)Word1.Field(45, 44); init => Word1 = Word1.WithField(45, 44, unchecked((ulong)value)); }

    /// <summary>Privilege (PRIVCFG): 0 and 1 as incoming, 2 unprivileged, 3 privileged. Bits 113:112.</summary>
    public int PrivilegeCode { get => (int)Word1.Field(49, 48); init => Word1 = Word1.WithField(49, 48, unchecked((ulong)value)); }

    /// <summary>Instruction or data (INSTCFG): 0 and 1 as incoming, 2 data, 3 instruction. Bits 115:114.</summary>
    public int InstructionCode { get => (int)Word1.Field(51, 50); init => Word1 = Word1.WithField(51, 50, unchecked((ulong)value)); }

    /// <summary>Whether traffic is aborted without an event: every code of Config below 4.</summary>
    public bool Aborts => !Word0.Bit(3);

    /// <summary>Whether stage 1 translates.</summary>
    public bool TranslatesStage1 => Config is SmmuStreamConfig.Stage1 or SmmuStreamConfig.Nested;

    /// <summary>Whether stage 2 translates.</summary>
    public bool TranslatesStage2 => Config is SmmuStreamConfig.Stage2 or SmmuStreamConfig.Nested;

    /// <summary>The context table that stage 1 uses; on a part without substreams it holds one descriptor.</summary>
    public SmmuContextTable ContextsOn(SmmuFeatures features) =>
        features.SubstreamIdBits == 0 ? new(ContextTable, 0, SmmuContextFormat.Linear) : new(ContextTable, ContextsLog2, ContextFormat);

    /// <summary>Whether STRW says anything: stage 1 alone translates on a part with both stages and EL2. §5.2.2 [S].</summary>
    public bool UsesStreamWorld(SmmuFeatures features) =>
        features.SupportsStage1 && features.SupportsEl2 && Config == SmmuStreamConfig.Stage1;

    /// <summary>Reads the entry from the first eight words.</summary>
    public static SmmuStreamTableEntry Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "stream table entry");
        return new(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
    }

    /// <summary>Writes the entry to the first eight words, word 0 (with V) last: hardware may fetch the 64 bytes in parts [S §3.21.3].</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "stream table entry");
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
