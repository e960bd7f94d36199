using Workbench.Display;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Display;

/// <summary>A domain: who uses it, and its table.</summary>
internal sealed class DomainDisplay : IDisplay<Domain>
{
    /// <inheritdoc/>
    public static void Describe(Domain value, ICard card)
    {
        card.Title("Domain", $"{value.Id}{(value.Table is ITableContents named ? $", {named.FormatName}" : "")}");
        PageTableDisplay.DescribeContents(value.Table, card,
        [
            new("Devices", value.Attachments.Count == 0 ? "none" : string.Join(", ", value.Attachments.Select(a => a.Pasid is { } pasid ? $"{a.Device} PASID {pasid}" : a.Device.ToString()))),
            new("Dirty tracking", value.TracksDirty ? "on" : "off"),
        ]);
    }
}
