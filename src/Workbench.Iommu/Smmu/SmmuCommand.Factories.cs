namespace Workbench.Iommu.Smmu;

/// <content>Building commands as software of the Non-secure state does.</content>
public readonly partial record struct SmmuCommand
{
    /// <summary>Fetches the configuration of a stream, or of a substream, ahead of use.</summary>
    public static SmmuCommand PrefetchConfig(uint streamId, Pasid? substream = null) => new(Stream(SmmuOpcode.PrefetchConfig, streamId, substream), 0);

    /// <summary>Fetches 2^sizeLog2 translations, 2^(12+stride) bytes apart, ahead of use.</summary>
    public static SmmuCommand PrefetchAddress(uint streamId, ulong address, int sizeLog2 = 0, int stride = 0, Pasid? substream = null) =>
        new(Stream(SmmuOpcode.PrefetchAddress, streamId, substream),
            0UL.WithAddress(63, 12, address).WithField(4, 0, unchecked((ulong)sizeLog2)).WithField(9, 5, unchecked((ulong)stride)));

    /// <summary>Drops the entry of a stream; also its first-level descriptor unless <paramref name="leafOnly"/>.</summary>
    public static SmmuCommand CfgiSte(uint streamId, bool leafOnly = true) => new(Stream(SmmuOpcode.CfgiSte, streamId), leafOnly ? 1UL : 0);

    /// <summary>Drops the entries of an aligned range of 2^streamsLog2 streams, 1 to 32.</summary>
    public static SmmuCommand CfgiSteRange(uint firstStreamId, int streamsLog2)
    {
        if (streamsLog2 is < 1 or > 32)
            throw new ArgumentOutOfRangeException(nameof(streamsLog2), $"2^{streamsLog2} streams; 2^1 to 2^32.");
        if ((firstStreamId & Bits.Mask(streamsLog2)) != 0)
            throw new ArgumentOutOfRangeException(nameof(firstStreamId), $"StreamID 0x{firstStreamId:x} is not aligned to 2^{streamsLog2}.");
        return new(Stream(SmmuOpcode.CfgiSteRange, firstStreamId), (ulong)(streamsLog2 - 1));
    }

    /// <summary>Drops every entry of every stream.</summary>
    public static SmmuCommand CfgiAll() => CfgiSteRange(0, 32);

    /// <summary>Drops a context descriptor; substream 0 where there are none.</summary>
    public static SmmuCommand CfgiCd(uint streamId, Pasid substream = default, bool leafOnly = true) =>
        new(Stream(SmmuOpcode.CfgiCd, streamId).WithField(31, 12, substream.Value), leafOnly ? 1UL : 0);

    /// <summary>Drops every context descriptor of a stream.</summary>
    public static SmmuCommand CfgiCdAll(uint streamId) => new(Stream(SmmuOpcode.CfgiCdAll, streamId), 0);

    /// <summary>Drops the stage-1 translations of a VMID.</summary>
    public static SmmuCommand TlbiNhAll(ushort vmid = 0) => new(Tagged(SmmuOpcode.TlbiNhAll, vmid, 0), 0);

    /// <summary>Drops the non-global translations of an ASID and VMID.</summary>
    public static SmmuCommand TlbiNhAsid(ushort vmid, ushort asid) => new(Tagged(SmmuOpcode.TlbiNhAsid, vmid, asid), 0);

    /// <summary>Drops translations of virtual addresses of an ASID and VMID.</summary>
    public static SmmuCommand TlbiNhVa(ushort vmid, ushort asid, SmmuTlbiRange range, bool leafOnly = false) =>
        ByAddress(Tagged(SmmuOpcode.TlbiNhVa, vmid, asid), range, leafOnly);

    /// <summary>Drops translations of virtual addresses of a VMID, whatever the ASID.</summary>
    public static SmmuCommand TlbiNhVaa(ushort vmid, SmmuTlbiRange range, bool leafOnly = false) =>
        ByAddress(Tagged(SmmuOpcode.TlbiNhVaa, vmid, 0), range, leafOnly);

    /// <summary>Drops every EL2 translation.</summary>
    public static SmmuCommand TlbiEl2All() => new((ulong)SmmuOpcode.TlbiEl2All, 0);

    /// <summary>Drops the non-global EL2 translations of an ASID.</summary>
    public static SmmuCommand TlbiEl2Asid(ushort asid) => new(Tagged(SmmuOpcode.TlbiEl2Asid, 0, asid), 0);

    /// <summary>Drops EL2 translations of virtual addresses of an ASID.</summary>
    public static SmmuCommand TlbiEl2Va(ushort asid, SmmuTlbiRange range, bool leafOnly = false) =>
        ByAddress(Tagged(SmmuOpcode.TlbiEl2Va, 0, asid), range, leafOnly);

    /// <summary>Drops EL2 translations of virtual addresses, whatever the ASID.</summary>
    public static SmmuCommand TlbiEl2Vaa(SmmuTlbiRange range, bool leafOnly = false) =>
        ByAddress((ulong)SmmuOpcode.TlbiEl2Vaa, range, leafOnly);

    /// <summary>Drops the translations of a VMID at both stages.</summary>
    public static SmmuCommand TlbiS12VmAll(ushort vmid) => new(Tagged(SmmuOpcode.TlbiS12VmAll, vmid, 0), 0);

    /// <summary>Drops stage-2 translations of intermediate addresses; what stage 1 combined with them needs TLBI_NH_ALL too.</summary>
    public static SmmuCommand TlbiS2Ipa(ushort vmid, SmmuTlbiRange range, bool leafOnly = false) =>
        ByAddress(Tagged(SmmuOpcode.TlbiS2Ipa, vmid, 0), range, leafOnly);

    /// <summary>Drops every Non-secure translation but those of EL2.</summary>
    public static SmmuCommand TlbiNsnhAll() => new((ulong)SmmuOpcode.TlbiNsnhAll, 0);

    /// <summary>Drops what a device holds of an aligned range of 2^sizeLog2 bytes, 12 to 64, for a PASID or for requests without.</summary>
    public static SmmuCommand AtcInvalidate(uint streamId, ulong firstByte, int sizeLog2, Pasid? substream = null, bool everyPasid = false)
    {
        if (sizeLog2 is < 12 or > 64)
            throw new ArgumentOutOfRangeException(nameof(sizeLog2), $"2^{sizeLog2} bytes; 2^12 to 2^64.");
        if ((firstByte & Bits.Mask(sizeLog2)) != 0)
            throw new ArgumentOutOfRangeException(nameof(firstByte), $"Address 0x{firstByte:x} is not aligned to 2^{sizeLog2}.");
        return new(Stream(SmmuOpcode.AtcInvalidate, streamId, substream).WithBit(9, everyPasid), firstByte.WithField(5, 0, (ulong)(sizeLog2 - 12)));
    }

    /// <summary>Answers a group of page requests, group 0 to 511.</summary>
    public static SmmuCommand RespondToPages(uint streamId, int group, SmmuPageResponse response, Pasid? substream = null) =>
        new(Stream(SmmuOpcode.PageResponse, streamId, substream),
            0UL.WithField(8, 0, unchecked((ulong)group)).WithField(13, 12, (ulong)response));

    /// <summary>Retries or terminates the stalled transaction that an event named.</summary>
    public static SmmuCommand Resume(uint streamId, ushort stallTag, SmmuResumeAction action) =>
        new(Stream(SmmuOpcode.Resume, streamId).WithField(13, 12, (ulong)action), stallTag);

    /// <summary>Terminates every stalled transaction of a stream.</summary>
    public static SmmuCommand StallTerminate(uint streamId) => new(Stream(SmmuOpcode.StallTerminate, streamId), 0);

    /// <summary>Waits for the commands before it and reports through the consumer index, or also by event.</summary>
    public static SmmuCommand Sync(SmmuSyncSignal signal = SmmuSyncSignal.None) =>
        new(((ulong)SmmuOpcode.Sync).WithField(13, 12, (ulong)signal), 0);

    /// <summary>Waits, then writes 4 bytes to an address: write-back memory, inner shareable, unless told.</summary>
    public static SmmuCommand SyncWithMessage(Spa address, uint data, int attributes = 0xF, int shareability = 3) =>
        new(Sync(SmmuSyncSignal.Interrupt).Word0.WithField(23, 22, unchecked((ulong)shareability)).WithField(27, 24, unchecked((ulong)attributes)).WithField(63, 32, data),
            0UL.WithAddress(55, 2, address.Value));

    private static ulong Stream(SmmuOpcode opcode, uint streamId, Pasid? substream = null)
    {
        ulong word = ((ulong)opcode).WithField(63, 32, streamId);
        return substream is Pasid id ? word.WithBit(11, true).WithField(31, 12, id.Value) : word;
    }

    private static ulong Tagged(SmmuOpcode opcode, ushort vmid, ushort asid) =>
        ((ulong)opcode).WithField(47, 32, vmid).WithField(63, 48, asid);

    private static SmmuCommand ByAddress(ulong word, SmmuTlbiRange range, bool leafOnly) => new(range.Into0(word), range.Into1(leafOnly));
}
