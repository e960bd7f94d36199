using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>C5 to C9: reading twice, tracking on and off, several tables in one buffer, and DMA between clearing and invalidating.</summary>
public class ReadSemanticsTests
{
    private static readonly KernelQuirks WithTlbi = KernelQuirks.Linux612 with { SmmuClearWithoutTlbi = false };

    public static TheoryData<string> Kernels => ["6.12", "fixed"];

    private static KernelQuirks Kernel(string name) => name == "fixed" ? KernelQuirks.Fixed : KernelQuirks.Linux612;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void C5_a_second_read_without_DMA_finds_nothing(string kernel)
    {
        using Rig rig = new Rig(Kernel(kernel)).Map(Large, 2 * Large, 21).Write(Large);
        Assert.Equal("0..511", rig.Get(Large, 2 * Large).Runs());
        Assert.Equal("", rig.Get(Large, 2 * Large).Runs());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void C5_two_reads_that_clear_nothing_are_equal(string kernel)
    {
        using Rig rig = new Rig(Kernel(kernel)).Map(Large, 2 * Large, 21).Write(Large);
        Assert.Equal("0..511", rig.Get(Large, 2 * Large, flags: GetDirtyFlags.NoClear).Runs());
        Assert.Equal("0..511", rig.Get(Large, 2 * Large, flags: GetDirtyFlags.NoClear).Runs());
        Assert.Equal("0..511", rig.Get(Large, 2 * Large).Runs());
    }

    [Fact]
    public void C6_turning_tracking_on_twice_throws_pending_dirt_away()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Enable));
        Assert.Equal("", rig.Get(Large, 8 * Page).Runs());
        // The snapshot was invalidated, so the next write counts.
        Assert.Equal("0", rig.Write(Large).Get(Large, 8 * Page).Runs());
    }

    [Fact]
    public void C6_fixed_turning_tracking_on_twice_changes_nothing()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Enable));
        Assert.Equal("0", rig.Get(Large, 8 * Page).Runs());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Turning_tracking_off_and_on_again_is_a_clean_start(string kernel)
    {
        using Rig rig = new Rig(Kernel(kernel)).Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Disable));
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Enable));
        Assert.Equal("1", rig.Write(Large + Page).Get(Large, 8 * Page).Runs());
    }

    [Theory]
    [InlineData("vtd")]
    [InlineData("amd")]
    public void C7_a_read_with_tracking_off_succeeds_and_finds_nothing(string model)
    {
        using Rig rig = new Rig(model: model).Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Disable));
        Assert.Equal("", rig.Get(Large, 8 * Page).Runs());
    }

    [Fact]
    public void C7_SMMUv3_tracks_all_the_time_and_says_so_with_tracking_off()
    {
        using Rig rig = new Rig(model: "smmu").Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Disable));
        Assert.Equal("0..1", rig.Write(Large + Page).Get(Large, 8 * Page).Runs());
    }

    [Theory]
    [InlineData("vtd")]
    [InlineData("amd")]
    [InlineData("smmu")]
    public void C7_fixed_a_read_with_tracking_off_is_invalid(string model)
    {
        using Rig rig = new Rig(KernelQuirks.Fixed, model).Map(Large, 8 * Page).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Disable));
        UserBitmap bitmap = rig.Get(Large, 8 * Page, expected: Errno.Invalid);
        Assert.Equal("", bitmap.Runs());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void C8_two_domains_of_one_IOMMU_are_ORed_into_one_buffer(string kernel)
    {
        using Rig rig = new Rig(Kernel(kernel)).Map(Large, 16 * Page);
        uint second = rig.Allocate(rig.Iommu.AddDevice(Disk, rig.Driver, rig.Spec), out uint disk);
        Assert.Equal(Errno.None, rig.Iommu.Attach(disk, null, second));
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(second, SetDirtyFlags.Enable));
        rig.Write(Large).Write(Large + (2 * Page)).Write(Large + (2 * Page), Disk).Write(Large + (9 * Page), Disk);
        Assert.Equal(("0 2", "2 9"), (rig.Get(Large, 16 * Page, flags: GetDirtyFlags.NoClear).Runs(), rig.Get(Large, 16 * Page, flags: GetDirtyFlags.NoClear, hwpt: second).Runs()));
        UserBitmap bitmap = BitmapFor(16 * Page);
        foreach (uint hwpt in (uint[])[rig.Hwpt, second]) Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(hwpt, GetDirtyFlags.None, Large, 16 * Page, Page, bitmap));
        Assert.Equal("0 2 9", bitmap.Runs());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void C8_tables_of_different_vendors_are_ORed_into_one_buffer(string kernel)
    {
        using Rig rig = new Rig(Kernel(kernel)).Map(Large, Large, 21);
        IommuSpec spec = SpecOf("amd");
        IIommuDriver amd = rig.Build(spec);
        uint second = rig.Allocate(rig.Iommu.AddDevice(Disk, amd, spec), out uint disk);
        Assert.Equal(Errno.None, rig.Iommu.Attach(disk, null, second));
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(second, SetDirtyFlags.Enable));
        // Mapped when both were there.
        rig.Map(2 * Large, 16 * Page, 12).Write(2 * Large).Write(Large, Disk, amd);
        UserBitmap bitmap = BitmapFor(Large + (16 * Page));
        foreach (uint hwpt in (uint[])[rig.Hwpt, second]) Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(hwpt, GetDirtyFlags.None, Large, Large + (16 * Page), Page, bitmap));
        Assert.Equal("0..512", bitmap.Runs());
    }

    [Fact]
    public void C9_a_write_between_clearing_and_the_flush_is_in_this_reads_bitmap()
    {
        foreach (string model in (string[])["vtd", "amd", "smmu"])
        {
            using Rig rig = new Rig(WithTlbi, model).Map(Large, 8 * Page, 12).Write(Large);
            UserBitmap bitmap = BitmapFor(8 * Page);
            DirtyBitmapRead read = WalkOnly(rig, bitmap);
            // Cached as dirty, so it leaves no mark; the page's bit is set, and the copy comes after the ioctl.
            rig.Write(Large);
            Assert.Equal("", rig.Get(Large, 8 * Page, flags: GetDirtyFlags.NoClear).Runs());
            read.Complete();
            Assert.Equal("0", bitmap.Runs());
            Assert.Equal("0", rig.Write(Large).Get(Large, 8 * Page).Runs());
        }
    }

    [Fact]
    public void C9_a_page_copied_before_the_ioctl_returns_may_be_stale_for_ever()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page, 12);
        int memory = 1, copy = 0;
        rig.Write(Large);
        DirtyBitmapRead read = WalkOnly(rig, BitmapFor(8 * Page));
        copy = memory;
        rig.Write(Large);
        memory = 2;
        read.Complete();
        Assert.Equal("", rig.Get(Large, 8 * Page).Runs());
        Assert.NotEqual(memory, copy);
    }

    [Fact]
    public void C9_a_write_behind_the_walk_through_nothing_cached_is_of_the_next_read()
    {
        using Rig rig = new Rig().Map(Large, 8 * Page, 12);
        UserBitmap bitmap = BitmapFor(8 * Page);
        DirtyBitmapRead read = WalkOnly(rig, bitmap);
        rig.Write(Large);
        read.Complete();
        Assert.Equal(("", "0"), (bitmap.Runs(), rig.Get(Large, 8 * Page).Runs()));
    }

    [Fact]
    public void A_read_in_steps_finds_what_a_read_in_one_go_does()
    {
        using Rig rig = new Rig().Map(Large, 4 * Large, 21).Map(8 * Large, 600 * Page, 12).Map((8 * Large) + (600 * Page), 8 * Page, 12);
        rig.Write(2 * Large).Write(4 * Large).Write(8 * Large).Write((8 * Large) + (605 * Page));
        UserBitmap whole = rig.Get(8 * Large, 608 * Page, flags: GetDirtyFlags.NoClear), stepped = BitmapFor(608 * Page);
        Assert.Equal(Errno.None, rig.Iommu.BeginGetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, 8 * Large, 608 * Page, Page, stepped, out DirtyBitmapRead? read));
        int steps = 0;
        ScanBudget budget = new() { ScanNs = 5, ClearNs = 15 };
        for (; read!.Phase == ReadPhase.Walking; steps++)
        {
            budget.RemainingNs = 5;
            read.Advance(ref budget);
        }
        read.Complete();
        Assert.Equal(("0 605", whole.Runs()), (stepped.Runs(), stepped.Runs()));
        Assert.True(steps > 608, $"{steps} steps");
        Assert.Equal((0, 2), (rig.Get(8 * Large, 608 * Page).SetBits, budget.EntriesCleared));
    }

    private static DirtyBitmapRead WalkOnly(Rig rig, UserBitmap bitmap)
    {
        Assert.Equal(Errno.None, rig.Iommu.BeginGetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, Large, 8 * Page, Page, bitmap, out DirtyBitmapRead? read));
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        while (read!.Phase == ReadPhase.Walking) read.Advance(ref unlimited);
        return read;
    }
}
