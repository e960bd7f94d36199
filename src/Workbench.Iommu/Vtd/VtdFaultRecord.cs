using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// A primary fault record, FRCD_REG, 128 bits. VT-d §11.4.14; fields from Linux [L], Intel's datasheets [S*] and, for
/// T2, PRIV, EXE and PP, a public emulator header [M].
/// </summary>
public readonly record struct VtdFaultRecord(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>Address of the 4 KiB page the request fell in (FI). Bits 63:12.</summary>
    public Iova Page { get => new(Word0.PageAddress); init => Word0 = Word0.WithPageAddress(value.Value); }

    /// <summary>The requester (SID). Bits 79:64.</summary>
    public RequesterId SourceId { get => new((ushort)Word1.Field(15, 0)); init => Word1 = Word1.WithField(15, 0, value.Value); }

    /// <summary>What the request wanted: T1 (bit 126) above T2 (bit 92). Older parts have only T1, 0 write and 1 read.</summary>
    public VtdRequestType Type
    {
        get => (VtdRequestType)((Word1.Field(62, 62) << 1) | Word1.Field(28, 28));
        init => Word1 = Word1.WithField(62, 62, (ulong)value >> 1).WithField(28, 28, (ulong)value & 1);
    }

    /// <summary>Whether the request asked for privilege (PRIV). Bit 93.</summary>
    public bool IsPrivileged { get => Word1.Bit(29); init => Word1 = Word1.WithBit(29, value); }

    /// <summary>Whether the request asked for execute permission (EXE). Bit 94.</summary>
    public bool IsExecute { get => Word1.Bit(30); init => Word1 = Word1.WithBit(30, value); }

    /// <summary>Whether the request carried a PASID (PP). Bit 95.</summary>
    public bool HasPasid { get => Word1.Bit(31); init => Word1 = Word1.WithBit(31, value); }

    /// <summary>Why the request failed (FR). Bits 103:96.</summary>
    public VtdFaultReason Reason { get => (VtdFaultReason)Word1.Field(39, 32); init => Word1 = Word1.WithField(39, 32, (ulong)value); }

    /// <summary>The PASID of the request, if it carried one (PV). Bits 123:104.</summary>
    public Pasid Pasid { get => new((uint)Word1.Field(59, 40)); init => Word1 = Word1.WithField(59, 40, value.Value); }

    /// <summary>Address type of the request as PCIe codes it (AT): 0 untranslated, 1 translation request, 2 translated. Bits 125:124.</summary>
    public int AddressType { get => (int)Word1.Field(61, 60); init => Word1 = Word1.WithField(61, 60, (ulong)value); }

    /// <summary>Whether the record holds a fault (F); software writes 1 to free it. Bit 127.</summary>
    public bool IsRecorded { get => Word1.Bit(63); init => Word1 = Word1.WithBit(63, value); }

    /// <summary>Reads the record from the first two words.</summary>
    public static VtdFaultRecord Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "fault record");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the record to the first two words, the one with F last.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "fault record");
        words[0] = Word0;
        words[1] = Word1;
    }
}

/// <summary>What a faulted request wanted, in two bits of its record. [M]</summary>
public enum VtdRequestType : byte
{
    /// <summary>A memory write.</summary>
    Write = 0,
    /// <summary>A page request.</summary>
    PageRequest = 1,
    /// <summary>A memory read.</summary>
    Read = 2,
    /// <summary>An atomic operation.</summary>
    AtomicOperation = 3,
}
