using System.Numerics;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>
/// One entry of the command buffer, 128 bits. AMD IOMMU §2.4; fields from Linux [L] and the headers of another kernel and
/// an emulator [M]. A property has a meaning only for the opcodes it names.
/// </summary>
public readonly partial record struct AmdCommand(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;
    /// <summary>The largest range below the whole address space that Linux asks for, as a power of two of bytes [L].</summary>
    public const int LargestUsualRangeLog2 = 52;
    /// <summary>The size code of the whole address space, as a power of two of bytes.</summary>
    public const int WholeSpaceLog2 = 64;

    private const int PageLog2 = 12;

    /// <summary>What the command asks for. Bits 63:60; may be a number that is no opcode.</summary>
    public AmdCommandOpcode Opcode => (AmdCommandOpcode)Word0.Field(63, 60);

    /// <summary>Whether a completion wait stores its data (S). Bit 0.</summary>
    public bool StoresData => Word0.Bit(0);

    /// <summary>Whether a completion wait raises the completion interrupt (I). Bit 1.</summary>
    public bool RaisesInterrupt => Word0.Bit(1);

    /// <summary>Whether commands after a completion wait start only when it is done (F). Bit 2; the meaning is [R].</summary>
    public bool IsFence => Word0.Bit(2);

    /// <summary>Where a completion wait stores, 8-byte aligned. Bits 51:3.</summary>
    public Spa StoreAddress => new(Word0 & 0x000F_FFFF_FFFF_FFF8);

    /// <summary>What a completion wait stores. Bits 127:64.</summary>
    public ulong StoreData => Word1;

    /// <summary>Device of a device-table, device-TLB, interrupt-table or page-request command (DeviceID). Bits 15:0.</summary>
    public RequesterId DeviceId => new((ushort)Word0.Field(15, 0));

    /// <summary>Domain of a page invalidation (DomainID). Bits 47:32.</summary>
    public DomainId DomainId => new((ushort)Word0.Field(47, 32));

    /// <summary>
    /// PASID, used if <see cref="IsGuest"/>: bits 19:0 of a page invalidation, bits 51:32 of a page-request completion; of a
    /// device-TLB invalidation in pieces, 55:48 hold 7:0, 23:16 hold 15:8, 59:56 hold 19:16. 0 for other opcodes.
    /// </summary>
    public Pasid Pasid => Opcode switch
    {
        AmdCommandOpcode.InvalidatePages => new((uint)Word0.Field(19, 0)),
        AmdCommandOpcode.InvalidateDeviceTlb => new((uint)(Word0.Field(55, 48) | (Word0.Field(23, 16) << 8) | (Word0.Field(59, 56) << 16))),
        AmdCommandOpcode.CompletePageRequest => new((uint)Word0.Field(51, 32)),
        _ => default,
    };

    /// <summary>How many invalidations may be pending at the device (Maxpend), 0 to 255. Bits 31:24 of a device-TLB invalidation.</summary>
    public int MaximumPending => (int)Word0.Field(31, 24);

    /// <summary>Number that groups the pending invalidations of one device (QueueID). Bits 47:32 of a device-TLB invalidation.</summary>
    public ushort QueueId => (ushort)Word0.Field(47, 32);

    /// <summary>Whether an invalidation covers more than one 4 KiB page (S). Bit 64.</summary>
    public bool HasSize => Word1.Bit(0);

    /// <summary>Whether a page invalidation also drops cached table entries above the leaf (PDE). Bit 65.</summary>
    public bool IncludesTableEntries => Word1.Bit(1);

    /// <summary>Whether the address is guest-virtual and the PASID counts (GN). Bit 66 of an invalidation or page-request completion.</summary>
    public bool IsGuest => Word1.Bit(2);

    /// <summary>Type of a device-TLB invalidation, reserved without EFR.InvIotlbTypeSup. Bits 69:68.</summary>
    public int DeviceTlbInvalidationType => (int)Word1.Field(5, 4);

    /// <summary>The address field of an invalidation, with the size code in its low bits if <see cref="HasSize"/>. Bits 127:76.</summary>
    public ulong Address => Word1 & ~Bits.Mask(PageLog2);

    /// <summary>
    /// Size of an invalidation as a power of two of bytes, 12 to 64: with n ones from bit 12 of the address up, 13 + n. The
    /// reserved code of all ones reads as 64 too.
    /// </summary>
    public int SizeLog2 => HasSize ? Math.Min(PageLog2 + 1 + BitOperations.TrailingZeroCount(~(Word1 >> PageLog2)), WholeSpaceLog2) : PageLog2;

    /// <summary>Address of the first byte that an invalidation covers.</summary>
    public ulong FirstByte => Address & ~Bits.Mask(SizeLog2);

    /// <summary>Address of the last byte that an invalidation covers; exists even where first byte plus size does not fit 64 bits.</summary>
    public ulong LastByte => FirstByte | Bits.Mask(SizeLog2);

    /// <summary>Whether an invalidation covers every address: 0x7ffffffffffff000 with S.</summary>
    public bool CoversEverything => SizeLog2 == WholeSpaceLog2;

    /// <summary>The group that a page-request completion answers, 0 to 511. Bits 104:96.</summary>
    public int PageRequestGroup => (int)Word1.Field(40, 32);

    /// <summary>What a page-request completion tells the device. Bits 111:108; may be a number that is no answer.</summary>
    public AmdPageResponse PageResponse => (AmdPageResponse)Word1.Field(47, 44);

    /// <summary>The smallest size, 12 to 64, of an aligned range that holds both bytes and everything between.</summary>
    public static int EnclosingSizeLog2(ulong firstByte, ulong lastByte)
    {
        if (firstByte > lastByte)
            throw new ArgumentOutOfRangeException(nameof(lastByte), $"Last byte 0x{lastByte:x} lies before first byte 0x{firstByte:x}; an empty range is not invalidated at all.");
        return Math.Max(PageLog2, 64 - BitOperations.LeadingZeroCount(firstByte ^ lastByte));
    }

    /// <summary>Reads a command from the first two words, without judging it.</summary>
    public static AmdCommand Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "command");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the command to the first two words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "command");
        words[0] = Word0;
        words[1] = Word1;
    }
}
