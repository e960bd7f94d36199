namespace Workbench.Iommu.Vtd;

/// <content>What hardware checks before it executes a descriptor.</content>
public readonly partial record struct VtdDescriptor
{
    // Reserved bits of word 0 and word 1 by type [M]; the IOTLB masks also from a second emulator.
    private const ulong ContextCacheReserved0 = 0xFFFC_0000_0000_F1C0;
    private const ulong IotlbReserved0 = 0xFFFF_FFFF_0000_F100;
    private const ulong RangeReserved1 = 0xF80;
    private const ulong DeviceTlbReserved0 = 0x000F_0000_FFE0_01F0;
    private const ulong DeviceTlbReserved1 = 0xFFE;
    private const ulong InterruptEntryReserved0 = 0xFFFF_0000_07FF_F1E0;
    private const ulong WaitReserved0 = 0xFFFF_F100;
    private const ulong WaitReserved1 = 0x3;
    private const ulong PasidReserved0 = 0xFFF0_0000_0000_F1C0;
    private const ulong PasidDeviceTlbReserved1 = 0x7FE;
    // From the fields that are known [I]; the last-page flag (bit 66) of older revisions is let pass.
    private const ulong PageGroupReserved0 = 0xFFF0_0000_0000_01E0;
    private const ulong PageGroupReserved1 = 0xFFFF_FFFF_FFFF_F003;

    /// <summary>
    /// Reads a descriptor from 2 words (128-bit width) or 4 words (256-bit width) and checks it. False leaves the words
    /// readable in <paramref name="descriptor"/> and says why in <paramref name="reason"/>; true gives an empty reason.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<ulong> words, VtdCapability capability, VtdExtendedCapability extended, out VtdDescriptor descriptor, out string reason)
    {
        descriptor = Read(words);
        VtdDescriptorError error = descriptor.Check(capability, extended, isWide: words.Length == WideWordCount);
        reason = descriptor.Describe(error, capability);
        return error == VtdDescriptorError.None;
    }

    /// <summary>Whether hardware would execute the descriptor from a 256-bit queue, and if not, why.</summary>
    public bool IsValid(VtdCapability capability, VtdExtendedCapability extended, out string reason)
    {
        VtdDescriptorError error = Check(capability, extended);
        reason = Describe(error, capability);
        return error == VtdDescriptorError.None;
    }

    /// <summary>The first thing wrong with the descriptor, without building a text. Allocates nothing.</summary>
    public VtdDescriptorError Check(VtdCapability capability, VtdExtendedCapability extended, bool isWide = true)
    {
        VtdDescriptorType type = Type;
        if (type is < VtdDescriptorType.ContextCache or > VtdDescriptorType.PageGroupResponse) return VtdDescriptorError.UnknownType;
        if (type == VtdDescriptorType.PageGroupResponse && !extended.SupportsPageRequests) return VtdDescriptorError.UnsupportedType;
        if (!isWide && type >= VtdDescriptorType.PasidIotlb) return VtdDescriptorError.NarrowDescriptor;
        if (HasReservedBits(type, extended)) return VtdDescriptorError.ReservedBits;
        return type switch
        {
            VtdDescriptorType.ContextCache when GranularityCode == 0 => VtdDescriptorError.ReservedGranularity,
            VtdDescriptorType.Iotlb => CheckIotlb(capability),
            VtdDescriptorType.PasidIotlb => CheckPasidIotlb(),
            VtdDescriptorType.PasidCache when GranularityCode == 2 => VtdDescriptorError.ReservedGranularity,
            VtdDescriptorType.DeviceTlb or VtdDescriptorType.PasidDeviceTlb when !DeviceTlbAddress.TryDecode(out _) => VtdDescriptorError.InvalidDeviceTlbSize,
            _ => VtdDescriptorError.None,
        };
    }

    /// <summary>A sentence with the values found and allowed; empty for no error.</summary>
    public string Describe(VtdDescriptorError error, VtdCapability capability) => error switch
    {
        VtdDescriptorError.None => "",
        VtdDescriptorError.UnknownType => $"Descriptor type {(int)Type} is none; 1 to 9.",
        VtdDescriptorError.UnsupportedType => $"Descriptor type {(int)Type} (page-group response) answers page requests, which this part does not have (ECAP.PRS = 0).",
        VtdDescriptorError.NarrowDescriptor => $"Descriptor type {(int)Type} ({Type}) needs the 256-bit width; the queue holds 128-bit descriptors.",
        VtdDescriptorError.ReservedBits => $"Descriptor {Word0:x16} {Word1:x16} {Word2:x16} {Word3:x16} ({Type}) has a reserved bit set.",
        VtdDescriptorError.ReservedGranularity => $"Granularity {GranularityCode} of a {Type} descriptor is reserved.",
        VtdDescriptorError.PageSelectiveUnsupported => "A page-selective IOTLB descriptor on a part without CAP.PSI; use a domain-selective one.",
        VtdDescriptorError.AddressMaskTooLarge => $"Address mask {AddressMask} is above CAP.MAMV {capability.MaximumAddressMask}; use a domain-selective descriptor.",
        VtdDescriptorError.UnalignedAddress => $"Address 0x{Address:x} is not aligned to 2^{12 + AddressMask}, the size of address mask {AddressMask}.",
        VtdDescriptorError.InvalidDeviceTlbSize => $"Device-TLB address 0x{Address:x} with S set codes no size; bit 63 must be 0 for the largest.",
        _ => throw new ArgumentOutOfRangeException(nameof(error), $"{error} is no descriptor error."),
    };

    private VtdDescriptorError CheckIotlb(VtdCapability capability)
    {
        if (GranularityCode == 0) return VtdDescriptorError.ReservedGranularity;
        if (IotlbGranularity != VtdIotlbGranularity.Page) return VtdDescriptorError.None;
        if (!capability.SupportsPageSelectiveInvalidation) return VtdDescriptorError.PageSelectiveUnsupported;
        if (AddressMask > capability.MaximumAddressMask) return VtdDescriptorError.AddressMaskTooLarge;
        return AddressIsAligned ? VtdDescriptorError.None : VtdDescriptorError.UnalignedAddress;
    }

    private VtdDescriptorError CheckPasidIotlb()
    {
        if (GranularityCode is 0 or 1) return VtdDescriptorError.ReservedGranularity;
        return PasidIotlbGranularity != VtdPasidIotlbGranularity.Page || AddressIsAligned
            ? VtdDescriptorError.None
            : VtdDescriptorError.UnalignedAddress;
    }

    private bool AddressIsAligned => Range.Base == Address;

    private bool HasReservedBits(VtdDescriptorType type, VtdExtendedCapability extended)
    {
        (ulong reserved0, ulong reserved1) = type switch
        {
            VtdDescriptorType.ContextCache => (ContextCacheReserved0, ulong.MaxValue),
            VtdDescriptorType.Iotlb => (IotlbReserved0, RangeReserved1),
            VtdDescriptorType.DeviceTlb => (DeviceTlbReserved0, DeviceTlbReserved1),
            VtdDescriptorType.InterruptEntryCache => (InterruptEntryReserved0, ulong.MaxValue),
            VtdDescriptorType.Wait => (WaitReserved0.WithBit(7, !extended.SupportsPageRequestDrain), WaitReserved1),
            VtdDescriptorType.PasidIotlb => (PasidReserved0, RangeReserved1),
            VtdDescriptorType.PasidCache => (PasidReserved0, ulong.MaxValue),
            VtdDescriptorType.PageGroupResponse => (PageGroupReserved0, PageGroupReserved1),
            _ => (0UL, PasidDeviceTlbReserved1),
        };
        return ((Word0 & reserved0) | (Word1 & reserved1) | Word2 | Word3) != 0;
    }
}
