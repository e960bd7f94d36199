using Workbench.Iommu;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>
/// The patterns of Linux's own test of dirty tracking (tools/testing/selftests/iommu), on every model: every other leaf is written, its bits are set and no other,
/// a second read is empty (or, clearing nothing, equal). Sizes keep that test's counts of bits, from half a byte to 8 KiB of bitmap.
/// </summary>
public class SelftestTests
{
    private const ulong Base = 16 << 20;
    // Every model tracks here; what Linux refuses has tests of its own.
    private static readonly KernelQuirks Linux = KernelQuirks.Linux612 with { OnlyUpstreamTables = false, SmmuClearWithoutTlbi = false };

    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    public static TheoryData<string, ulong, int> Bitmaps
    {
        get
        {
            TheoryData<string, ulong, int> all = [];
            foreach (IommuModel model in IommuCatalogue.Models)
            {
                foreach (ulong bits in (ulong[])[4, 8, 32, 64, 160, 32768, 65536]) all.Add(model.Name, bits, 12);
                foreach (ulong bits in (ulong[])[32768, 65536]) all.Add(model.Name, bits, 21);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Bitmaps))]
    public void Get_dirty_bitmap(string model, ulong bits, int leafLog2) => EveryOtherLeaf(model, bits, leafLog2, GetDirtyFlags.None);

    [Theory]
    [MemberData(nameof(Bitmaps))]
    public void Get_dirty_bitmap_no_clear(string model, ulong bits, int leafLog2) => EveryOtherLeaf(model, bits, leafLog2, GetDirtyFlags.NoClear);

    private static void EveryOtherLeaf(string model, ulong bits, int leafLog2, GetDirtyFlags flags)
    {
        ulong length = bits * Page, leaf = 1UL << leafLog2;
        foreach (KernelQuirks quirks in (KernelQuirks[])[Linux, KernelQuirks.Fixed])
        {
            using Rig rig = new Rig(quirks, model).Map(Base, length, leafLog2, Base);
            Assert.Equal((long)(length / leaf), rig.Domain.Table.Leaves);
            foreach (ulong address in (ulong[])[0x7000_0000, 0x7000_0800, 0x7000_0ff1])
            {
                for (ulong at = 0; at < length; at += 2 * leaf) rig.Write(Base + at);
                UserBitmap first = rig.Get(Base, length, flags: flags, address: address), second = rig.Get(Base, length, flags: flags, address: address);
                Assert.True(first.Bytes.SequenceEqual(Expected(bits, leaf / Page)), first.Runs());
                Assert.Equal((0, 0), (first.StrayBits, second.StrayBits));
                if (flags == GetDirtyFlags.NoClear) Assert.True(second.Bytes.SequenceEqual(first.Bytes));
                else Assert.Equal(0, second.SetBits);
            }
        }
    }

