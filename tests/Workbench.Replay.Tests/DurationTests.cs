using Xunit;

namespace Workbench.Replay.Tests;

public class DurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0ms", 0)]
    [InlineData("1ns", 1)]
    [InlineData("250us", 250_000)]
    [InlineData("100ms", 100_000_000)]
    [InlineData("1.5s", 1_500_000_000)]
    [InlineData(".5us", 500)]
    [InlineData("1.0000000019s", 1_000_000_001)]
    [InlineData("9223372036.854775807s", long.MaxValue)]
    public void Durations_are_read_as_people_write_them(string text, long ns)
    {
        Assert.True(Duration.TryParse(text, out long read));
        Assert.Equal(ns, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("100")]
    [InlineData("ms")]
    [InlineData("-1ms")]
    [InlineData("1 ms")]
    [InlineData("1e3ns")]
    [InlineData("1,5s")]
    [InlineData("1MS")]
    [InlineData("9223372036.854775808s")]
    [InlineData("99999999999999999999999999999s")]
    [InlineData("999999999999999999999999999999999999s")]
    // Half a nanosecond is neither one nor "only at the end".
    [InlineData("0.5ns")]
    [InlineData("0.0000000001s")]
    public void What_is_no_duration_is_refused(string? text) => Assert.False(Duration.TryParse(text, out _));
}
