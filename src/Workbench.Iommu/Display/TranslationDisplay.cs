using Workbench.Display;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Display;

/// <summary>A translation as a sentence: where it leads and where it came from.</summary>
internal sealed class TranslationDisplay : IDisplay<Translation>
{
    /// <inheritdoc/>
    public static void Describe(Translation value, ICard card)
    {
        string source = value.Source switch
        {
            TranslationSource.Iotlb => "from the IOTLB",
            TranslationSource.Walk => "by a walk",
            TranslationSource.Rewalk => "by a walk, since the cached entry was not known dirty or too weak",
            TranslationSource.DeviceTlb => "from the device's own TLB",
            _ => $"from source {(byte)value.Source}",
        };
        if (value.Fault != FaultKind.None) card.Verdict(isGood: false, $"No translation: {FaultDisplay.Words(value.Fault)} ({source}).");
        else card.Text($"{Quantity.Hex(value.Physical)}, page of {Quantity.Power(value.PageLog2)}, {source}{(value.Granted == Permission.None ? "" : $", granted {Quantity.Words(value.Granted.ToString())}")}.");
        if (value.Swallowed) card.Verdict(isGood: false, "The write was swallowed: its entry was believed dirty while the one in memory is clean.");
    }
}
