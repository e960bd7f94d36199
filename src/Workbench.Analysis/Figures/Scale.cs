using System.Globalization;
using Dyn = DynamicObj.DynamicObj;

namespace Workbench.Analysis.Figures;

/// <summary>One axis: its title with the unit, how it runs, and what values are divided by to be drawn on it.</summary>
internal sealed class Scale
{
    private const int MostTicks = 8;

    private static readonly double[] OneToShow = [0, 1], Origin = [0];
    private static readonly string[] OriginText = ["0"];

    private readonly string title, type;
    private readonly List<(string Name, object? Value)> more = [];

    private Scale(string title, string type) => (this.title, this.type) = (title, type);

    /// <summary>What values are divided by.</summary>
    public double Size { get; private init; } = 1;

    /// <summary>Does it run by powers? What is 0 has no place on it then.</summary>
    public bool IsLog => type == "log";

    /// <summary>One place for each name.</summary>
    public static Scale Names(string title) => new Scale(title, "category").With("showgrid", false);

    /// <summary>Evenly from 0. The unit is one that suits the largest value; a plain quantity's title names its own.</summary>
    public static Scale FromZero(string title, Quantity quantity = Quantity.Plain, double largest = 0)
    {
        (double size, string unit) = quantity switch { Quantity.Bytes => Words.ByteUnit(largest), Quantity.Time => Words.TimeUnit(largest), _ => (1, "") };
        return new Scale(unit.Length > 0 ? $"{title} ({unit})" : title, "linear") { Size = size }.With("rangemode", "tozero");
    }

    /// <summary>Evenly, from 0, with a tick for each whole number if there are few.</summary>
    public static Scale Counted(string title, double largest) => FromZero(title).With("dtick", largest is > 0 and <= 10 ? 1 : null);

    /// <summary>By powers, in bytes or ns, with ticks that carry their unit; values must be above 0.</summary>
    public static Scale Log(string title, Quantity quantity, IEnumerable<double> values)
    {
        double[] all = [.. values.Where(v => v > 0).DefaultIfEmpty(1)];
        double[] ticks = quantity == Quantity.Bytes ? PowersOfTwo(all.Min(), all.Max()) : Decades(all.Min(), all.Max());
        return Log($"{title}{quantity switch { Quantity.Bytes => " (bytes, logarithmic)", Quantity.Time => " (ns to s, logarithmic)", _ => ", logarithmic" }}", ticks,
            [.. ticks.Select(t => quantity switch { Quantity.Bytes => Words.ShowBytes(t), Quantity.Time => Words.ShowTime(t), _ => Plain(t) })]);
    }

    /// <summary>By powers, with ticks at given places.</summary>
    public static Scale Log(string title, IEnumerable<double> ticks) => Log(title, ticks, Plain);

    /// <summary>By powers, with ticks at given places and texts of one's own.</summary>
    public static Scale Log(string title, IEnumerable<double> ticks, Func<double, string> show) => Log(title, [.. ticks], [.. ticks.Select(show)]);

    /// <summary>By powers where the values span a factor of 20 and all are above 0, evenly from 0 otherwise.</summary>
    public static Scale Fitting(string title, Quantity quantity, IReadOnlyList<double> values) => IsWide(values) ? Log(title, quantity, values) : FromZero(title, quantity, values.DefaultIfEmpty().Max());

    /// <summary>An axis of a chart without data: a title and where it begins. Without any label plotly puts the title elsewhere.</summary>
    public Scale Bare() => With("range", OneToShow).With("tickmode", "array").With("tickvals", Origin).With("ticktext", OriginText);

    /// <summary>A value as it is drawn.</summary>
    public double? Place(double value) => IsLog && value <= 0 ? null : value / Size;

    /// <summary>The axis as plotly wants it.</summary>
    public Dyn ToJson() => Json.Of([("title", Json.Of(("text", title))), ("type", type), .. more]);

    private static Scale Log(string title, double[] ticks, string[] texts) => new Scale(title, "log").With("tickmode", "array").With("tickvals", ticks).With("ticktext", texts);

    private static bool IsWide(IReadOnlyList<double> values) => values.Count > 1 && values.Min() > 0 && values.Max() >= 20 * values.Min();

    private static string Plain(double value) => value >= 1 ? value.ToString("#,0.##", CultureInfo.InvariantCulture) : value.ToString("0.##########", CultureInfo.InvariantCulture);

    /// <summary>Powers of two around a range, so many apart that there are at most <see cref="MostTicks"/> or so.</summary>
    private static double[] PowersOfTwo(double low, double high)
    {
        int first = (int)Math.Floor(Math.Log2(low)), last = (int)Math.Ceiling(Math.Log2(high));
        int apart = ((int[])[1, 2, 5, 10, 20, 40]).First(step => (last - first) / step <= MostTicks || step == 40);
        return [.. Enumerable.Range(first, last - first + 1).Where(k => k % apart == 0 && k >= 0).Select(k => Math.Pow(2, k))];
    }

    /// <summary>Powers of ten around a range; with 2 and 5 between them if the range is short.</summary>
    private static double[] Decades(double low, double high)
    {
        int first = (int)Math.Floor(Math.Log10(low)), last = (int)Math.Max(first + 1, Math.Ceiling(Math.Log10(high)));
        int apart = ((last - first - 1) / MostTicks) + 1;
        bool isShort = Math.Log10(high / low) < 2.5;
        // A power of ten below 1 by division is the nearest double to its decimal form, by Math.Pow it need not be.
        return [.. from k in Enumerable.Range(first, last - first + 1) where k % apart == 0 from digit in isShort ? [1, 2, 5] : (int[])[1] select k < 0 ? digit / Math.Pow(10, -k) : digit * Math.Pow(10, k)];
    }

    private Scale With(string name, object? value)
    {
        more.RemoveAll(m => m.Name == name);
        more.Add((name, value));
        return this;
    }
}
