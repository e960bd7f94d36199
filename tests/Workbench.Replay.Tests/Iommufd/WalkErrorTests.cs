using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>Errors inside the walk: dropped by Linux, told (with nothing cleared) by a kernel without quirks.</summary>
public class WalkErrorTests
{
    private const ulong Buffer = 0x7000_0000;

    [Fact]
    public void A_hole_ends_the_walk_and_the_ioctl_succeeds()
    {
        using Rig rig = new Rig().Map(Large, 4 * Page, 12).Map(Large + (8 * Page), 4 * Page, 12).Write(Large + Page).Write(Large + (8 * Page));
        Assert.Equal("1", rig.Get(Large, 12 * Page).Runs());
        Assert.Equal("0", rig.Get(Large + (8 * Page), 4 * Page).Runs());
        Assert.Equal("", rig.Get(Large, 4 * Page).Runs());
    }

    [Fact]
    public void Fixed_a_hole_is_invalid_and_nothing_is_cleared()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, 4 * Page, 12).Map(Large + (8 * Page), 4 * Page, 12).Write(Large + Page).Write(Large + (8 * Page));
        Assert.Equal("", rig.Get(Large, 12 * Page, expected: Errno.Invalid).Runs());
        Assert.Equal("1", rig.Get(Large, 4 * Page).Runs());
        Assert.Equal("0", rig.Get(Large + (8 * Page), 4 * Page).Runs());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    public void A_range_with_nothing_mapped_at_its_start_succeeds_with_nothing(ulong offsetPages)
    {
        using Rig rig = new Rig().Map(Large + (4 * Page), 4 * Page, 12).Write(Large + (4 * Page));
        Assert.Equal("", rig.Get(Large + (offsetPages * Page), 8 * Page).Runs());
        Assert.Equal("0", rig.Get(Large + (4 * Page), 4 * Page).Runs());
    }

    [Fact]
    public void Bits_of_a_page_that_cannot_be_written_are_lost_and_the_ioctl_succeeds()
    {
        using Rig rig = new Rig().Map(0, Huge, 21).Write(0).Write(256 << 20);
        UserBitmap bitmap = BitmapFor(Huge, address: Buffer);
        bitmap.Protect(Buffer + UserBitmap.PageBytes);
        // Bits of 128 MiB are a page: the first page is pinned alone, the second cannot be, the third is pinned when the walk comes to it.
        rig.Write(128 << 20);
        BitmapAccount account = rig.Read(0, Huge, Page, bitmap).Bitmap;
        Assert.Equal(("0..511 65536..66047", 512), (bitmap.Runs(), account.BitsDropped));
        Assert.Equal("", rig.Get(0, Huge).Runs());
    }

    [Fact]
    public void Fixed_a_bitmap_that_cannot_be_written_is_told_and_nothing_is_cleared()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(0, Huge, 21).Write(0).Write(256 << 20);
        UserBitmap bitmap = BitmapFor(Huge, address: Buffer);
        bitmap.Protect(Buffer + (7 * UserBitmap.PageBytes));
        Assert.Equal(Errno.BadAddress, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, 0, Huge, Page, bitmap));
        Assert.Equal("", bitmap.Runs());
        Assert.Equal("0..511 65536..66047", rig.Get(0, Huge).Runs());
    }

    [Fact]
    public void Fixed_a_page_just_behind_the_bitmap_may_be_read_only()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(0, Huge, 21).Write(Huge - Page);
        UserBitmap bitmap = BitmapFor(Huge, address: Buffer);
        bitmap.Protect(Buffer + (8 * UserBitmap.PageBytes));
        Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, 0, Huge, Page, bitmap));
        Assert.Equal("261632..262143", bitmap.Runs());
    }

    [Fact]
    public void Kernels_that_walk_by_window_tell_when_the_first_page_cannot_be_written()
    {
        using Rig rig = new Rig(KernelQuirks.Linux68).Map(0, Huge, 21).Write(0);
        UserBitmap bitmap = BitmapFor(Huge, address: Buffer);
        bitmap.Protect(Buffer);
        Assert.Equal(Errno.BadAddress, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, 0, Huge, Page, bitmap));
        Assert.Equal("0..511", rig.Get(0, Huge).Runs());
    }

    [Fact]
    public void Kernels_that_walk_by_window_stop_at_the_page_that_cannot_be_written_and_succeed()
    {
        using Rig rig = new Rig(KernelQuirks.Linux68).Map(0, Huge, 21).Write(0).Write(256 << 20);
        UserBitmap bitmap = BitmapFor(Huge, address: Buffer);
        bitmap.Protect(Buffer + UserBitmap.PageBytes);
        Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, 0, Huge, Page, bitmap));
        Assert.Equal("0..511", bitmap.Runs());
        // Beyond it nothing was looked at, so nothing is lost.
        Assert.Equal("65536..66047", rig.Get(0, Huge).Runs());
    }
}
