using Workbench.Display;
using Workbench.Replay.Costs;

namespace Workbench.Replay.Display;

/// <summary>A range as its three numbers; it does not know its unit.</summary>
internal sealed class CostRangeDisplay : IDisplay<CostRange>
{
    /// <inheritdoc/>
    public static void Describe(CostRange value, ICard card) => card.Text(value.IsPoint ? Number(value.Default) : $"{Number(value.Low)} - {Number(value.Default)} - {Number(value.High)} (low - typical - high)");

    private static string Number(double value) => value.ToString("#,0.####", System.Globalization.CultureInfo.InvariantCulture);
}
