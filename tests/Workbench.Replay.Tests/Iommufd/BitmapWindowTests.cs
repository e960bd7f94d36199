using Workbench.Iommu.Dirty;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>B1 to B9: what was wrong with the windows over the bitmap, each beside the kernel that has it right.</summary>
public class BitmapWindowTests
{
    private const ulong Aligned = 0x7000_0000, HalfPage = Aligned + 0x800, Odd = Aligned + 0xff1;
    // The range begins 1 MiB before a multiple of 2 MiB, so that every edge of a window cuts a leaf of 2 MiB in two.
    private const ulong Start = Huge + (Large / 2);
    private const ulong End = (65 * Huge) + (2 * Large);
    private const ulong CutLeaf = 65 * Huge;
    // The first bit of the second window, if the bitmap begins with a page.
    private const long Edge = (long)(Window / Page);
    // With half a page missing at the start, windows end 64 MiB earlier.
    private const ulong EarlierCutLeaf = CutLeaf - (64 << 20);
    private const long EarlierEdge = Edge - 16384;

    private static KernelQuirks With(BitmapDefects defects) => KernelQuirks.Linux612 with { Bitmap = defects };

    /// <summary>64 GiB and 3 MiB: small leaves up to the first 2 MiB, large ones around the window's edge.</summary>
    private static Rig Straddling(KernelQuirks quirks) => new Rig(quirks)
        .Map(Start, Large / 2, 12).Map(Huge + Large, (63 * Huge) - Large).Map(64 * Huge, End - (64 * Huge), 21);

    private static UserBitmap GetAll(Rig rig, out BitmapAccount account, ulong address = Aligned, ulong end = End)
    {
        UserBitmap bitmap = BitmapFor(end - Start, address: address);
        account = rig.Read(Start, end - Start, Page, bitmap).Bitmap;
        return bitmap;
    }

    [Fact]
    public void B1_bits_of_a_leaf_over_the_edge_are_written_outside_the_pinned_pages_before_6_8()
    {
        using Rig rig = Straddling(With(BitmapDefects.WalksByWindow | BitmapDefects.UncheckedPages)).Write(CutLeaf);
        Assert.Equal($"{Edge - 256}..{Edge - 1}", GetAll(rig, out BitmapAccount account).Runs());
        Assert.Equal((256, 0), (account.BitsOutOfBounds, account.BitsDropped));
    }

    [Fact]
    public void B1_fixed_alone_nothing_is_written_outside_but_the_bits_are_lost()
    {
        using Rig rig = Straddling(With(BitmapDefects.WalksByWindow | BitmapDefects.NoSetAhead)).Write(CutLeaf);
        GetAll(rig, out BitmapAccount account);
        Assert.Equal((0, 256), (account.BitsOutOfBounds, account.BitsDropped));
    }

    [Fact]
    public void B2_positions_in_words_end_the_walk_early_when_the_bitmap_is_not_aligned_before_6_8()
    {
        // 15 bytes of the bitmap are on its first page: one word. The 7 bytes of the next are none, and a window of none ends it after one leaf.
        using Rig rig = new Rig(KernelQuirks.Linux67).Map(Large, 4096 * Page, 12);
        foreach (ulong page in (ulong[])[0, 63, 64, 65, 200]) rig.Write(Large + (page * Page));
        Assert.Equal("0 63..64", rig.Get(Large, 4096 * Page, address: Odd).Runs());
        Assert.Equal("65 200", rig.Get(Large, 4096 * Page, address: Aligned).Runs());
    }

