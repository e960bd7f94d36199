using Workbench.Iommu;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>The invalidation after clearing: over the hull, per run of leaves, or (SMMUv3 on Linux) not at all.</summary>
public class FlushTests
{
    private static readonly KernelQuirks PerRun = KernelQuirks.Linux612 with { HullFlush = false };

    [Fact]
    public void One_invalidation_covers_everything_between_the_first_and_the_last_leaf_cleared()
    {
        using Rig rig = new Rig().Map(Large, 256 * Page, 12).Write(Large).Write(Large + (200 * Page));
        Assert.Equal(TranslationSource.Walk, SourceOfRead(rig, Large + (100 * Page)));
        Assert.Equal(1, rig.Read(Large, 256 * Page, Page, BitmapFor(256 * Page)).Invalidations);
        Assert.Equal(TranslationSource.Walk, SourceOfRead(rig, Large + (100 * Page)));
    }

    [Fact]
    public void Fixed_what_lies_between_two_runs_stays_cached()
    {
        using Rig rig = new Rig(PerRun).Map(Large, 256 * Page, 12).Write(Large).Write(Large + Page).Write(Large + (200 * Page));
        SourceOfRead(rig, Large + (100 * Page));
        Assert.Equal(2, rig.Read(Large, 256 * Page, Page, BitmapFor(256 * Page)).Invalidations);
        Assert.Equal(TranslationSource.Iotlb, SourceOfRead(rig, Large + (100 * Page)));
        // What was cleared is marked by the next write.
        Assert.Equal("0..1 200", rig.Write(Large).Write(Large + Page).Write(Large + (200 * Page)).Get(Large, 256 * Page).Runs());
    }

    [Fact]
    public void Leaves_of_different_size_side_by_side_are_one_run()
    {
        using Rig rig = new Rig(PerRun).Map(Large, Large + (2 * Page)).Write(Large).Write(2 * Large).Write((2 * Large) + Page);
        DirtyBitmapRead read = rig.Read(Large, Large + (2 * Page), Page, BitmapFor(Large + (2 * Page)));
        Assert.Equal(1, read.Invalidations);
        Assert.Equal("0..513", rig.Write(Large).Write(2 * Large).Write((2 * Large) + Page).Get(Large, Large + (2 * Page)).Runs());
    }

    [Theory]
    [InlineData(GetDirtyFlags.None, false)]
    [InlineData(GetDirtyFlags.NoClear, true)]
    public void Nothing_is_invalidated_when_nothing_is_cleared(GetDirtyFlags flags, bool isDirty)
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[KernelQuirks.Linux612, KernelQuirks.Fixed])
        {
            using Rig rig = new Rig(quirks).Map(Large, 8 * Page, 12);
            if (isDirty) rig.Write(Large);
            long before = rig.Driver.CommandsSubmitted;
            DirtyBitmapRead read = rig.Read(Large, 8 * Page, Page, BitmapFor(8 * Page), flags);
            Assert.Equal((0, 0, 0), (read.Invalidations, read.Commands, rig.Driver.CommandsSubmitted - before));
        }
    }

    [Fact]
    public void The_commands_of_a_read_are_those_the_driver_queued()
    {
        using Rig rig = new Rig(PerRun).Map(Large, 256 * Page, 12).Write(Large).Write(Large + (200 * Page));
        long before = rig.Driver.CommandsSubmitted;
        DirtyBitmapRead read = rig.Read(Large, 256 * Page, Page, BitmapFor(256 * Page));
        Assert.Equal(rig.Driver.CommandsSubmitted - before, read.Commands);
        Assert.True(read.Commands >= read.Invalidations && read.Invalidations == 2);
    }

    [Theory]
    [InlineData("1x128", "")]
    [InlineData("1x16", "0..47")]
    [InlineData("1x1", "0..62")]
    public void On_SMMUv3_a_page_still_cached_as_dirty_is_never_reported_again(string iotlb, string reported)
    {
        using Rig rig = new(model: "smmu", iotlb: iotlb);
        rig.Map(Large, 64 * Page, 12);
        for (ulong page = 0; page < 64; page++) rig.Write(Large + (page * Page));
        long before = rig.Driver.CommandsSubmitted;
        Assert.Equal("0..63", rig.Get(Large, 64 * Page).Runs());
        Assert.Equal(before, rig.Driver.CommandsSubmitted);
        // Backwards, so that what is cached is used before it is replaced.
        for (ulong page = 64; page > 0; page--) rig.Write(Large + ((page - 1) * Page));
        Assert.Equal(reported, rig.Get(Large, 64 * Page).Runs());
    }

    [Theory]
    [InlineData("1x128")]
    [InlineData("1x16")]
    [InlineData("1x1")]
    public void Fixed_on_SMMUv3_every_page_written_again_is_reported_again(string iotlb)
    {
        using Rig rig = new(KernelQuirks.Linux612 with { SmmuClearWithoutTlbi = false }, "smmu", iotlb);
        rig.Map(Large, 64 * Page, 12);
        for (ulong page = 0; page < 64; page++) rig.Write(Large + (page * Page));
        Assert.Equal("0..63", rig.Get(Large, 64 * Page).Runs());
        for (ulong page = 64; page > 0; page--) rig.Write(Large + ((page - 1) * Page));
        Assert.Equal("0..63", rig.Get(Large, 64 * Page).Runs());
    }

    [Fact]
    public void On_SMMUv3_the_snapshot_at_the_start_is_not_invalidated_either()
    {
        using Rig rig = new(model: "smmu", track: false);
        rig.Map(Large, 8 * Page, 12).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Enable));
        Assert.Equal("1", rig.Write(Large).Write(Large + Page).Get(Large, 8 * Page).Runs());
    }

    [Fact]
    public void Fixed_on_SMMUv3_the_snapshot_at_the_start_is_invalidated()
    {
        using Rig rig = new(KernelQuirks.Linux612 with { SmmuClearWithoutTlbi = false }, "smmu", track: false);
        rig.Map(Large, 8 * Page, 12).Write(Large);
        Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(rig.Hwpt, SetDirtyFlags.Enable));
        Assert.Equal("0..1", rig.Write(Large).Write(Large + Page).Get(Large, 8 * Page).Runs());
    }

    private static TranslationSource SourceOfRead(Rig rig, ulong iova)
    {
        rig.Driver.Hardware.Translate(new DmaRequest(Nic, iova, false), out Translation translation);
        return translation.Source;
    }
}
