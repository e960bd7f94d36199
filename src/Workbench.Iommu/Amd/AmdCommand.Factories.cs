namespace Workbench.Iommu.Amd;

/// <content>Building commands as software does.</content>
public readonly partial record struct AmdCommand
{
    /// <summary>Reports completion of the commands before it by storing 64 bits at an 8-byte aligned address below 2^52.</summary>
    public static AmdCommand CompletionWaitWithStore(Spa address, ulong data, bool interrupt = false, bool fence = false)
    {
        if ((address.Value & ~0x000F_FFFF_FFFF_FFF8UL) != 0)
            throw new ArgumentOutOfRangeException(nameof(address), $"Store address {address} does not fit bits 51:3; it must be 8-byte aligned and below 2^52.");
        return new(Wait(interrupt, fence).WithBit(0, true) | address.Value, data);
    }

    /// <summary>Reports completion of the commands before it by the completion interrupt.</summary>
    public static AmdCommand CompletionWaitWithInterrupt(bool fence = false) => new(Wait(interrupt: true, fence), 0);

    /// <summary>Drops the cached device table entry of a device: the first step after changing HAD.</summary>
    public static AmdCommand InvalidateDeviceTableEntry(RequesterId device) =>
        new(Head(AmdCommandOpcode.InvalidateDeviceTableEntry).WithField(15, 0, device.Value), 0);

    /// <summary>
    /// Drops the translations of an aligned range of 2^<paramref name="sizeLog2"/> bytes, 12 to 64, of a domain;
    /// <paramref name="includeTableEntries"/> (PDE) if a table page was changed or freed.
    /// </summary>
    public static AmdCommand InvalidatePages(DomainId domain, Iova firstByte, int sizeLog2, bool includeTableEntries = false) =>
        new(Head(AmdCommandOpcode.InvalidatePages).WithField(47, 32, domain.Value), RangeWord(firstByte.Value, sizeLog2).WithBit(1, includeTableEntries));

    /// <summary>Drops every translation of a domain, leaf and table entries.</summary>
    public static AmdCommand InvalidateDomain(DomainId domain) => InvalidatePages(domain, default, WholeSpaceLog2, includeTableEntries: true);

    /// <summary>Drops the guest translations of an aligned range of a PASID of a domain; needs EFR.GTSup.</summary>
    public static AmdCommand InvalidateGuestPages(DomainId domain, Pasid pasid, Iova firstByte, int sizeLog2, bool includeTableEntries = false)
    {
        AmdCommand command = InvalidatePages(domain, firstByte, sizeLog2, includeTableEntries);
        return new(command.Word0.WithField(19, 0, pasid.Value), command.Word1.WithBit(2, true));
    }

    /// <summary>Drops what a device holds of an aligned range for requests without PASID.</summary>
    public static AmdCommand InvalidateDeviceTlb(RequesterId device, Iova firstByte, int sizeLog2, ushort queueId = 0, int maximumPending = 0) =>
        new(Head(AmdCommandOpcode.InvalidateDeviceTlb)
            .WithField(15, 0, device.Value).WithField(31, 24, (ulong)maximumPending).WithField(47, 32, queueId), RangeWord(firstByte.Value, sizeLog2));

    /// <summary>Drops what a device holds of an aligned range for a PASID; needs EFR.GTSup.</summary>
    public static AmdCommand InvalidateGuestDeviceTlb(
        RequesterId device, Pasid pasid, Iova firstByte, int sizeLog2, ushort queueId = 0, int maximumPending = 0)
    {
        AmdCommand command = InvalidateDeviceTlb(device, firstByte, sizeLog2, queueId, maximumPending);
        ulong word = command.Word0
            .WithField(55, 48, pasid.Value & 0xFF).WithField(23, 16, (pasid.Value >> 8) & 0xFF).WithField(59, 56, pasid.Value >> 16);
        return new(word, command.Word1.WithBit(2, true));
    }

    /// <summary>Drops the cached interrupt-remapping entries of a device.</summary>
    public static AmdCommand InvalidateInterruptTable(RequesterId device) =>
        new(Head(AmdCommandOpcode.InvalidateInterruptTable).WithField(15, 0, device.Value), 0);

    /// <summary>Answers the page requests of a group, 0 to 511, of a device; with a PASID if the request had one. Needs EFR.PPRSup.</summary>
    public static AmdCommand CompletePageRequest(RequesterId device, int group, AmdPageResponse response, Pasid? pasid = null)
    {
        ulong word = Head(AmdCommandOpcode.CompletePageRequest).WithField(15, 0, device.Value).WithField(51, 32, pasid?.Value ?? 0);
        return new(word, 0UL.WithBit(2, pasid is not null).WithField(40, 32, (ulong)group).WithField(47, 44, (ulong)response));
    }

    /// <summary>Drops everything cached; needs EFR.IASup.</summary>
    public static AmdCommand InvalidateAll() => new(Head(AmdCommandOpcode.InvalidateAll), 0);

    private static ulong Head(AmdCommandOpcode opcode) => 0UL.WithField(63, 60, (ulong)opcode);

    private static ulong Wait(bool interrupt, bool fence) =>
        Head(AmdCommandOpcode.CompletionWait).WithBit(1, interrupt).WithBit(2, fence);

    private static ulong RangeWord(ulong firstByte, int sizeLog2)
    {
        if (sizeLog2 is < PageLog2 or > WholeSpaceLog2)
            throw new ArgumentOutOfRangeException(nameof(sizeLog2), $"A range of 2^{sizeLog2} bytes cannot be invalidated; 2^{PageLog2} to 2^{WholeSpaceLog2}.");
        if ((firstByte & Bits.Mask(sizeLog2)) != 0)
            throw new ArgumentOutOfRangeException(nameof(firstByte), $"Address 0x{firstByte:x} is not aligned to 2^{sizeLog2}, the size of its range.");
        // One page has no code: S = 0. Above that, ones up to the bit below the highest offset bit, which stays 0.
        return sizeLog2 == PageLog2 ? firstByte : firstByte | (Bits.Mask(sizeLog2 - 1) & ~Bits.Mask(PageLog2)) | 1;
    }
}
