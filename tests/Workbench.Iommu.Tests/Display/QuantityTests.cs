using Workbench.Display;
using Xunit;

namespace Workbench.Iommu.Tests.Display;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1,023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1536 * 1024.0, "1.5 MiB")]
    [InlineData(18446744073709551615.0, "16.0 EiB")]
    public void Bytes_have_units_of_1024(double bytes, string text) => Assert.Equal(text, Quantity.Bytes(bytes));

    [Theory]
    [InlineData(0, "1 B")]
    [InlineData(12, "4 KiB")]
    [InlineData(29, "512 MiB")]
    [InlineData(52, "4 PiB")]
    [InlineData(63, "8 EiB")]
    public void Powers_of_two_are_exact(int log2, string text) => Assert.Equal(text, Quantity.Power(log2));

    [Theory]
    [InlineData(0, "0 ns")]
    [InlineData(0.25, "0.25 ns")]
    [InlineData(999.4, "999 ns")]
    [InlineData(999.6, "1 µs")]
    [InlineData(1250, "1.25 µs")]
    [InlineData(15_360, "15.4 µs")]
    [InlineData(123_456_789, "123 ms")]
    [InlineData(12_345e9, "12,345 s")]
    [InlineData(-1250, "-1.25 µs")]
    public void Times_show_three_digits(double ns, string text) => Assert.Equal(text, Quantity.Time(ns));

    [Fact]
    public void A_range_of_one_value_is_that_value() => Assert.Equal(("5 ns", "1 ns - 2 ns - 3 µs"), (Quantity.Times(5, 5, 5), Quantity.Times(1, 2, 3000)));

    [Fact]
    public void Something_is_never_shown_as_nothing() =>
        Assert.Equal(("0.0 %", "0.0 %", "below 0.1 %", "0.1 %", "100.0 %"), (Quantity.Share(0, 0), Quantity.Share(0, 5), Quantity.Share(37, 1_048_576), Quantity.Share(1, 1000), Quantity.Share(5, 5)));

    [Theory]
    [InlineData("NoWritePermission", "no write permission")]
    [InlineData("PasidDirectoryNotPresent", "PASID directory not present")]
    [InlineData("TlbConflict", "TLB conflict")]
    [InlineData("Lru", "LRU")]
    [InlineData("200", "200")]
    [InlineData("", "")]
    public void Names_become_words(string name, string words) => Assert.Equal(words, Quantity.Words(name));

    [Fact]
    public void Counts_have_separators_and_nouns() => Assert.Equal(("1,234,567", "1 page", "0 pages", "2 leaves"), (Quantity.Count(1_234_567), Quantity.Count(1, "page"), Quantity.Count(0, "page"), Quantity.Count(2, "leaf", "leaves")));
}
