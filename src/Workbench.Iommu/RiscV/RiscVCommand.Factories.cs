namespace Workbench.Iommu.RiscV;

/// <content>Commands as software writes them.</content>
public readonly partial record struct RiscVCommand
{
    /// <summary>
    /// Drops the first-stage translations of a process, or of all and then global entries too; of a guest, or of the host. All
    /// levels. With second stage, this is the first half of a flush after a device context changed.
    /// </summary>
    public static RiscVCommand IotinvalVma(uint? pscid = null, ushort? gscid = null) =>
        new(Scope(RiscVCommandType.IotinvalVma, pscid, gscid), 0);

    /// <summary>
    /// Drops the first-stage translations of an aligned range of 2^<paramref name="sizeLog2"/> bytes, 12 to 64: leaf entries
    /// only, or with <paramref name="nonLeaf"/> all levels. More than one page needs capabilities.S, nonLeaf needs capabilities.NL.
    /// </summary>
    public static RiscVCommand IotinvalVmaRange(ulong firstByte, int sizeLog2, uint? pscid = null, ushort? gscid = null, bool nonLeaf = false) =>
        new(Scope(RiscVCommandType.IotinvalVma, pscid, gscid).WithBit(10, true).WithBit(34, nonLeaf), RangeWord(firstByte, sizeLog2));

    /// <summary>Drops the second-stage translations of a guest, or of every guest. All levels.</summary>
    public static RiscVCommand IotinvalGvma(ushort? gscid = null) => new(Scope(RiscVCommandType.IotinvalGvma, null, gscid), 0);

    /// <summary>
    /// Drops the second-stage translations of an aligned range of 2^<paramref name="sizeLog2"/> guest bytes, 12 to 64: leaf
    /// entries only, or with <paramref name="nonLeaf"/> all levels. More than one page needs capabilities.S, nonLeaf needs capabilities.NL.
    /// </summary>
    public static RiscVCommand IotinvalGvmaRange(ushort gscid, ulong firstByte, int sizeLog2, bool nonLeaf = false) =>
        new(Scope(RiscVCommandType.IotinvalGvma, null, gscid).WithBit(10, true).WithBit(34, nonLeaf), RangeWord(firstByte, sizeLog2));

    /// <summary>Completes when everything before is done, writing nothing; by default after ordering reads and writes already processed.</summary>
    public static RiscVCommand IofenceC(bool ordersReads = true, bool ordersWrites = true, bool interrupt = false) =>
        new(Fence(ordersReads, ordersWrites, interrupt), 0);

    /// <summary>Writes a status word when everything before is done, by default after ordering reads and writes already processed.</summary>
    public static RiscVCommand IofenceC(Spa statusAddress, uint statusData, bool ordersReads = true, bool ordersWrites = true, bool interrupt = false) =>
        new RiscVCommand(Fence(ordersReads, ordersWrites, interrupt), 0) with { HasAddress = true, StatusData = statusData, StatusAddress = statusAddress };

    /// <summary>Drops every cached device context and process context.</summary>
    public static RiscVCommand IodirInvalDdt() => new((ulong)RiscVCommandType.IodirInvalDdt, 0);

    /// <summary>Drops the cached context of a device and the process contexts found through it: the first step after changing SADE or GADE.</summary>
    public static RiscVCommand IodirInvalDdt(RiscVDeviceId device) => new(Directory(RiscVCommandType.IodirInvalDdt, device, default), 0);

    /// <summary>Drops the cached context of a process of a device.</summary>
    public static RiscVCommand IodirInvalPdt(RiscVDeviceId device, Pasid process) => new(Directory(RiscVCommandType.IodirInvalPdt, device, process), 0);

    /// <summary>Drops what a device holds of an aligned range of 2^<paramref name="sizeLog2"/> bytes, 12 to 64, for requests without PASID, for one, or for every PASID.</summary>
    public static RiscVCommand AtsInval(
        RequesterId requester, ulong firstByte, int sizeLog2, Pasid? process = null, bool everyProcess = false, byte? segment = null)
    {
        (ulong address, bool isRange) = RiscVNapot.Encode(firstByte, sizeLog2);
        return new(Ats(RiscVCommandType.AtsInval, requester, process, segment), address.WithBit(0, everyProcess).WithBit(11, isRange));
    }

    /// <summary>Answers a page-request group, 0 to 511, of a device.</summary>
    public static RiscVCommand AtsPrgr(RequesterId requester, int group, RiscVPageResponse response, Pasid? process = null, byte? segment = null) =>
        new(Ats(RiscVCommandType.AtsPrgr, requester, process, segment), 0UL.WithField(40, 32, (ulong)group).WithField(47, 44, (ulong)response));

    private static ulong Scope(RiscVCommandType type, uint? pscid, ushort? gscid) =>
        ((ulong)type).WithField(31, 12, pscid ?? 0).WithBit(32, pscid.HasValue).WithBit(33, gscid.HasValue).WithField(59, 44, gscid ?? 0U);

    private static ulong RangeWord(ulong firstByte, int sizeLog2)
    {
        (ulong address, bool isRange) = RiscVNapot.Encode(firstByte, sizeLog2);
        return (address >> 2).WithBit(9, isRange);
    }

    private static ulong Fence(bool ordersReads, bool ordersWrites, bool interrupt) =>
        ((ulong)RiscVCommandType.IofenceC).WithBit(11, interrupt).WithBit(12, ordersReads).WithBit(13, ordersWrites);

    private static ulong Directory(RiscVCommandType type, RiscVDeviceId device, Pasid process) =>
        ((ulong)type).WithField(31, 12, process.Value).WithBit(33, true).WithField(63, 40, device.Value);

    private static ulong Ats(RiscVCommandType type, RequesterId requester, Pasid? process, byte? segment) =>
        ((ulong)type).WithField(31, 12, process?.Value ?? 0).WithBit(32, process.HasValue)
            .WithBit(33, segment.HasValue).WithField(55, 40, requester.Value).WithField(63, 56, segment ?? 0U);
}
