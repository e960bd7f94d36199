using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>C1 to C4: ranges and page sizes that are odd, on Linux 6.12 and on a kernel without quirks.</summary>
public class RangeTests
{
    private const ulong Aligned = 0x7000_0000, Odd = Aligned + 0xff1;

    [Fact]
    public void C1_a_page_inside_a_dirty_leaf_reports_the_leafs_length_from_there_and_clears_it_all()
    {
        using Rig rig = new Rig().Map(Large, Large, 21).Write(Large);
        UserBitmap bitmap = rig.Get(Large + Page, Page);
        Assert.Equal(("0..7", 504), (bitmap.Runs(), bitmap.StrayBits));
        Assert.Equal("", rig.Get(Large, Large).Runs());
    }

    [Fact]
    public void C1_stray_bits_end_with_the_pinned_pages()
    {
        // One byte of bitmap at 0xff1: the kernel pins two pages for it, for it does not look whether one is enough; the leaf's 512 bits fit.
        using Rig rig = new Rig().Map(Large, Huge, 30, physical: Huge + Large).Write(Large);
        Assert.Equal(504, rig.Get(Large + Page, Page, address: Odd).StrayBits);
        using Rig huge = new Rig().Map(Huge, Huge).Write(Huge);
        UserBitmap bitmap = BitmapFor(Page, address: Odd);
        BitmapAccount account = huge.Read(Huge + Page, Page, Page, bitmap).Bitmap;
        long fits = (15 + UserBitmap.PageBytes) * 8;
        Assert.Equal((8, fits - 8, (1 << 18) - fits), (bitmap.SetBits, bitmap.StrayBits, account.BitsDropped));
    }

    [Fact]
    public void C1_fixed_a_page_inside_a_dirty_leaf_is_reported_and_the_leaf_stays_dirty()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, Large, 21).Write(Large);
        UserBitmap bitmap = rig.Get(Large + Page, Page);
        Assert.Equal(("0", 0), (bitmap.Runs(), bitmap.StrayBits));
        Assert.Equal("0..511", rig.Get(Large, Large).Runs());
        Assert.Equal("", rig.Get(Large, Large).Runs());
    }

    [Fact]
    public void C1_a_range_that_ends_inside_a_leaf_reports_past_its_end_and_clears_all()
    {
        using Rig rig = new Rig().Map(Large, 2 * Large, 21).Write(Large).Write(2 * Large);
        UserBitmap bitmap = rig.Get(Large, Large + (8 * Page));
        Assert.Equal(("0..519", 504), (bitmap.Runs(), bitmap.StrayBits));
        Assert.Equal("", rig.Get(Large, 2 * Large).Runs());
    }

    [Fact]
    public void C1_fixed_a_range_that_ends_inside_a_leaf_leaves_it_dirty()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, 2 * Large, 21).Write(Large).Write(2 * Large);
        UserBitmap bitmap = rig.Get(Large, Large + (8 * Page));
        Assert.Equal(("0..519", 0), (bitmap.Runs(), bitmap.StrayBits));
        Assert.Equal("512..1023", rig.Get(Large, 2 * Large).Runs());
    }

    [Fact]
    public void C2_steps_from_an_address_inside_a_leaf_stay_beside_the_leaves()
    {
        using Rig rig = new Rig().Map(Large, 3 * Large, 21).Write(2 * Large);
        Assert.Equal("512..1023", rig.Get(Large + Page, (3 * Large) - Page).Runs());
        Assert.Equal("", rig.Get(Large, 3 * Large).Runs());
    }

    [Fact]
    public void C2_steps_beside_the_leaves_pass_the_last_one_over()
    {
        using Rig rig = new Rig().Map(Large, 2 * Large, 21).Write(2 * Large);
        Assert.Equal("", rig.Get(Large + Page, Large).Runs());
        Assert.Equal("512..1023", rig.Get(Large, 2 * Large).Runs());
    }

    [Fact]
    public void C2_a_step_from_a_large_leaf_passes_the_first_small_one_over()
    {
        using Rig rig = new Rig().Map(Large, Large + (16 * Page)).Write(2 * Large).Write((2 * Large) + Page);
        Assert.Equal("512", rig.Get(Large + Page, Large + (15 * Page)).Runs());
        Assert.Equal("512", rig.Get(Large, Large + (16 * Page)).Runs());
    }

    [Fact]
    public void C2_steps_begin_anew_with_each_area()
    {
        using Rig rig = new Rig().Map(Large, Large, 21).Map(2 * Large, Large, 12).Write(2 * Large).Write((2 * Large) + Page);
        Assert.Equal("511..512", rig.Get(Large + Page, (2 * Large) - Page).Runs());
    }

    [Fact]
    public void C2_fixed_every_leaf_is_reported_where_it_is()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(Large, 3 * Large, 21).Write(2 * Large);
        Assert.Equal("511..1022", rig.Get(Large + Page, (3 * Large) - Page).Runs());
        Assert.Equal("", rig.Get(Large, 3 * Large).Runs());
        rig.Write(2 * Large);
        Assert.Equal("511", rig.Get(Large + Page, Large).Runs());
        Assert.Equal("512..1023", rig.Get(Large, 3 * Large).Runs());
    }

    [Fact]
    public void C3_length_0_at_0_reads_all_that_is_mapped_from_there()
    {
        using Rig rig = new Rig().Map(0, 64 * Page, 12).Map(128 * Page, Page, 12).Write(3 * Page).Write(63 * Page).Write(128 * Page);
        UserBitmap bitmap = new(Aligned, 64);
        Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, 0, 0, Page, bitmap));
        Assert.Equal("3 63", bitmap.Runs());
        Assert.Equal("", rig.Get(0, 64 * Page).Runs());
        Assert.Equal("0", rig.Get(128 * Page, Page).Runs());
    }

    [Fact]
    public void C3_length_0_elsewhere_overflows()
    {
        using Rig rig = new Rig().Map(Page, Page);
        rig.Get(Page, 0, expected: Errno.Overflow);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Page)]
    public void C3_fixed_length_0_is_invalid(ulong iova)
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(0, 64 * Page).Write(3 * Page);
        rig.Get(iova, 0, expected: Errno.Invalid);
        Assert.Equal("3", rig.Get(0, 64 * Page).Runs());
    }

    [Fact]
    public void C4_a_page_size_of_12_KiB_counts_as_4_KiB_and_writes_past_the_buffer()
    {
        using Rig rig = new Rig().Map(16 * Page, 48 * Page, 12).Write((16 + 5) * Page).Write((16 + 20) * Page);
        UserBitmap bitmap = rig.Get(16 * Page, 48 * Page, 3 * Page);
        Assert.Equal(("5", 1), (bitmap.Runs(), bitmap.StrayBits));
    }

    [Fact]
    public void C4_fixed_a_page_size_of_12_KiB_is_invalid()
    {
        using Rig rig = new Rig(KernelQuirks.Fixed).Map(16 * Page, 48 * Page, 12).Write((16 + 5) * Page);
        rig.Get(16 * Page, 48 * Page, 3 * Page, expected: Errno.Invalid);
        Assert.Equal("5", rig.Get(16 * Page, 48 * Page).Runs());
    }
}
