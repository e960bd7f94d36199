using System.Numerics;
using Workbench.Iommu;
using Workbench.Iommu.Dirty;

namespace Workbench.Replay.Iommufd;

/// <summary>
/// One open /dev/iommu: devices, address spaces and hardware page tables under ids, and the ioctls of dirty tracking as Linux answers them.
/// Works on the machines' real drivers, which must have no domains of their own.
/// </summary>
public sealed class IommufdContext(KernelQuirks? quirks = null)
{
    private readonly Dictionary<uint, object> objects = [];
    private readonly Dictionary<IIommuDriver, ushort> domains = [];

    /// <summary>How this kernel behaves; Linux 6.12 unless said otherwise.</summary>
    public KernelQuirks Quirks { get; } = quirks ?? KernelQuirks.Linux612;

    /// <summary>Binds a device. <paramref name="keepsDirty"/> false makes it one whose IOMMU cannot track, whatever the machine can.</summary>
    public uint AddDevice(RequesterId requester, IIommuDriver driver, IommuSpec spec, bool keepsDirty = true)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(spec);
        return Add(new IommufdDevice(requester, driver, spec, keepsDirty));
    }

    /// <summary>Makes an empty address space.</summary>
    public uint AllocateIoas() => Add(new Ioas());

    /// <summary>The object of an id, or null if there is none or it is of another type.</summary>
    public T? Find<T>(uint id) where T : class => objects.GetValueOrDefault(id) as T;

    /// <summary>IOAS_MAP at a fixed address, with leaves of at most 2^<paramref name="largestLeafLog2"/> bytes.</summary>
    public Errno Map(uint ioasId, ulong iova, ulong physical, ulong length, Permission permission = Permission.ReadWrite, int largestLeafLog2 = 63) =>
        Find<Ioas>(ioasId)?.Map(iova, physical, length, permission, largestLeafLog2) ?? Errno.NoEntry;

    /// <summary>IOAS_UNMAP: whole areas only; ENOENT if one would have to be cut, or if there is none.</summary>
    public Errno Unmap(uint ioasId, ulong iova, ulong length, out ulong unmapped)
    {
        unmapped = 0;
        return Find<Ioas>(ioasId)?.Unmap(iova, length, Quirks.UnmapsUpToCut, out unmapped) ?? Errno.NoEntry;
    }

    /// <summary>GET_HW_INFO: what the device's IOMMU can do.</summary>
    public Errno GetHwInfo(uint deviceId, out HwCapabilities capabilities)
    {
        IommufdDevice? device = Find<IommufdDevice>(deviceId);
        capabilities = device is not null && device.CanTrackDirty(Quirks) ? HwCapabilities.DirtyTracking : HwCapabilities.None;
        return device is null ? Errno.NoEntry : Errno.None;
    }

    /// <summary>HWPT_ALLOC on an address space. Nested tables (a parent that is a table) are not modelled: EOPNOTSUPP, as for the dirty flag on one.</summary>
    public Errno AllocateHwpt(uint deviceId, uint parentId, HwptFlags flags, out uint id)
    {
        id = 0;
        if (Find<IommufdDevice>(deviceId) is not { } device) return Errno.NoEntry;
        if (Find<Hwpt>(parentId) is not null) return Errno.NotSupported;
        if (Find<Ioas>(parentId) is not { } ioas) return Errno.NoEntry;
        if ((flags & ~HwptFlags.DirtyTracking) != 0) return Errno.NotSupported;
        if ((flags & HwptFlags.DirtyTracking) != 0 && !device.CanTrackDirty(Quirks)) return Errno.NotSupported;
        ushort number = domains[device.Driver] = (ushort)(domains.GetValueOrDefault(device.Driver) + 1);
        Hwpt hwpt = new(ioas, device.Driver, device.Driver.CreateDomain(new(number)), flags, device.Spec);
        // An IOMMU whose smallest page is larger than the CPU's cannot serve any IOAS.
        if (1UL << hwpt.Domain.Table.SmallestLeafLog2 > Ioas.Alignment) return Errno.Invalid;
        if (ioas.Add(hwpt) is not Errno.None and Errno refusal) return refusal;
        id = Add(hwpt);
        return Errno.None;
    }

    /// <summary>Attaches a device, or one PASID of it. The promise of the dirty flag is enforced here: EINVAL if its IOMMU cannot track.</summary>
    public Errno Attach(uint deviceId, Pasid? pasid, uint hwptId)
    {
        if (Find<IommufdDevice>(deviceId) is not { } device || Find<Hwpt>(hwptId) is not { } hwpt) return Errno.NoEntry;
        if (hwpt.CanTrackDirty && !device.CanTrackDirty(Quirks)) return Errno.Invalid;
        if (hwpt.CanTrackDirty && pasid is not null && hwpt.IsIntel) return Errno.Invalid;
        if (!ReferenceEquals(device.Driver, hwpt.Driver)) return Errno.Invalid;
        try
        {
            hwpt.Driver.Attach(device.Requester, pasid, hwpt.Domain);
        }
        catch (NotSupportedException)
        {
            // The part has no PASIDs; what the device used before it uses again.
            if (device.Use(pasid) is { } before) before.Driver.Attach(device.Requester, pasid, before.Domain);
            return Errno.NotSupported;
        }
        device.Uses(pasid, hwpt);
        return Errno.None;
    }

    /// <summary>HWPT_SET_DIRTY_TRACKING. Turning it on first clears what is dirty in every mapped area; turning it off clears nothing.</summary>
    public Errno SetDirtyTracking(uint hwptId, SetDirtyFlags flags)
    {
        if ((flags & ~SetDirtyFlags.Enable) != 0) return Errno.NotSupported;
        if (Find<Hwpt>(hwptId) is not { } hwpt) return Errno.NoEntry;
        if (!hwpt.CanTrackDirty) return Errno.NotSupported;
        bool enable = flags == SetDirtyFlags.Enable;
        if (enable && (Quirks.EnableTwiceClears || !hwpt.Domain.TracksDirty)) ClearAll(hwpt);
        hwpt.Driver.SetDirtyTracking(hwpt.Domain, enable);
        return Errno.None;
    }

    /// <summary>
    /// HWPT_GET_DIRTY_BITMAP: sets bit k if something of [iova + k · pageSize, iova + (k + 1) · pageSize) is dirty, zeroes no bit, and (unless told otherwise)
    /// clears and invalidates what it found.
    /// </summary>
    public Errno GetDirtyBitmap(uint hwptId, GetDirtyFlags flags, ulong iova, ulong length, ulong pageSize, UserBitmap bitmap)
    {
        Errno refusal = BeginGetDirtyBitmap(hwptId, flags, iova, length, pageSize, bitmap, out DirtyBitmapRead? read);
        if (read is null) return refusal;
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        while (read.Phase == ReadPhase.Walking) read.Advance(ref unlimited);
        read.Complete();
        return Errno.None;
    }

    /// <summary>The same in steps: what comes back, if the call is not refused, is to be advanced to the walk's end and completed.</summary>
    public Errno BeginGetDirtyBitmap(uint hwptId, GetDirtyFlags flags, ulong iova, ulong length, ulong pageSize, UserBitmap bitmap, out DirtyBitmapRead? read)
    {
        ArgumentNullException.ThrowIfNull(bitmap);
        read = null;
        if ((flags & ~GetDirtyFlags.NoClear) != 0) return Errno.NotSupported;
        if (Find<Hwpt>(hwptId) is not { } hwpt) return Errno.NoEntry;
        Errno refusal = CheckRange(iova, length, pageSize);
        if (refusal != Errno.None) return refusal;
        if (!hwpt.CanTrackDirty) return Errno.NotSupported;
        ulong last = unchecked(iova + length - 1);
        if (!Quirks.DropWalkErrors)
        {
            if (!hwpt.Domain.TracksDirty && !(Quirks.SmmuAlwaysTracks && hwpt.IsSmmu)) return Errno.Invalid;
            if (!hwpt.Ioas.IsContiguous(iova, last)) return Errno.Invalid;
            ulong lastBit = unchecked(length - 1) >> BitOperations.TrailingZeroCount(pageSize);
            if (!bitmap.IsWritable(bitmap.Address, (lastBit >> 3) + 1)) return Errno.BadAddress;
        }
        IovaBitmap windows = new(bitmap, iova, length, pageSize, Quirks.Bitmap);
        // Kernels that walk by window pin the first one at the start, and so tell when they cannot.
        if (windows.WalksByWindow && !windows.Pin()) return Errno.BadAddress;
        read = new(hwpt, Quirks, (flags & GetDirtyFlags.NoClear) == 0, windows, iova, last);
        return Errno.None;
    }

    private Errno CheckRange(ulong iova, ulong length, ulong pageSize)
    {
        if (length == 0 && !Quirks.ZeroLengthMeansAll) return Errno.Invalid;
        ulong span = unchecked(length - 1);
        if (span > ulong.MaxValue - iova) return Errno.Overflow;
        ulong end = unchecked(iova + length);
        if (((iova | end) & (Ioas.Alignment - 1)) != 0 || pageSize == 0) return Errno.Invalid;
        if (!Quirks.PageSizeByLowestBit && !BitOperations.IsPow2(pageSize)) return Errno.Invalid;
        return ((iova | end) & (pageSize - 1)) == 0 ? Errno.None : Errno.Invalid;
    }

    private void ClearAll(Hwpt hwpt)
    {
        DirtyWalk walk = new(hwpt, Quirks, clear: true, bitmap: null);
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        foreach (IoasArea area in hwpt.Ioas.Areas)
        {
            walk.Begin(area.FirstByte, area.LastByte);
            walk.Advance(ref unlimited);
        }
        if (!(Quirks.SmmuClearWithoutTlbi && hwpt.IsSmmu)) walk.Cleared.Invalidate(hwpt);
    }

    private uint Add(object item)
    {
        uint id = (uint)objects.Count + 1;
        objects.Add(id, item);
        return id;
    }
}
