using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// One entry of the invalidation queue: 128 bits wide, or 256 with the upper half zero when scalable mode is on.
/// VT-d §6.5.2; fields from Linux [L] and a public emulator header [M]. A property has a meaning only for the types it names.
/// </summary>
public readonly partial record struct VtdDescriptor(ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0)
{
    /// <summary>Size in 64-bit words of the 128-bit width (IQA_REG.DW = 0).</summary>
    public const int NarrowWordCount = 2;
    /// <summary>Size in 64-bit words of the 256-bit width (IQA_REG.DW = 1).</summary>
    public const int WideWordCount = 4;
    /// <summary>Size in bytes of the 128-bit width.</summary>
    public const int NarrowSizeBytes = 16;
    /// <summary>Size in bytes of the 256-bit width.</summary>
    public const int WideSizeBytes = 32;

    /// <summary>What the descriptor asks for: bits 11:9 above bits 3:0. May be a number that is no type.</summary>
    public VtdDescriptorType Type => (VtdDescriptorType)((Word0.Field(11, 9) << 4) | Word0.Field(3, 0));

    /// <summary>The granularity field, bits 5:4, which each invalidation type reads in its own way.</summary>
    public int GranularityCode => (int)Word0.Field(5, 4);

    /// <summary>Granularity of a context-cache descriptor.</summary>
    public VtdContextGranularity ContextGranularity => (VtdContextGranularity)GranularityCode;

    /// <summary>Granularity of an IOTLB descriptor.</summary>
    public VtdIotlbGranularity IotlbGranularity => (VtdIotlbGranularity)GranularityCode;

    /// <summary>Granularity of a PASID-based IOTLB descriptor.</summary>
    public VtdPasidIotlbGranularity PasidIotlbGranularity => (VtdPasidIotlbGranularity)GranularityCode;

    /// <summary>Granularity of a PASID-cache descriptor.</summary>
    public VtdPasidCacheGranularity PasidCacheGranularity => (VtdPasidCacheGranularity)GranularityCode;

    /// <summary>Whether an IOTLB descriptor waits for writes in flight (DW). Bit 6; version 2 hardware waits in any case [S*].</summary>
    public bool DrainsWrites => Word0.Bit(6);

    /// <summary>Whether an IOTLB descriptor waits for reads in flight (DR). Bit 7; version 2 hardware waits in any case [S*].</summary>
    public bool DrainsReads => Word0.Bit(7);

    /// <summary>Domain of a context-cache, IOTLB, PASID-based IOTLB or PASID-cache descriptor (DID). Bits 31:16.</summary>
    public DomainId DomainId => new((ushort)Word0.Field(31, 16));

    /// <summary>Requester of a context-cache or device-TLB descriptor (bits 47:32), or PASID-based device-TLB descriptor (bits 31:16).</summary>
    public RequesterId SourceId =>
        new((ushort)(Type == VtdDescriptorType.PasidDeviceTlb ? Word0.Field(31, 16) : Word0.Field(47, 32)));

    /// <summary>Function mask of a context-cache descriptor (FM): 0 to 3 ignore none, 1, 2 or 3 low function bits. Bits 49:48.</summary>
    public int FunctionMask => (int)Word0.Field(49, 48);

    /// <summary>PASID of a PASID-based descriptor, types 6 to 8, or of a page-group response. Bits 51:32.</summary>
    public Pasid Pasid => new((uint)Word0.Field(51, 32));

    /// <summary>Address mask of an IOTLB or PASID-based IOTLB descriptor (AM): log2 of the 4 KiB pages. Bits 69:64.</summary>
    public int AddressMask => (int)Word1.Field(5, 0);

    /// <summary>Whether only leaf entries changed, so paging-structure caches may stay (IH). Bit 70. [S*]</summary>
    public bool IsLeafOnly => Word1.Bit(6);

    /// <summary>Address of an IOTLB, PASID-based IOTLB or device-TLB descriptor, still with any size code. Bits 127:76.</summary>
    public ulong Address => Word1.PageAddress;

    /// <summary>The range of an IOTLB or PASID-based IOTLB descriptor; address bits under the mask are dropped, masks above 52 mean everything.</summary>
    public AlignedRange Range
    {
        get
        {
            int addressMask = Math.Min(AddressMask, AlignedRange.MaximumAddressMask);
            return new(Address & ~Bits.Mask(12 + addressMask), addressMask);
        }
    }

    /// <summary>Address and size flag of a device-TLB descriptor (S is bit 64) or PASID-based device-TLB descriptor (S is bit 75).</summary>
    public AtsAddress DeviceTlbAddress =>
        new(Word1.PageAddress, Word1.Bit(Type == VtdDescriptorType.PasidDeviceTlb ? 11 : 0));

    /// <summary>Whether a PASID-based device-TLB descriptor drops the address for every PASID (G). Bit 64.</summary>
    public bool IsForEveryPasid => Word1.Bit(0);

    /// <summary>How many invalidations may be pending at the device (MIP): bits 20:16 of device-TLB, 8:4 of PASID-based device-TLB.</summary>
    public int MaximumPending =>
        (int)(Type == VtdDescriptorType.PasidDeviceTlb ? Word0.Field(8, 4) : Word0.Field(20, 16));

    /// <summary>Requester that a page-group response answers. Bits 31:16.</summary>
    public RequesterId AnsweredId => new((ushort)Word0.Field(31, 16));

    /// <summary>Whether the answered request carried a PASID. Bit 4 of a page-group response.</summary>
    public bool AnswersPasid => Word0.Bit(4);

    /// <summary>Answer of a page-group response: 0 success, 1 invalid request, 15 failure. Bits 15:12.</summary>
    public int ResponseCode => (int)Word0.Field(15, 12);

    /// <summary>Page request group of a page-group response (PRG index). Bits 75:67.</summary>
    public int PageRequestGroup => (int)Word1.Field(11, 3);

    /// <summary>Physical function whose queue the device-TLB types use (PFSID): bits 63:52 above bits 15:12.</summary>
    public RequesterId PhysicalFunction => new((ushort)((Word0.Field(63, 52) << 4) | Word0.Field(15, 12)));

    /// <summary>Whether a wait raises the completion interrupt (IF). Bit 4.</summary>
    public bool RaisesInterrupt => Word0.Bit(4);

    /// <summary>Whether a wait writes its status (SW). Bit 5.</summary>
    public bool WritesStatus => Word0.Bit(5);

    /// <summary>Whether descriptors after a wait start only when it is done (FN). Bit 6.</summary>
    public bool IsFence => Word0.Bit(6);

    /// <summary>Whether a wait drains page requests (PD). Bit 7; needs ECAP.PDS.</summary>
    public bool DrainsPageRequests => Word0.Bit(7);

    /// <summary>What a wait writes (STDATA). Bits 63:32.</summary>
    public uint StatusData => (uint)Word0.Field(63, 32);

    /// <summary>Where a wait writes, 4-byte aligned (STADDR). Bits 127:66.</summary>
    public Spa StatusAddress => new(Word1 & ~3UL);

    /// <summary>Reads a descriptor from exactly 2 words (128-bit width) or 4 words (256-bit width), without judging it.</summary>
    public static VtdDescriptor Read(ReadOnlySpan<ulong> words) => words.Length switch
    {
        NarrowWordCount => new(words[0], words[1]),
        WideWordCount => new(words[0], words[1], words[2], words[3]),
        _ => throw new ArgumentException($"{words.Length} words given; a descriptor has {NarrowWordCount} words or, in scalable mode, {WideWordCount}.", nameof(words)),
    };

    /// <summary>Writes the descriptor to exactly 2 or 4 words; 2 words only if the upper half is zero.</summary>
    public void Write(Span<ulong> words)
    {
        if (words.Length is not (NarrowWordCount or WideWordCount))
            throw new ArgumentException($"{words.Length} words given; a descriptor has {NarrowWordCount} words or, in scalable mode, {WideWordCount}.", nameof(words));
        words[0] = Word0;
        words[1] = Word1;
        if (words.Length == WideWordCount)
        {
            words[2] = Word2;
            words[3] = Word3;
        }
        else if ((Word2 | Word3) != 0)
        {
            throw new ArgumentException("The descriptor's upper half is not zero; it needs 4 words.", nameof(words));
        }
    }
}
