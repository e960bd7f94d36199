using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <summary>A record of the page-request queue, 128 bits; the second word is the body of the PCIe message. RISC-V IOMMU, "Page-Request-Queue" [S]; payload positions also [L].</summary>
public readonly record struct RiscVPageRequest(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>The PASID of the message, if it had one (PID). Bits 31:12.</summary>
    public Pasid ProcessId { get => new((uint)Word0.Field(31, 12)); init => Word0 = Word0.WithField(31, 12, value.Value); }

    /// <summary>Whether the message had a PASID (PV). Bit 32.</summary>
    public bool HasProcessId { get => Word0.Bit(32); init => Word0 = Word0.WithBit(32, value); }

    /// <summary>Whether the message asked for privilege, 0 without PASID (PRIV). Bit 33.</summary>
    public bool IsPrivileged { get => Word0.Bit(33); init => Word0 = Word0.WithBit(33, value); }

    /// <summary>Whether the message asked for execute permission, 0 without PASID (EXEC). Bit 34.</summary>
    public bool IsExecute { get => Word0.Bit(34); init => Word0 = Word0.WithBit(34, value); }

    /// <summary>The device (DID). Bits 63:40.</summary>
    public RiscVDeviceId DeviceId { get => new((uint)Word0.Field(63, 40)); init => Word0 = Word0.WithField(63, 40, value.Value); }

    /// <summary>Whether read permission is wanted (R). Bit 64.</summary>
    public bool WantsRead { get => Word1.Bit(0); init => Word1 = Word1.WithBit(0, value); }

    /// <summary>Whether write permission is wanted (W). Bit 65.</summary>
    public bool WantsWrite { get => Word1.Bit(1); init => Word1 = Word1.WithBit(1, value); }

    /// <summary>Whether this is the last request of its group (L). Bit 66.</summary>
    public bool IsLast { get => Word1.Bit(2); init => Word1 = Word1.WithBit(2, value); }

    /// <summary>The group, 0 to 511. Bits 75:67.</summary>
    public int Group { get => (int)Word1.Field(11, 3); init => Word1 = Word1.WithField(11, 3, (ulong)value); }

    /// <summary>Address of the 4 KiB page that is wanted. Bits 127:76.</summary>
    public Iova Page
    {
        get => new(Word1 & ~RiscVWords.PageOffset);
        init => Word1 = (value.Value & RiscVWords.PageOffset) == 0
            ? (Word1 & RiscVWords.PageOffset) | value.Value
            : throw new ArgumentOutOfRangeException(nameof(value), $"Address {value} is no 4 KiB page.");
    }

    /// <summary>Whether the message is no request but ends the use of a PASID: L without R and W.</summary>
    public bool IsStopMarker => Word1.Field(2, 0) == 4;

    /// <summary>Reads the record from the first two words.</summary>
    public static RiscVPageRequest Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the record to the first two words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request");
        words[0] = Word0;
        words[1] = Word1;
    }
}
