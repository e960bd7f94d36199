using System.Globalization;
using Workbench.Display;
using Workbench.Iommu;
using Workbench.Replay.Display;

namespace Workbench.Replay;

/// <summary>A page that was written and never reported afterwards: what a migration would have lost.</summary>
/// <param name="Domain">Its domain.</param>
/// <param name="Page">Number of the 4 KiB page.</param>
/// <param name="TimeNs">Trace time of the last write that was lost; if that is not known, of the step that lost it.</param>
/// <param name="Device">Who wrote; says nothing if the write is not known.</param>
/// <param name="Cause">Which step lost it.</param>
[TypeFormatterSource(typeof(SelfFormatter<MissedPage, MissedPageDisplay>))]
public sealed record MissedPage(DomainId Domain, ulong Page, long TimeNs, RequesterId Device, string Cause)
{
    /// <summary>Are time and device those of the write that was lost? Else a step threw its dirty bit away later.</summary>
    public bool WriteIsKnown { get; init; } = true;

    /// <summary>Address of the page's first byte, in the view's addresses.</summary>
    public Iova Iova => new(Page << 12);

    /// <summary>Address, time and device, as far as they are known; the cause is said once for all pages.</summary>
    public override string ToString() => Iova + (WriteIsKnown
        ? string.Create(CultureInfo.InvariantCulture, $" at {TimeNs / 1e9:f6} s by {Device}")
        : TimeNs == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", lost at {TimeNs / 1e9:f6} s"));
}
