using Workbench.Display;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Display;

/// <summary>A domain: who uses it, and its table.</summary>
internal sealed class DomainDisplay : IDisplay<Domain>
{
    private const int MostDevices = 8;

    /// <inheritdoc/>
    public static void Describe(Domain value, ICard card)
    {
        card.Title("Domain", $"{value.Id}{(value.Table is ITableContents named ? $", {named.FormatName}" : "")}");
        PageTableDisplay.DescribeContents(value.Table, card,
        [
            new("Devices", value.Attachments.Count == 0 ? "none" : string.Join(", ", value.Attachments.Take(MostDevices).Select(a => a.Pasid is { } pasid ? $"{a.Device} PASID {pasid}" : a.Device.ToString())) + (value.Attachments.Count > MostDevices ? $" and {Quantity.Count(value.Attachments.Count - MostDevices)} more" : "")),
            new("Dirty tracking", value.TracksDirty ? "on" : "off"),
        ]);
    }
}
