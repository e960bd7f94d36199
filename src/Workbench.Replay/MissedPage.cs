using Workbench.Iommu;

namespace Workbench.Replay;

/// <summary>A page that was written and never reported afterwards: what a migration would have lost.</summary>
public sealed record MissedPage(DomainId Domain, ulong Page, long TimeNs, RequesterId Device, string Cause)
{
    /// <summary>Address of the page's first byte, in the view's addresses.</summary>
    public Iova Iova => new(Page << 12);
}
