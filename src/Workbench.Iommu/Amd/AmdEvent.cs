using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>
/// Event log entry, 128 bits. AMD IOMMU §2.5; positions agree between the headers of a kernel and an emulator [M], the
/// code, device, domain, address, I and RW also with Linux [L]. A property has a meaning only for the codes it names.
/// </summary>
public readonly record struct AmdEvent(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>What the entry reports. Bits 63:60; 0 in a slot that was not written yet.</summary>
    public AmdEventCode Code { get => (AmdEventCode)Word0.Field(63, 60); init => Word0 = Word0.WithField(63, 60, (ulong)value); }

    /// <summary>The device; of every code but 5, 6 and 10. Bits 15:0.</summary>
    public RequesterId DeviceId { get => new((ushort)Word0.Field(15, 0)); init => Word0 = Word0.WithField(15, 0, value.Value); }

    /// <summary>The domain, if not <see cref="IsGuest"/>; of codes 2 and 4. Bits 47:32, where the low PASID bits are otherwise.</summary>
    public DomainId DomainId { get => new((ushort)Word0.Field(47, 32)); init => Word0 = Word0.WithField(47, 32, value.Value); }

    /// <summary>The PASID, if <see cref="IsGuest"/>; of codes 1, 2 and 8. Bits 19:16 above bits 47:32.</summary>
    public Pasid Pasid
    {
        get => new((uint)((Word0.Field(19, 16) << 16) | Word0.Field(47, 32)));
        init => Word0 = Word0.WithField(19, 16, value.Value >> 16).WithField(47, 32, value.Value & 0xFFFF);
    }

    /// <summary>Whether the address is guest-virtual and bits 47:32 belong to a PASID (GN); of codes 1, 2, 4 and 8. Bit 48.</summary>
    public bool IsGuest { get => Word0.Bit(48); init => Word0 = Word0.WithBit(48, value); }

    /// <summary>Whether the page may not be executed (NX); of code 2. Bit 49.</summary>
    public bool IsNoExecute { get => Word0.Bit(49); init => Word0 = Word0.WithBit(49, value); }

    /// <summary>Whether the request asked for user, not supervisor, privilege (US); of code 2. Bit 50.</summary>
    public bool IsUser { get => Word0.Bit(50); init => Word0 = Word0.WithBit(50, value); }

    /// <summary>Whether the request was an interrupt, not a memory access (I); of codes 1 to 4. Bit 51.</summary>
    public bool IsInterrupt { get => Word0.Bit(51); init => Word0 = Word0.WithBit(51, value); }

    /// <summary>Whether the page was present (PR); of code 2. Bit 52.</summary>
    public bool IsPresent { get => Word0.Bit(52); init => Word0 = Word0.WithBit(52, value); }

    /// <summary>Whether the request was a write (RW); of codes 1 to 4, in code 2 meant only with PR = 1, TR = 0 and I = 0 [R]. Bit 53.</summary>
    public bool IsWrite { get => Word0.Bit(53); init => Word0 = Word0.WithBit(53, value); }

    /// <summary>Whether permission was missing (PE); of code 2. Bit 54.</summary>
    public bool IsPermissionDenied { get => Word0.Bit(54); init => Word0 = Word0.WithBit(54, value); }

    /// <summary>Whether the entry had a reserved bit or an illegal level (RZ); of codes 1 and 2. Bit 55.</summary>
    public bool HasReservedBits { get => Word0.Bit(55); init => Word0 = Word0.WithBit(55, value); }

    /// <summary>Whether the request was an ATS translation request (TR); of codes 1 to 4 and 8. Bit 56.</summary>
    public bool IsTranslationRequest { get => Word0.Bit(56); init => Word0 = Word0.WithBit(56, value); }

    /// <summary>Kind of a hardware error, 0 to 3; of codes 3, 4 and 6. Bits 58:57; what the numbers mean was not read.</summary>
    public int HardwareErrorType { get => (int)Word0.Field(58, 57); init => Word0 = Word0.WithField(58, 57, (ulong)value); }

    /// <summary>Kind of an invalid request, 0 to 7; of code 8. Bits 59:57; what the numbers mean was not read.</summary>
    public int InvalidRequestType { get => (int)Word0.Field(59, 57); init => Word0 = Word0.WithField(59, 57, (ulong)value); }

    /// <summary>
    /// Bits 127:64: the device's address of codes 1 (4-byte aligned), 2 and 8, or the system-physical address of the table
    /// entry (3, 4) or command (5 to 7), 16-byte aligned.
    /// </summary>
    public ulong Address { get => Word1; init => Word1 = value; }

    /// <summary>Reads the entry from the first two words.</summary>
    public static AmdEvent Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "event log entry");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the entry to the first two words, the one with the code last: software polls it [L].</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "event log entry");
        words[1] = Word1;
        words[0] = Word0;
    }
}
