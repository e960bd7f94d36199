using System.Globalization;
using System.Text.Json.Serialization;
using Workbench.Display;
using Workbench.Replay.Display;

namespace Workbench.Replay.Costs;

/// <summary>
/// What is known of a quantity that is never negative: no less than low, no more than high, most likely default. Arithmetic carries the ends
/// through: whatever the operands are within their ranges, the result is within its own.
/// </summary>
[TypeFormatterSource(typeof(SelfFormatter<CostRange, CostRangeDisplay>))]
public readonly record struct CostRange
{
    /// <summary>A range; 0 &lt;= low &lt;= default &lt;= high, all finite.</summary>
    [JsonConstructor]
    public CostRange(double low, double @default, double high)
    {
        if (!IsOrdered(low, @default, high)) throw new ArgumentOutOfRangeException(nameof(low), string.Create(CultureInfo.InvariantCulture, $"Range {low} - {@default} - {high}: 0 <= low <= default <= high is needed, all finite."));
        (Low, Default, High) = (low, @default, high);
    }

    /// <summary>The lowest value the sources allow.</summary>
    public double Low { get; }
    /// <summary>The middle value.</summary>
    public double Default { get; }
    /// <summary>The highest value the sources allow.</summary>
    public double High { get; }
    /// <summary>Is it one value only?</summary>
    [JsonIgnore]
    public bool IsPoint => Low == High;

    /// <summary>One value without a range.</summary>
    public static CostRange Exactly(double value) => new(value, value, value);

    /// <summary>May these be the ends and the middle of a range?</summary>
    public static bool IsOrdered(double low, double @default, double high) => low >= 0 && low <= @default && @default <= high && double.IsFinite(high);

    /// <summary>The value at one level.</summary>
    public double At(CostLevel level) => level switch
    {
        CostLevel.Low => Low,
        CostLevel.High => High,
        _ => Default,
    };

    /// <summary>Is a value within the range?</summary>
    public bool Contains(double value) => value >= Low && value <= High;

    /// <summary>The sum of two quantities.</summary>
    public static CostRange operator +(CostRange left, CostRange right) => new(left.Low + right.Low, left.Default + right.Default, left.High + right.High);

    /// <summary>So many times a quantity.</summary>
    public static CostRange operator *(CostRange range, double factor) => new(range.Low * factor, range.Default * factor, range.High * factor);

    /// <summary>The product of two quantities.</summary>
    public static CostRange operator *(CostRange left, CostRange right) => new(left.Low * right.Low, left.Default * right.Default, left.High * right.High);

    /// <summary>The quotient: lowest by highest to highest by lowest. The divisor's low must be above 0.</summary>
    public static CostRange operator /(CostRange left, CostRange right)
    {
        if (right.Low <= 0) throw new DivideByZeroException(string.Create(CultureInfo.InvariantCulture, $"A range that may be 0 ({right}) cannot divide."));
        return new(left.Low / right.High, left.Default / right.Default, left.High / right.Low);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Low:g6} - {Default:g6} - {High:g6}");
}
