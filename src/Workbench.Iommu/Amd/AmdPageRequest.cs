using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>
/// Peripheral page request log entry, 128 bits. AMD IOMMU §2.6 [R]; every position from Linux only [L].
/// </summary>
public readonly record struct AmdPageRequest(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;
    /// <summary>The one value of <see cref="Code"/> that Linux knows: a page is asked for.</summary>
    public const int PageServiceRequest = 1;

    /// <summary>What the entry is, 1 for a page request, 0 in a slot that was not written yet. Bits 63:60.</summary>
    public int Code { get => (int)Word0.Field(63, 60); init => Word0 = Word0.WithField(63, 60, (ulong)value); }

    /// <summary>The device. Bits 15:0.</summary>
    public RequesterId DeviceId { get => new((ushort)Word0.Field(15, 0)); init => Word0 = Word0.WithField(15, 0, value.Value); }

    /// <summary>The PASID, if <see cref="IsGuest"/>. Bits 45:42 above bits 31:16.</summary>
    public Pasid Pasid
    {
        get => new((uint)((Word0.Field(45, 42) << 16) | Word0.Field(31, 16)));
        init => Word0 = Word0.WithField(45, 42, value.Value >> 16).WithField(31, 16, value.Value & 0xFFFF);
    }

    /// <summary>The page request group, 0 to 511, that the answer names. Bits 40:32.</summary>
    public int Group { get => (int)Word0.Field(40, 32); init => Word0 = Word0.WithField(40, 32, (ulong)value); }

    /// <summary>Whether this is the last request of its group, which software must answer. Bit 41.</summary>
    public bool IsLastOfGroup { get => Word0.Bit(41); init => Word0 = Word0.WithBit(41, value); }

    /// <summary>Whether the device wants to execute. Bit 49.</summary>
    public bool WantsExecute { get => Word0.Bit(49); init => Word0 = Word0.WithBit(49, value); }

    /// <summary>Whether the device wants to read. Bit 50.</summary>
    public bool WantsRead { get => Word0.Bit(50); init => Word0 = Word0.WithBit(50, value); }

    /// <summary>Whether the device wants to write. Bit 53.</summary>
    public bool WantsWrite { get => Word0.Bit(53); init => Word0 = Word0.WithBit(53, value); }

    /// <summary>Whether the request is for user, not supervisor, privilege (US). Bit 54.</summary>
    public bool IsUser { get => Word0.Bit(54); init => Word0 = Word0.WithBit(54, value); }

    /// <summary>Whether the request had a reserved bit set and must not be served (RZ). Bit 55.</summary>
    public bool HasReservedBits { get => Word0.Bit(55); init => Word0 = Word0.WithBit(55, value); }

    /// <summary>Whether the address is guest-virtual and the PASID counts (GN). Bit 56.</summary>
    public bool IsGuest { get => Word0.Bit(56); init => Word0 = Word0.WithBit(56, value); }

    /// <summary>Address of the 4 KiB page that is asked for. Bits 127:76; Linux ignores the bits below.</summary>
    public Iova Page
    {
        get => new(Word1 & ~Bits.Mask(12));
        init => Word1 = (value.Value & Bits.Mask(12)) == 0
            ? Word1.WithField(63, 12, value.Value >> 12)
            : throw new ArgumentOutOfRangeException(nameof(value), $"Address {value} has bits below 12 set; a page request names a 4 KiB page.");
    }

    /// <summary>Reads the entry from the first two words.</summary>
    public static AmdPageRequest Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request log entry");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the entry to the first two words, the one with the code last: software polls it [L].</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request log entry");
        words[1] = Word1;
        words[0] = Word0;
    }
}
