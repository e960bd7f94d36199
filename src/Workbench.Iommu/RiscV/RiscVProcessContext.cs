using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <summary>Process context PC, 128 bits: the first stage of one process. RISC-V IOMMU, "Leaf PDT entry" and "Process-context fields" [S][M][L].</summary>
public readonly record struct RiscVProcessContext(ulong Attributes, ulong FirstStage)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;
    /// <summary>Contexts in one 4 KiB leaf table.</summary>
    public const int EntriesPerTable = 256;

    private const ulong AttributesReserved = 0xFFFF_FFFF_0000_0FF8;
    private const ulong PointerReserved = 0x0FFF_F000_0000_0000;

    /// <summary>Whether the context may be used (V); if not all its other bits belong to software. ta bit 0.</summary>
    public bool IsValid { get => Attributes.Bit(0); init => Attributes = Attributes.WithBit(0, value); }

    /// <summary>Whether requests may ask for supervisor privilege (ENS). ta bit 1.</summary>
    public bool SupervisorIsEnabled { get => Attributes.Bit(1); init => Attributes = Attributes.WithBit(1, value); }

    /// <summary>Whether supervisor requests may read and write user pages (SUM); means nothing without ENS. ta bit 2.</summary>
    public bool SupervisorMayAccessUser { get => Attributes.Bit(2); init => Attributes = Attributes.WithBit(2, value); }

    /// <summary>The tag of the process's translations, 20 bits (PSCID). ta bits 31:12.</summary>
    public uint Pscid { get => (uint)Attributes.Field(31, 12); init => Attributes = Attributes.WithField(31, 12, value); }

    /// <summary>Root of the first stage, a guest address if the device has a second stage. fsc bits 43:0 (PPN).</summary>
    public ulong FirstStageTable { get => FirstStage.RootAddress; init => FirstStage = FirstStage.WithRootAddress(value); }

    /// <summary>Scheme of the first stage. fsc bits 63:60 (MODE).</summary>
    public RiscVFirstStageMode FirstStageMode { get => (RiscVFirstStageMode)FirstStage.Field(63, 60); init => FirstStage = FirstStage.WithField(63, 60, (ulong)value); }

    /// <summary>Reads the context from the first two words, without judging it.</summary>
    public static RiscVProcessContext Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "process context");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the context to the first two words, the one with V last.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "process context");
        words[1] = FirstStage;
        words[0] = Attributes;
    }

    /// <summary>
    /// The first rule that the context breaks, with SXL of its device context (<paramref name="is32Bit"/>); matters only if it is
    /// valid. RISC-V IOMMU, "Process-context configuration checks" [S].
    /// </summary>
    public RiscVContextError Check(RiscVCapabilities capabilities, bool is32Bit = false)
    {
        if (((Attributes & AttributesReserved) | (FirstStage & PointerReserved)) != 0) return RiscVContextError.ReservedBits;
        return capabilities.Supports(FirstStageMode, is32Bit) ? RiscVContextError.None : RiscVContextError.FirstStageModeUnsupported;
    }
}
