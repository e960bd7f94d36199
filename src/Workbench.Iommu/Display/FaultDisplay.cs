using Workbench.Display;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Display;

/// <summary>A fault as a sentence: what, who, where in the walk.</summary>
internal sealed class FaultDisplay : IDisplay<Fault>
{
    /// <inheritdoc/>
    public static void Describe(Fault value, ICard card)
    {
        if (value.Kind == FaultKind.None) card.Text("No fault.");
        else card.Verdict(isGood: false, Sentence(value));
    }

    /// <summary>The whole fault in words.</summary>
    public static string Sentence(in Fault fault)
    {
        string request = fault.IsTranslationRequest ? $"Translation request for a {(fault.IsWrite ? "write" : "read")}" : fault.IsWrite ? "Write" : "Read";
        string pasid = fault.Pasid is { } id ? $", PASID {id}" : "";
        return $"{request} at {fault.Iova} by {fault.Device}{pasid}: {Words(fault.Kind)}{Where(fault)}{(fault.IsStalled ? "; held until software answers" : "")}.";
    }

    /// <summary>A kind of fault in words.</summary>
    public static string Words(FaultKind kind) => Quantity.Words(kind.ToString());

    private static string Where(in Fault fault)
    {
        string stage = fault.Where.Stage switch
        {
            FaultStage.First => ", in the first stage",
            FaultStage.Second => ", in the second stage",
            _ => "",
        };
        string asked = fault.Where.Intermediate is { } gpa ? $", asked for {gpa}{(fault.Where.OnTable ? $" to {(fault.Where.ToUpdateTable ? "update" : "read")} a first-stage table" : "")}" : "";
        return stage + asked + (fault.Where.UnreachableEntry is { } entry ? $", paging entry at {Quantity.Hex(entry)}" : "");
    }
}
