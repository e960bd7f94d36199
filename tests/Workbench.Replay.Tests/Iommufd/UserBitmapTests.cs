using CsCheck;
using Workbench.Replay.Iommufd;
using Xunit;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>The user's memory, and the kernel's windows over it against a plain set of bits.</summary>
public class UserBitmapTests
{
    private const ulong Address = 0x7000_0ff1;

    [Fact]
    public void Stray_bits_are_those_outside_the_buffer()
    {
        UserBitmap bitmap = new(Address, 16);
        bitmap.Set(0x7000_0000, (0xff1 * 8) - 3, 5);
        Assert.Equal(("0..1", 3), (bitmap.Runs(), bitmap.StrayBits));
        bitmap.Set(0x7000_1000, 6, 10);
        Assert.Equal(("0..1 126..127", 11), (bitmap.Runs(), bitmap.StrayBits));
        Assert.Equal(4, bitmap.SetBits);
        bitmap.Clear();
        Assert.Equal((0, 0), (bitmap.SetBits, bitmap.StrayBits));
    }

    [Fact]
    public void Pinning_ends_at_a_page_that_is_read_only_or_missing()
    {
        UserBitmap bitmap = new(Address, 3 * 4096);
        // One page before, four that hold it, one behind.
        Assert.Equal((6, 5, 2), (bitmap.Pin(0x6fff_f000, 100), bitmap.Pin(Address, 100), bitmap.Pin(Address, 2)));
        Assert.Equal((0, 0), (bitmap.Pin(0x6fff_e000, 100), bitmap.Pin(0x7000_5000, 100)));
        bitmap.Protect(0x7000_2fff);
        Assert.Equal((2, 0, 2), (bitmap.Pin(Address, 100), bitmap.Pin(0x7000_2000, 1), bitmap.Pin(0x7000_3000, 100)));
        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.Protect(0x7000_5000));
    }

    [Theory]
    [InlineData(0xff1, 15, true)]
    [InlineData(0xff1, 16, false)]
    [InlineData(0x2000, 4096, true)]
    [InlineData(0x1fff, 2, false)]
    [InlineData(0x1fff, 1, false)]
    [InlineData(0x2000, 1UL << 40, false)]
    public void Writable_is_a_range_without_read_only_or_missing_pages(ulong offset, ulong bytes, bool expected)
    {
        UserBitmap bitmap = new(Address, 3 * 4096);
        bitmap.Protect(0x7000_1000);
        Assert.Equal(expected, bitmap.IsWritable(0x7000_0000 + offset, bytes));
    }

    [Theory]
    [InlineData(4095, 1)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(4096, 0)]
    [InlineData(4096, (1 << 30) + 1)]
    public void A_buffer_that_cannot_be_is_refused(ulong address, int bytes) => Assert.Throws<ArgumentOutOfRangeException>(() => new UserBitmap(address, bytes));

    /// <summary>Ranges of any length in any order through windows of 512 pages, at any address and bit size.</summary>
    [Fact]
    public void Windows_that_follow_the_walk_set_the_bits_a_plain_set_has() =>
        Gen.Select(Gen.Int[0, 4095], Gen.Int[12, 36], Gen.Int[1, 3 << 20], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 22]).Array[1, 12]).Sample((offset, shift, byteCount, ranges) =>
        {
            ulong first = 3UL << shift, bits = (ulong)byteCount * 8;
            UserBitmap bitmap = new(0x7000_0000 + (ulong)offset, byteCount);
            IovaBitmap windows = new(bitmap, first, bits << shift, 1UL << shift, BitmapDefects.None);
            byte[] expected = new byte[byteCount];
            foreach ((double place, int log2) in ranges)
            {
                ulong from = (ulong)(place * (bits - 1)), count = Math.Min(1UL << log2, bits - from);
                windows.Set(first + (from << shift), count << shift);
                for (ulong bit = from; bit < from + count; bit++) expected[bit / 8] |= (byte)(1 << (int)(bit % 8));
            }
            Assert.True(bitmap.Bytes.SequenceEqual(expected));
            Assert.Equal((0, 0, false), (bitmap.StrayBits, windows.Account.BitsDropped, windows.Account.IsStuck));
        }, iter: 60);
}
