using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>What GET_DIRTY_BITMAP puts into the buffer when nothing is odd about the range.</summary>
public class GetDirtyBitmapTests
{
    [Fact]
    public void A_written_page_is_a_bit_once()
    {
        using Rig rig = new Rig().Map(16 * Page, 16 * Page).Write(19 * Page);
        Assert.Equal("3", rig.Get(16 * Page, 16 * Page).Runs());
        Assert.Equal("", rig.Get(16 * Page, 16 * Page).Runs());
    }

    [Fact]
    public void A_bit_coarser_than_a_leaf_is_set_if_any_of_its_leaves_is_dirty()
    {
        using Rig rig = new Rig().Map(Large, 4 * Large, 12).Write((2 * Large) + (17 * Page)).Write((2 * Large) + (18 * Page)).Write((5 * Large) - Page);
        Assert.Equal("1 3", rig.Get(Large, 4 * Large, Large).Runs());
        Assert.Equal("", rig.Get(Large, 4 * Large).Runs());
    }

    [Fact]
    public void A_dirty_leaf_sets_every_bit_finer_than_it()
    {
        using Rig rig = new Rig().Map(Large, 2 * Large, 21).Write(2 * Large);
        Assert.Equal("512..1023", rig.Get(Large, 2 * Large, flags: GetDirtyFlags.NoClear).Runs());
        Assert.Equal("2048..4095", rig.Get(Large, 2 * Large, 1024).Runs());
    }

    [Fact]
    public void Leaves_of_mixed_sizes_share_a_buffer()
    {
        using Rig rig = new Rig().Map(Huge - Large, Large, 12).Map(Huge, Huge).Map(2 * Huge, Large, 21).Write(Huge - Page).Write(2 * Huge);
        Assert.Equal("511 262656..263167", rig.Get(Huge - Large, Huge + (2 * Large)).Runs());
    }

    [Fact]
    public void Bits_are_set_and_never_zeroed()
    {
        using Rig rig = new Rig().Map(Large, 16 * Page, 12).Write(Large + (3 * Page));
        UserBitmap bitmap = BitmapFor(16 * Page);
        bitmap.Bytes[1] = 0x81;
        Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, Large, 16 * Page, Page, bitmap));
        Assert.Equal("3 8 15", bitmap.Runs());
    }

    [Fact]
    public void Device_reads_do_not_count_and_every_write_after_a_read_of_the_bitmap_does()
    {
        using Rig rig = new Rig().Map(Large, 16 * Page, 12);
        rig.Driver.Hardware.Translate(new(Nic, Large, false), out _);
        Assert.Equal("", rig.Get(Large, 16 * Page).Runs());
        Assert.Equal("0", rig.Write(Large).Get(Large, 16 * Page).Runs());
        Assert.Equal("0", rig.Write(Large).Get(Large, 16 * Page).Runs());
    }
}
