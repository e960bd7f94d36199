using CsCheck;
using Workbench.Replay.Costs;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public sealed class CostRangeTests
{
    private static readonly Gen<CostRange> Range = Gen.Double[0, 1e6].Array[3].Select(v => v.Order().ToArray()).Select(v => new CostRange(v[0], v[1], v[2]));
    private static readonly Gen<(CostRange Range, double Inside)> RangeAndValue = Gen.Select(Range, Gen.Double.Unit, (r, at) => (r, Math.Clamp(r.Low + ((r.High - r.Low) * at), r.Low, r.High)));

    [Fact]
    public void Any_values_inside_two_ranges_give_a_sum_product_and_quotient_inside_the_result() =>
        Gen.Select(RangeAndValue, RangeAndValue).Sample((a, b) =>
        {
            Assert.True(Holds(a.Range + b.Range, a.Inside + b.Inside), "sum");
            Assert.True(Holds(a.Range * b.Range, a.Inside * b.Inside), "product");
            if (b.Range.Low > 0) Assert.True(Holds(a.Range / b.Range, a.Inside / b.Inside), "quotient");
        });

    [Fact]
    public void Any_value_inside_a_range_gives_a_multiple_inside_the_result() =>
        Gen.Select(RangeAndValue, Gen.Double[0, 1e6]).Sample((a, factor) => Assert.True(Holds(a.Range * factor, a.Inside * factor)));

    /// <summary>Rounding of floating point is monotonic, so no margin is needed.</summary>
    private static bool Holds(CostRange range, double value) => range.Contains(value) && range.Low <= range.Default && range.Default <= range.High;

    [Fact]
    public void The_ends_of_a_quotient_are_low_by_high_and_high_by_low() =>
        Assert.Equal(new CostRange(2, 5, 20), new CostRange(10, 20, 40) / new CostRange(2, 4, 5));

    [Fact]
    public void Each_level_names_its_value()
    {
        CostRange range = new(1, 2, 4);
        Assert.Equal([1, 2, 4], [range.At(CostLevel.Low), range.At(CostLevel.Default), range.At(CostLevel.High)]);
        Assert.False(range.IsPoint);
        Assert.True(CostRange.Exactly(3).IsPoint);
    }

    [Theory]
    [InlineData(-1, 0, 1)]
    [InlineData(2, 1, 3)]
    [InlineData(1, 4, 3)]
    [InlineData(0, 0, double.PositiveInfinity)]
    [InlineData(double.NaN, 1, 2)]
    public void Values_out_of_order_are_refused(double low, double middle, double high) =>
        Assert.Contains("0 <= low <= default <= high", Assert.Throws<ArgumentOutOfRangeException>(() => new CostRange(low, middle, high)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_divisor_that_may_be_zero_is_refused() =>
        Assert.Contains("may be 0", Assert.Throws<DivideByZeroException>(() => new CostRange(1, 1, 1) / new CostRange(0, 1, 2)).Message, StringComparison.Ordinal);
}