    [Fact]
    public void B2_fixed_positions_in_bytes_reach_every_page()
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[With(KernelQuirks.Linux67.Bitmap & ~BitmapDefects.WordIndex), KernelQuirks.Linux68, KernelQuirks.Linux612, KernelQuirks.Fixed])
        {
            using Rig rig = new Rig(quirks).Map(Large, 4096 * Page, 12);
            foreach (ulong page in (ulong[])[0, 63, 64, 65, 200]) rig.Write(Large + (page * Page));
            Assert.Equal("0 63..65 200", rig.Get(Large, 4096 * Page, address: Odd).Runs());
        }
    }

    [Fact]
    public void B3_a_leaf_over_the_window_edge_loses_its_rest_before_6_8()
    {
        using Rig rig = Straddling(With(BitmapDefects.WalksByWindow | BitmapDefects.NoSetAhead)).Write(CutLeaf + Large - Page);
        Assert.Equal($"{Edge - 256}..{Edge - 1}", GetAll(rig, out _).Runs());
        Assert.Equal("", GetAll(rig, out _).Runs());
    }

    [Fact]
    public void B3_fixed_a_leaf_over_the_window_edge_is_reported_whole()
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[KernelQuirks.Linux612, KernelQuirks.Linux2025, KernelQuirks.Fixed])
        {
            using Rig rig = Straddling(quirks).Write(CutLeaf + Large - Page);
            UserBitmap bitmap = GetAll(rig, out BitmapAccount account);
            Assert.Equal($"{Edge - 256}..{Edge + 255}", bitmap.Runs());
            Assert.Equal((0, 0), (bitmap.StrayBits, account.BitsDropped));
        }
    }

    [Fact]
    public void B3_fixed_by_setting_ahead_in_6_8_where_the_window_ends_inside_a_page()
    {
        using Rig rig = Straddling(KernelQuirks.Linux68).Write(EarlierCutLeaf);
        UserBitmap bitmap = GetAll(rig, out _, HalfPage);
        Assert.Equal(($"{EarlierEdge - 256}..{EarlierEdge + 255}", 0), (bitmap.Runs(), bitmap.StrayBits));
    }

    [Fact]
    public void B4_the_page_missing_at_the_end_cuts_a_leaf_before_6_8()
    {
        using Rig rig = new Rig(With(BitmapDefects.WalksByWindow | BitmapDefects.NoSetAhead | BitmapDefects.IgnoredOffset)).Map(Large, 2 * Large, 21).Write(Large);
        UserBitmap bitmap = BitmapFor(2 * Large, address: Odd);
        BitmapAccount account = rig.Read(Large, 2 * Large, Page, bitmap).Bitmap;
        Assert.Equal(("0..119", 2, 392), (bitmap.Runs(), account.Windows, account.BitsDropped));
    }

    [Fact]
    public void B4_fixed_one_page_more_is_pinned()
    {
        using Rig rig = new Rig(With(BitmapDefects.WalksByWindow | BitmapDefects.NoSetAhead)).Map(Large, 2 * Large, 21).Write(Large);
        UserBitmap bitmap = BitmapFor(2 * Large, address: Odd);
        BitmapAccount account = rig.Read(Large, 2 * Large, Page, bitmap).Bitmap;
        Assert.Equal(("0..511", 1, 0), (bitmap.Runs(), account.Windows, account.BitsDropped));
    }

    [Fact]
    public void B5_pages_past_the_end_are_pinned_when_a_leaf_was_set_ahead_to_it_before_6_11()
    {
        using Rig rig = Straddling(KernelQuirks.Linux68).Write(EarlierCutLeaf);
        UserBitmap bitmap = GetAll(rig, out BitmapAccount account, HalfPage, EarlierCutLeaf + Large);
        Assert.Equal(($"{EarlierEdge - 256}..{EarlierEdge + 255}", 1), (bitmap.Runs(), account.PinsPastEnd));
    }

    [Fact]
    public void B5_fixed_nothing_is_pinned_past_the_end()
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[With(BitmapDefects.WalksByWindow), KernelQuirks.Linux612])
        {
            using Rig rig = Straddling(quirks).Write(EarlierCutLeaf);
            UserBitmap bitmap = GetAll(rig, out BitmapAccount account, HalfPage, EarlierCutLeaf + Large);
            Assert.Equal(($"{EarlierEdge - 256}..{EarlierEdge + 255}", 0), (bitmap.Runs(), account.PinsPastEnd));
        }
    }

    [Fact]
    public void B6_setting_ahead_from_the_end_of_a_page_marks_all_that_is_pinned_next_before_6_11()
    {
        using Rig rig = Straddling(KernelQuirks.Linux68).Write(CutLeaf);
        UserBitmap bitmap = GetAll(rig, out _);
        Assert.Equal($"{Edge - 256}..{Edge + 767}", bitmap.Runs());
        Assert.Equal((UserBitmap.PageBytes * 8) - 768, bitmap.StrayBits);
    }

    [Fact]
    public void B6_a_leaf_over_the_edge_written_between_two_windows_loses_its_head_before_6_11()
    {
        using Rig rig = Straddling(KernelQuirks.Linux68);
        Assert.Equal($"{EarlierEdge}..{EarlierEdge + 511}", WriteAfterTheFirstStep(rig).Runs());
        Assert.Equal("", GetAll(rig, out _, HalfPage).Runs());
    }

    [Fact]
    public void B6_fixed_a_leaf_written_behind_the_walk_is_of_the_next_read()
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[KernelQuirks.Linux612, KernelQuirks.Fixed])
        {
            using Rig rig = Straddling(quirks);
            Assert.Equal("", WriteAfterTheFirstStep(rig).Runs());
            Assert.Equal($"{EarlierEdge - 256}..{EarlierEdge + 255}", GetAll(rig, out _, HalfPage).Runs());
        }
    }

    /// <summary>Reads all; when the first window (or all, where there is but one walk) is walked, the leaf over the edge is written at its head.</summary>
    private static UserBitmap WriteAfterTheFirstStep(Rig rig)
    {
        UserBitmap bitmap = BitmapFor(End - Start, address: HalfPage);
        Assert.Equal(Errno.None, rig.Iommu.BeginGetDirtyBitmap(rig.Hwpt, GetDirtyFlags.None, Start, End - Start, Page, bitmap, out DirtyBitmapRead? read));
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        read!.Advance(ref unlimited);
        rig.Write(EarlierCutLeaf);
        while (read.Phase == ReadPhase.Walking) read.Advance(ref unlimited);
        read.Complete();
        return bitmap;
    }

    [Theory]
    [InlineData(2, "0..1")]
    [InlineData(4, "0 3")]
    public void B7_bits_beyond_the_range_in_its_last_byte_stay_zero(ulong pages, string expected)
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[KernelQuirks.Linux67, KernelQuirks.Linux68, KernelQuirks.Linux612, KernelQuirks.Fixed])
        {
            using Rig rig = new Rig(quirks).Map(Large, 16 * Page, 12).Write(Large).Write(Large + ((pages - 1) * Page)).Write(Large + (pages * Page));
            foreach (ulong address in (ulong[])[Aligned, HalfPage, Odd])
            {
                UserBitmap bitmap = rig.Get(Large, pages * Page, flags: GetDirtyFlags.NoClear, address: address);
                Assert.Equal((expected, 0), (bitmap.Runs(), bitmap.StrayBits));
            }
        }
    }

    [Fact]
    public void B8_a_leaf_recorded_from_its_head_before_the_range_is_lost()
    {
        using Rig rig = new Rig(With(BitmapDefects.RecordsLeafHead)).Map(Large, Large, 21).Write(Large + (2 * Page));
        Assert.Equal("", rig.Get(Large + Page, Large - Page).Runs());
        Assert.Equal("", rig.Get(Large, Large).Runs());
    }

    [Fact]
    public void B8_fixed_a_leaf_is_recorded_from_the_address_of_the_walk()
    {
        // The last bit but for one page is of the leaf's length from there, which is C1.
        foreach ((KernelQuirks quirks, string expected) in ((KernelQuirks, string)[])[(KernelQuirks.Linux612, "0..511"), (KernelQuirks.Fixed, "0..510")])
        {
            using Rig rig = new Rig(quirks).Map(Large, Large, 21).Write(Large + (2 * Page));
            Assert.Equal(expected, rig.Get(Large + Page, Large - Page).Runs());
        }
    }

    [Fact]
    public void B9_bits_of_4_GiB_are_looked_for_elsewhere_until_2025()
    {
        using Rig rig = new Rig(KernelQuirks.Linux612).Map(0, 1024 * Huge).Write(8 * Huge);
        UserBitmap bitmap = BitmapFor(1024 * Huge, 4 * Huge);
        BitmapAccount account = rig.Read(0, 1024 * Huge, 4 * Huge, bitmap).Bitmap;
        Assert.Equal(("", 1), (bitmap.Runs(), account.BitsDropped));
    }

    [Fact]
    public void B9_bits_of_2_GiB_beyond_the_first_page_are_tried_for_ever_until_2025()
    {
        using Rig rig = new Rig(KernelQuirks.Linux612).Map(0, 70 * 1024 * Huge).Write(4 * Huge).Write(2 * 33000 * Huge);
        UserBitmap bitmap = BitmapFor(70 * 1024 * Huge, 2 * Huge);
        BitmapAccount account = rig.Read(0, 70 * 1024 * Huge, 2 * Huge, bitmap).Bitmap;
        Assert.Equal(("2", true), (bitmap.Runs(), account.IsStuck));
    }

    [Fact]
    public void B9_fixed_bits_of_2_GiB_beyond_the_first_page_are_set()
    {
        using Rig rig = new Rig(KernelQuirks.Linux2025).Map(0, 70 * 1024 * Huge).Write(4 * Huge).Write(2 * 33000 * Huge);
        UserBitmap bitmap = BitmapFor(70 * 1024 * Huge, 2 * Huge);
        BitmapAccount account = rig.Read(0, 70 * 1024 * Huge, 2 * Huge, bitmap).Bitmap;
        Assert.Equal(("2 33000", false), (bitmap.Runs(), account.IsStuck));
    }

    [Theory]
    [InlineData(2, "119 130")]
    [InlineData(4, "59 65")]
    public void B9_fixed_bits_of_any_size_are_where_they_belong(ulong gigabytes, string expected)
    {
        foreach (KernelQuirks quirks in (KernelQuirks[])[KernelQuirks.Linux2025, KernelQuirks.Fixed])
        {
            using Rig rig = new Rig(quirks).Map(0, 1024 * Huge).Write(238 * Huge).Write(260 * Huge);
            UserBitmap bitmap = BitmapFor(1024 * Huge, gigabytes * Huge, Odd);
            BitmapAccount account = rig.Read(0, 1024 * Huge, gigabytes * Huge, bitmap).Bitmap;
            Assert.Equal((expected, 0, false), (bitmap.Runs(), account.BitsDropped, account.IsStuck));
        }
    }
}
