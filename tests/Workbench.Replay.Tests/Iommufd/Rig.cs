using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Dirty;
using Workbench.Replay.Iommufd;
using Xunit;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>One open /dev/iommu with one device on one IOMMU, one IOAS and one tracked HWPT that the device uses.</summary>
internal sealed class Rig : IDisposable
{
    public const ulong Page = 4096, Large = 1UL << 21, Huge = 1UL << 30, Window = 64 * Huge;
    public static readonly RequesterId Nic = RequesterId.Of(0, 1, 0), Disk = RequesterId.Of(0, 2, 0);

    private readonly List<IIommuDriver> drivers = [];

    public Rig(KernelQuirks? quirks = null, string model = "vtd", string iotlb = "1x64", bool track = true)
    {
        Iommu = new(quirks);
        Spec = SpecOf(model, iotlb);
        Driver = Build(Spec);
        Device = Iommu.AddDevice(Nic, Driver, Spec);
        Ioas = Iommu.AllocateIoas();
        Hwpt = Allocate(Device);
        Assert.Equal(Errno.None, Iommu.Attach(Device, null, Hwpt));
        if (track) Assert.Equal(Errno.None, Iommu.SetDirtyTracking(Hwpt, SetDirtyFlags.Enable));
    }

    public IommufdContext Iommu { get; }
    public IommuSpec Spec { get; }
    public IIommuDriver Driver { get; }
    public uint Device { get; }
    public uint Ioas { get; }
    public uint Hwpt { get; }

    public Workbench.Iommu.Domain Domain => Iommu.Find<Hwpt>(Hwpt)!.Domain;

    public static IommuSpec SpecOf(string model, string iotlb = "1x64")
    {
        Assert.True(IotlbGeometry.TryParse(iotlb, out IotlbGeometry geometry, out string error), error);
        return new() { Model = model, Iotlb = geometry };
    }

    public IIommuDriver Build(IommuSpec spec)
    {
        drivers.Add(IommuCatalogue.Build(spec));
        return drivers[^1];
    }

    public uint Allocate(uint device, HwptFlags flags = HwptFlags.DirtyTracking)
    {
        Assert.Equal(Errno.None, Iommu.AllocateHwpt(device, Ioas, flags, out uint id));
        return id;
    }

    public uint Allocate(uint device, out uint sameDevice)
    {
        sameDevice = device;
        return Allocate(device);
    }

    public Rig Map(ulong iova, ulong length, int largestLeafLog2 = 63, ulong? physical = null)
    {
        Assert.Equal(Errno.None, Iommu.Map(Ioas, iova, physical ?? (Huge + (iova % Huge)), length, largestLeafLog2: largestLeafLog2));
        return this;
    }

    public Rig Write(ulong iova, RequesterId? device = null, IIommuDriver? driver = null)
    {
        (driver ?? Driver).Hardware.Translate(new DmaRequest(device ?? Nic, iova, true), out Translation translation);
        Assert.Equal(default, translation.Fault);
        return this;
    }

    public UserBitmap Get(ulong iova, ulong length, ulong pageSize = Page, GetDirtyFlags flags = GetDirtyFlags.None, Errno expected = Errno.None, ulong address = 0x7000_0000, uint? hwpt = null)
    {
        UserBitmap bitmap = BitmapFor(length, pageSize, address);
        Assert.Equal(expected, Iommu.GetDirtyBitmap(hwpt ?? Hwpt, flags, iova, length, pageSize, bitmap));
        return bitmap;
    }

    /// <summary>The same, telling what the read took.</summary>
    public DirtyBitmapRead Read(ulong iova, ulong length, ulong pageSize, UserBitmap bitmap, GetDirtyFlags flags = GetDirtyFlags.None)
    {
        Assert.Equal(Errno.None, Iommu.BeginGetDirtyBitmap(Hwpt, flags, iova, length, pageSize, bitmap, out DirtyBitmapRead? read));
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        while (read!.Phase == ReadPhase.Walking) read.Advance(ref unlimited);
        read.Complete();
        return read;
    }

    public static UserBitmap BitmapFor(ulong length, ulong pageSize = Page, ulong address = 0x7000_0000) =>
        new(address, Math.Max(1, (int)(((length / pageSize) + 7) / 8)));

    public void Dispose() => drivers.ForEach(d => d.Dispose());
}