    /// <summary>Every other group of so many bits, from the first on.</summary>
    private static byte[] Expected(ulong bits, ulong group)
    {
        byte[] bytes = new byte[(bits + 7) / 8];
        for (ulong bit = 0; bit < bits; bit++)
            if (bit / group % 2 == 0) bytes[bit / 8] |= (byte)(1 << (int)(bit % 8));
        return bytes;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Enforce_dirty(string model)
    {
        using Rig rig = new(Linux, model);
        // Tables of the x86 kind always have dirty bits.
        IommuSpec without = SpecOf(model is "vtd-fs" or "amd-v2" ? "vtd" : model) with { SupportsDirtyTracking = false };
        uint incapable = rig.Iommu.AddDevice(Disk, rig.Build(without), without), masked = rig.Iommu.AddDevice(Disk, rig.Driver, rig.Spec, keepsDirty: false);
        foreach (uint device in (uint[])[incapable, masked])
        {
            Assert.Equal(Errno.Invalid, rig.Iommu.Attach(device, null, rig.Hwpt));
            Assert.Equal(Errno.NotSupported, rig.Iommu.AllocateHwpt(device, rig.Ioas, HwptFlags.DirtyTracking, out _));
            Assert.Equal(Errno.None, rig.Iommu.AllocateHwpt(device, rig.Ioas, HwptFlags.None, out uint plain));
            Assert.Equal(Errno.None, rig.Iommu.Attach(device, null, plain));
        }
        Assert.Single(rig.Domain.Attachments);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Set_dirty_tracking(string model)
    {
        using Rig rig = new(Linux, model, track: false);
        foreach (SetDirtyFlags flags in (SetDirtyFlags[])[SetDirtyFlags.Enable, SetDirtyFlags.Disable])
        {
            Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, flags));
            Assert.Equal(flags == SetDirtyFlags.Enable, rig.Domain.TracksDirty);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Device_dirty_capability(string model)
    {
        using Rig rig = new(Linux, model);
        Assert.Equal(Errno.None, rig.Iommu.GetHwInfo(rig.Device, out HwCapabilities capabilities));
        Assert.Equal(HwCapabilities.DirtyTracking, capabilities);
        uint masked = rig.Iommu.AddDevice(Disk, rig.Driver, rig.Spec, keepsDirty: false);
        Assert.Equal(Errno.None, rig.Iommu.GetHwInfo(masked, out capabilities));
        Assert.Equal(HwCapabilities.None, capabilities);
    }

    [Theory]
    [InlineData("vtd", Errno.None)]
    [InlineData("vtd-fs", Errno.NotSupported)]
    [InlineData("amd", Errno.None)]
    [InlineData("amd-v2", Errno.NotSupported)]
    [InlineData("smmu", Errno.None)]
    [InlineData("smmu-s2", Errno.NotSupported)]
    [InlineData("riscv", Errno.NotSupported)]
    [InlineData("riscv-g", Errno.NotSupported)]
    public void Linux_tracks_in_three_kinds_of_tables(string model, Errno expected)
    {
        IommufdContext iommu = new();
        IommuSpec spec = SpecOf(model);
        using IIommuDriver driver = IommuCatalogue.Build(spec);
        uint device = iommu.AddDevice(Nic, driver, spec);
        Assert.Equal(Errno.None, iommu.GetHwInfo(device, out HwCapabilities capabilities));
        Assert.Equal(expected == Errno.None, capabilities == HwCapabilities.DirtyTracking);
        uint ioas = iommu.AllocateIoas();
        Assert.Equal(expected, iommu.AllocateHwpt(device, ioas, HwptFlags.DirtyTracking, out _));
        Assert.Equal(Errno.None, iommu.AllocateHwpt(device, ioas, HwptFlags.None, out _));
    }

    [Theory]
    [InlineData(HwptFlags.DirtyTracking)]
    [InlineData(HwptFlags.None)]
    public void A_nested_table_is_not_supported(HwptFlags flags)
    {
        using Rig rig = new();
        Assert.Equal(Errno.NotSupported, rig.Iommu.AllocateHwpt(rig.Device, rig.Hwpt, flags, out _));
    }

    [Theory]
    [InlineData("vtd", Errno.Invalid)]
    [InlineData("vtd-fs", Errno.Invalid)]
    [InlineData("amd", Errno.NotSupported)]
    [InlineData("amd-v2", Errno.None)]
    [InlineData("smmu", Errno.None)]
    [InlineData("smmu-s2", Errno.NotSupported)]
    public void A_PASID_attach_of_a_tracked_table_is_invalid_on_Intel(string model, Errno expected)
    {
        using Rig rig = new Rig(Linux, model).Map(Large, 8 * Page, 12);
        Assert.Equal(expected, rig.Iommu.Attach(rig.Device, new(5), rig.Hwpt));
        // What the device itself uses is as it was.
        Assert.Equal("0", rig.Write(Large).Get(Large, 8 * Page).Runs());
        uint untracked = rig.Allocate(rig.Device, HwptFlags.None);
        if (expected == Errno.Invalid) Assert.Equal(Errno.None, rig.Iommu.Attach(rig.Device, new(5), untracked));
    }

    [Fact]
    public void A_table_of_another_IOMMU_is_invalid_at_attach()
    {
        using Rig rig = new();
        uint other = rig.Iommu.AddDevice(Disk, rig.Build(rig.Spec), rig.Spec);
        Assert.Equal(Errno.Invalid, rig.Iommu.Attach(other, null, rig.Hwpt));
    }
}
