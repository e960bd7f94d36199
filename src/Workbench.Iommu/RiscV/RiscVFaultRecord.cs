using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <summary>A record of the fault queue, 256 bits. RISC-V IOMMU, "Fault/Event-Queue" [S][M][L].</summary>
public readonly record struct RiscVFaultRecord(ulong Word0, ulong Word1, ulong Word2, ulong Word3)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 4;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 32;

    /// <summary>Why (CAUSE). Bits 11:0; may be a number that is no cause.</summary>
    public RiscVFaultCause Cause { get => (RiscVFaultCause)Word0.Field(11, 0); init => Word0 = Word0.WithField(11, 0, (ulong)value); }

    /// <summary>The process id of the request, 0 without PV (PID). Bits 31:12.</summary>
    public Pasid ProcessId { get => new((uint)Word0.Field(31, 12)); init => Word0 = Word0.WithField(31, 12, value.Value); }

    /// <summary>Whether the request carried a process id (PV). Bit 32.</summary>
    public bool HasProcessId { get => Word0.Bit(32); init => Word0 = Word0.WithBit(32, value); }

    /// <summary>Whether the request asked for supervisor privilege, 0 without PV (PRIV). Bit 33.</summary>
    public bool IsPrivileged { get => Word0.Bit(33); init => Word0 = Word0.WithBit(33, value); }

    /// <summary>What kind of request it was (TTYP). Bits 39:34; may be a number that is no type.</summary>
    public RiscVTransactionType TransactionType { get => (RiscVTransactionType)Word0.Field(39, 34); init => Word0 = Word0.WithField(39, 34, (ulong)value); }

    /// <summary>The device (DID). Bits 63:40.</summary>
    public RiscVDeviceId DeviceId { get => new((uint)Word0.Field(63, 40)); init => Word0 = Word0.WithField(63, 40, value.Value); }

    /// <summary>Bits that an implementation may use as it likes. Bits 95:64; 127:96 are reserved.</summary>
    public uint CustomBits { get => (uint)Word1.Field(31, 0); init => Word1 = Word1.WithField(31, 0, value); }

    /// <summary>Address of the request in bytes, whose page offset a unit may leave 0; a message has its code here (iotval). Bits 191:128.</summary>
    public Iova Address { get => new(Word2); init => Word2 = value.Value; }

    /// <summary>Guest-physical address that the second stage refused, a multiple of 4 bytes; only for guest page faults (iotval2). Bits 255:194.</summary>
    public Gpa GuestAddress
    {
        get => new(Word3 & ~3UL);
        init => Word3 = (value.Value & 3) == 0
            ? (Word3 & 3) | value.Value
            : throw new ArgumentOutOfRangeException(nameof(value), $"Guest address {value} is no multiple of 4 bytes; iotval2 has no bits below 2 of it.");
    }

    /// <summary>Whether the second stage refused an access of the unit itself for the first stage, not that of the device. Bit 192.</summary>
    public bool IsImplicit { get => Word3.Bit(0); init => Word3 = Word3.WithBit(0, value); }

    /// <summary>Whether that access was a write: an A or D bit of a first-stage PTE. Bit 193; 0 without bit 192.</summary>
    public bool IsImplicitWrite { get => Word3.Bit(1); init => Word3 = Word3.WithBit(1, value); }

    /// <summary>Reads the record from the first four words.</summary>
    public static RiscVFaultRecord Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "fault record");
        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Writes the record to the first four words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "fault record");
        words[0] = Word0;
        words[1] = Word1;
        words[2] = Word2;
        words[3] = Word3;
    }
}
