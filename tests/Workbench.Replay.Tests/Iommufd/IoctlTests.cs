using Workbench.Iommu;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>Which errno each call gives, and what an IOAS allows.</summary>
public class IoctlTests
{
    private const ulong Top = 1UL << 63, LastPage = ulong.MaxValue - Page + 1;

    [Fact]
    public void The_default_kernel_is_Linux_6_12() => Assert.Equal(KernelQuirks.Linux612, new IommufdContext().Quirks);

    [Fact]
    public void An_id_that_is_not_there_or_of_another_type_is_no_entry()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page);
        foreach (uint id in (uint[])[0, 99, rig.Device, rig.Ioas])
        {
            Assert.Equal(Errno.NoEntry, rig.Iommu.SetDirtyTracking(id, SetDirtyFlags.Enable));
            rig.Get(Large, 8 * Page, expected: Errno.NoEntry, hwpt: id);
            Assert.Equal(Errno.NoEntry, rig.Iommu.Attach(rig.Device, null, id));
        }
        foreach (uint id in (uint[])[0, 99, rig.Hwpt, rig.Ioas])
        {
            Assert.Equal(Errno.NoEntry, rig.Iommu.GetHwInfo(id, out _));
            Assert.Equal(Errno.NoEntry, rig.Iommu.AllocateHwpt(id, rig.Ioas, HwptFlags.None, out _));
            Assert.Equal(Errno.NoEntry, rig.Iommu.Attach(id, null, rig.Hwpt));
        }
        foreach (uint id in (uint[])[0, 99, rig.Hwpt, rig.Device])
        {
            Assert.Equal(Errno.NoEntry, rig.Iommu.Map(id, 0, 0, Page));
            Assert.Equal(Errno.NoEntry, rig.Iommu.Unmap(id, Large, 8 * Page, out _));
        }
        Assert.Equal(Errno.NoEntry, rig.Iommu.AllocateHwpt(rig.Device, rig.Device, HwptFlags.None, out _));
    }

    [Fact]
    public void Unknown_flags_are_not_supported()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.NotSupported, rig.Iommu.SetDirtyTracking(rig.Hwpt, (SetDirtyFlags)2));
        Assert.Equal(Errno.NotSupported, rig.Iommu.AllocateHwpt(rig.Device, rig.Ioas, (HwptFlags)8, out _));
        rig.Get(Large, 8 * Page, flags: (GetDirtyFlags)2, expected: Errno.NotSupported);
        // The flags come before the id, the id before the range, the range before the table.
        rig.Get(Large, 8 * Page, flags: (GetDirtyFlags)2, expected: Errno.NotSupported, hwpt: 99);
        rig.Get(Large + 1, 8 * Page, expected: Errno.NoEntry, hwpt: 99);
        uint untracked = rig.Allocate(rig.Device, HwptFlags.None);
        rig.Get(Large + 1, 8 * Page, expected: Errno.Invalid, hwpt: untracked);
        Assert.Equal("0", rig.Get(Large, 8 * Page).Runs());
    }

    [Theory]
    [InlineData("6.12")]
    [InlineData("fixed")]
    public void A_table_without_the_dirty_flag_tracks_nothing(string kernel)
    {
        using Rig rig = new Rig(kernel == "fixed" ? KernelQuirks.Fixed : null).Map(Large, 8 * Page);
        uint untracked = rig.Allocate(rig.Device, HwptFlags.None);
        foreach (SetDirtyFlags flags in (SetDirtyFlags[])[SetDirtyFlags.Enable, SetDirtyFlags.Disable])
            Assert.Equal(Errno.NotSupported, rig.Iommu.SetDirtyTracking(untracked, flags));
        rig.Get(Large, 8 * Page, expected: Errno.NotSupported, hwpt: untracked);
    }

    [Theory]
    [InlineData(Large + 1, 8 * Page, Page, Errno.Invalid)]
    [InlineData(Large, (8 * Page) - 1, Page, Errno.Invalid)]
    [InlineData(Large, 8 * Page, 0, Errno.Invalid)]
    [InlineData(Large + Page, 8 * Page, 2 * Page, Errno.Invalid)]
    [InlineData(Large, 7 * Page, 2 * Page, Errno.Invalid)]
    [InlineData(LastPage, 2 * Page, Page, Errno.Overflow)]
    [InlineData(Top, Top + Page, Page, Errno.Overflow)]
    [InlineData(Large, 8 * Page, 8 * Page, Errno.None)]
    [InlineData(Large, 8 * Page, 1024, Errno.None)]
    public void Ranges_are_checked(ulong iova, ulong length, ulong pageSize, Errno expected)
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[KernelQuirks.Linux612, KernelQuirks.Fixed])
        {
            using Rig rig = new Rig(quirks).Map(Large, 8 * Page).Write(Large);
            UserBitmap bitmap = new(0x7000_0000, 64);
            Assert.Equal(expected, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, iova, length, pageSize, bitmap));
            Assert.Equal(expected == Errno.None, bitmap.SetBits != 0);
            Assert.Equal(expected != Errno.None, rig.Get(Large, 8 * Page).SetBits != 0);
        }
    }

    [Fact]
    public void The_last_page_of_the_address_space_is_in_range()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed);
        // Nothing is mapped there, which is no matter of the range's check: a hole is EINVAL only where walk errors are told.
        rig.Get(LastPage, Page, expected: Errno.Invalid);
        using Rig linux = new Rig();
        linux.Get(LastPage, Page, expected: Errno.None);
    }

    [Fact]
    public void Maps_are_checked()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page);
        Assert.Equal(Errno.Invalid, rig.Iommu.Map(rig.Ioas, 0, 0, 0));
        Assert.Equal(Errno.Invalid, rig.Iommu.Map(rig.Ioas, 1, 0, Page));
        Assert.Equal(Errno.Invalid, rig.Iommu.Map(rig.Ioas, 0, 1, Page));
        Assert.Equal(Errno.Invalid, rig.Iommu.Map(rig.Ioas, 0, 0, Page - 1));
        Assert.Equal(Errno.Overflow, rig.Iommu.Map(rig.Ioas, LastPage, 0, 2 * Page));
        Assert.Equal(Errno.Exists, rig.Iommu.Map(rig.Ioas, Large - Page, 0, 2 * Page));
        Assert.Equal(Errno.Exists, rig.Iommu.Map(rig.Ioas, Large + (7 * Page), 0, 2 * Page));
        // Beyond what the table can hold.
        Assert.Equal(Errno.Invalid, rig.Iommu.Map(rig.Ioas, 1UL << 60, 0, Page));
        Assert.Equal([(Large, Large + (8 * Page) - 1)], rig.Iommu.Find<Ioas>(rig.Ioas)!.Areas.Select(a => (a.FirstByte, a.LastByte)));
    }

    [Fact]
    public void A_map_that_one_table_cannot_hold_is_in_none()
    {
        using Rig rig = new();
        IommuSpec narrow = SpecOf("amd") with { AddressBits = 57 };
        uint device = rig.Iommu.AddDevice(Disk, rig.Build(narrow), narrow);
        uint wide = rig.Iommu.AllocateIoas();
        Assert.Equal(Errno.None, rig.Iommu.AllocateHwpt(device, wide, HwptFlags.None, out uint first));
        Assert.Equal(Errno.None, rig.Iommu.AllocateHwpt(rig.Device, wide, HwptFlags.None, out _));
        Assert.Equal(Errno.Invalid, rig.Iommu.Map(wide, 1UL << 50, 0, Page));
        Assert.Equal(0, rig.Iommu.Find<Hwpt>(first)!.Domain.Table.Leaves);
        Assert.Equal(Errno.None, rig.Iommu.Map(wide, Large, 0, Page));
        Assert.Equal(1, rig.Iommu.Find<Hwpt>(first)!.Domain.Table.Leaves);
    }

    [Fact]
    public void A_table_that_cannot_hold_what_is_mapped_is_not_allocated()
    {
        using Rig rig = new();
        IommuSpec wideSpec = SpecOf("amd") with { AddressBits = 57 };
        uint device = rig.Iommu.AddDevice(Disk, rig.Build(wideSpec), wideSpec), wide = rig.Iommu.AllocateIoas();
        Assert.Equal(Errno.None, rig.Iommu.AllocateHwpt(device, wide, HwptFlags.None, out _));
        Assert.Equal(Errno.None, rig.Iommu.Map(wide, 1UL << 50, 0, Page));
        Assert.Equal(Errno.AddressInUse, rig.Iommu.AllocateHwpt(rig.Device, wide, HwptFlags.None, out uint id));
        Assert.Equal(0u, id);
        Assert.Single(rig.Iommu.Find<Ioas>(wide)!.Hwpts);
    }

    [Fact]
    public void A_smallest_page_above_4_KiB_does_not_fit_an_IOAS()
    {
        using Rig rig = new();
        IommuSpec spec = SpecOf("smmu") with { GranuleLog2 = 16 };
        uint device = rig.Iommu.AddDevice(Disk, rig.Build(spec), spec);
        Assert.Equal(Errno.Invalid, rig.Iommu.AllocateHwpt(device, rig.Ioas, HwptFlags.DirtyTracking, out _));
    }

    [Theory]
    [InlineData(Large, 4 * Page)]
    [InlineData(Large + (4 * Page), 4 * Page)]
    [InlineData(Large + Page, 100 * Page)]
    [InlineData(Large - Page, 10 * Page)]
    [InlineData(0, Large)]
    public void Fixed_an_unmap_that_would_cut_an_area_or_finds_none_is_no_entry_and_unmaps_nothing(ulong iova, ulong length)
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, 8 * Page, 12).Map(Large + (8 * Page), 8 * Page, 12).Write(Large);
        Assert.Equal(Errno.NoEntry, rig.Iommu.Unmap(rig.Ioas, iova, length, out ulong unmapped));
        Assert.Equal(0UL, unmapped);
        Assert.Equal("0", rig.Get(Large, 16 * Page).Runs());
    }

    [Theory]
    [InlineData(Large, 4 * Page, 0)]
    [InlineData(Large + Page, 100 * Page, 0)]
    [InlineData(Large - Page, 10 * Page, 8 * Page)]
    [InlineData(0, Large, 0)]
    public void An_unmap_that_would_cut_an_area_has_unmapped_those_before_it(ulong iova, ulong length, ulong expected)
    {
        using Rig rig = new Rig().Map(Large, 8 * Page, 12).Map(Large + (8 * Page), 8 * Page, 12).Write(Large + (8 * Page));
        Assert.Equal(Errno.NoEntry, rig.Iommu.Unmap(rig.Ioas, iova, length, out ulong unmapped));
        Assert.Equal((expected, expected == 0), (unmapped, rig.Domain.Table.TryGetLeaf(Large, out _, out _)));
        Assert.Equal("0", rig.Get(Large + (8 * Page), 8 * Page).Runs());
    }

    [Fact]
    public void An_unmap_checks_its_range()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page);
        Assert.Equal(Errno.Invalid, rig.Iommu.Unmap(rig.Ioas, Large, 0, out _));
        Assert.Equal(Errno.Overflow, rig.Iommu.Unmap(rig.Ioas, Large, ulong.MaxValue, out _));
    }

    [Fact]
    public void An_unmap_of_whole_areas_removes_them_from_every_table_and_its_dirt_is_gone()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, 8 * Page, 12).Map(Large + (16 * Page), 8 * Page, 12).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.Unmap(rig.Ioas, 0, Huge, out ulong unmapped));
        Assert.Equal((16 * Page, 0L), (unmapped, rig.Domain.Table.Leaves));
        rig.Driver.Hardware.Translate(new DmaRequest(Nic, Large, true), out Translation translation);
        Assert.NotEqual(default, translation.Fault);
        Assert.Equal("", rig.Map(Large, 8 * Page, 12).Get(Large, 8 * Page).Runs());
    }

    [Fact]
    public void Steps_out_of_order_are_refused()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page);
        Assert.Equal(Errno.None, rig.Iommu.BeginGetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, Large, 8 * Page, Page, BitmapFor(8 * Page), out DirtyBitmapRead? read));
        Assert.Throws<InvalidOperationException>(read!.Complete);
        Workbench.Iommu.Dirty.ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        read.Advance(ref unlimited);
        Assert.Throws<InvalidOperationException>(() => read.Advance(ref unlimited));
        read.Complete();
        Assert.Throws<InvalidOperationException>(read.Complete);
    }
}
